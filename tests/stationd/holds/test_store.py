"""The SQL of holds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.accounts.service import open_account
from stationd.errors import NotFoundError
from stationd.holds import store
from stationd.holds.model import Hold, HoldKind, Reach, Scope

pytestmark = pytest.mark.both_databases

DAY = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hold(name, **more):
    return Hold(
        id=name,
        kind=HoldKind.SERVICE,
        reach=more.pop("reach", Reach(of="1001")),
        ground="claim",
        author="carla",
        set_at=DAY,
        **{"case_id": None, **more},
    )


@pytest.fixture
def connection(desk, opening, clerk):
    open_account(desk, opening, by=clerk)
    with desk.database.writing() as connection:
        yield connection


@pytest.mark.parametrize(
    "made",
    [
        hold("h1"),
        hold("h2", case_id="c", review_at=DAY),
        hold("h3", reach=Reach(scope=Scope.SITE, of="s1", since=DAY)),
        hold("h4", reach=Reach(scope=Scope.STATION, since=DAY, until=DAY + HOUR)),
    ],
)
def test_what_was_recorded_is_read_back(connection, made):
    store.record_hold(connection, made)
    assert store.read_hold(connection, made.id) == made


def test_a_hold_that_is_not_there_is_said_so(connection):
    with pytest.raises(NotFoundError, match="no hold h9"):
        store.read_hold(connection, "h9")


def test_lifted_holds_are_read_when_asked_for(connection):
    for name in ("h1", "h2"):
        store.record_hold(connection, hold(name))
    store.record_lifting(connection, "h1", by="maria", at=DAY)
    assert [one.id for one in store.read_holds(connection)] == ["h2"]
    assert [one.id for one in store.read_holds(connection, in_force=False)] == ["h1", "h2"]
    assert store.read_holds_on(connection, "1002") == []
    assert [one.id for one in store.read_holds_on(connection, "1001")] == ["h2"]
    assert len(store.read_holds_on(connection, "1001", in_force=False)) == 2
    lifted = store.read_hold(connection, "h1")
    assert (lifted.lifted_by, lifted.lifted_at) == ("maria", DAY)


def reached(connection, reach):
    store.record_hold(connection, hold("h", reach=reach))
    return store.read_reached(connection, "h")


@pytest.mark.parametrize(
    ("scope", "of", "expected"),
    [
        (Scope.ACCOUNT, "1001", ["1001"]),
        (Scope.SITE, "s1", ["1001", "1002"]),
        (Scope.SITE, "s2", ["1003"]),
        (Scope.CUSTOMER, "c1", ["1001", "1002", "1003"]),
        (Scope.CUSTOMER, "c2", ["1004"]),
        (Scope.RECEIVER, "main", ["1001"]),
        (Scope.RECEIVER, "lines", []),
    ],
)
def test_a_hold_reaches_every_account_of_its_scope_and_no_other(street, scope, of, expected):
    with street.database.writing() as connection:
        assert reached(connection, Reach(scope=scope, of=of)) == expected


def test_an_account_that_comes_later_is_reached_too(street):
    with street.database.writing() as connection:
        assert reached(connection, Reach(scope=Scope.SITE, of="s2")) == ["1003"]
    street.open("1005", site="s2")
    with street.database.reading() as connection:
        assert store.read_reached(connection, "h") == ["1003", "1005"]


def test_a_span_reaches_those_who_were_there_then(street):
    opened = street.opened_at
    spans = {
        "before": (opened - HOUR, opened),
        "at": (opened, opened + HOUR),
        "after": (opened + HOUR, opened + 2 * HOUR),
    }
    found = {}
    for name, (since, until) in spans.items():
        with street.database.writing() as connection:
            made = hold(name, reach=Reach(scope=Scope.STATION, since=since, until=until))
            store.record_hold(connection, made)
            found[name] = store.read_reached(connection, name)
    everybody = ["1001", "1002", "1003", "1004"]
    assert found == {"before": [], "at": everybody, "after": []}
    assert "1001" in everybody


def test_a_receivers_span_reaches_whose_number_it_was_then(street):
    moved = street.moved_at
    with street.database.writing() as connection:
        before = Reach(scope=Scope.RECEIVER, of="shared", until=moved)
        store.record_hold(connection, hold("before", reach=before))
        whole = Reach(scope=Scope.RECEIVER, of="shared")
        store.record_hold(connection, hold("whole", reach=whole))
        assert store.read_reached(connection, "before") == ["1001"]
        assert store.read_reached(connection, "whole") == ["1001", "1002"]


def test_what_is_not_there_cannot_be_held(street):
    with street.database.reading() as connection:
        for scope, of in [("account", "9"), ("site", "9"), ("customer", "9"), ("receiver", "9")]:
            with pytest.raises(NotFoundError, match=f"no {scope} 9"):
                store.check_reach(connection, Reach(scope=Scope(scope), of=of))
        store.check_reach(connection, Reach(scope=Scope.STATION, since=DAY, until=DAY + HOUR))


def test_a_hold_that_somebody_asked_to_lift_holds_as_before(connection):
    made = replace(hold("h"), kind=HoldKind.RECORDS)
    store.record_hold(connection, made)
    store.record_ask(connection, "h", by="maria", at=DAY, doc=b"d" * 32)
    assert [one.id for one in store.read_holds(connection)] == ["h"]
    assert [one.id for one in store.read_holds_on(connection, "1001")] == ["h"]
    assert list(connection.execute(store.held_accounts()).scalars()) == ["1001"]


def test_only_orders_of_others_on_records_flag_objects(street):
    with street.database.writing() as connection:
        store.record_hold(connection, hold("service"))
        own = hold("own", case_id="c")
        store.record_hold(connection, replace(own, kind=HoldKind.RECORDS))
        assert list(connection.execute(store.held_accounts()).scalars()) == []
        site = hold("site", reach=Reach(scope=Scope.SITE, of="s1"))
        store.record_hold(connection, replace(site, kind=HoldKind.RECORDS))
        assert sorted(connection.execute(store.held_accounts()).scalars()) == ["1001", "1002"]
        store.record_lifting(connection, "site", by="maria", at=DAY)
        assert list(connection.execute(store.held_accounts()).scalars()) == []
