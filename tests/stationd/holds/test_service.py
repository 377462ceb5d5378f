"""Holds: set at once, of any reach, lifted by two persons."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from stationd.accounts.service import open_account
from stationd.clock import iso
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.holds import service
from stationd.holds.model import HoldKind, Reach, Scope
from stationd.ledger.store import append_close, read_documents
from stationd.settings import ApprovalSettings
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def account(desk, opening, clerk):
    return open_account(desk, opening, by=clerk)


def records_hold(desk, by, **more):
    return service.set_hold(desk, "1001", HoldKind.RECORDS, "letter of Adler", by=by, **more)


def test_a_hold_is_in_force_at_once_and_a_record(desk, clerk, chain):
    made = records_hold(desk, clerk)
    assert service.holds(desk, "1001") == [made]
    record = chain("1001")[-1]
    assert (record["type"], record["kind"], record["hold"]) == ("case", "hold_set", made.id)
    assert (record["holds"], record["by"], record["origin"]) == ("records", "carla", "human")


def test_the_ground_stands_in_a_document_only(desk, clerk, chain):
    records_hold(desk, clerk)
    record = chain("1001")[-1]
    assert "Adler" not in json.dumps(record)
    with desk.database.reading() as connection:
        (document,) = read_documents(connection, [bytes.fromhex(record["doc"])])
    assert document.content == b"letter of Adler"
    assert document.compartment == "internal"


def test_a_hold_is_looked_at_again_after_90_days(desk, clerk):
    assert records_hold(desk, clerk).review_at == desk.clock.now() + timedelta(days=90)
    soon = desk.clock.now() + timedelta(days=1)
    assert records_hold(desk, clerk, review_at=soon).review_at == soon


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, Role.NOBODY])
def test_some_set_no_holds(desk, role):
    with pytest.raises(NotAuthorisedError):
        records_hold(desk, Person(login="x", name="X", role=role))


def test_a_hold_needs_a_ground_an_account_and_a_time_to_come(desk, clerk):
    with pytest.raises(MistakeError, match="ground"):
        service.set_hold(desk, "1001", HoldKind.RECORDS, " ", by=clerk)
    with pytest.raises(NotFoundError):
        service.set_hold(desk, "none", HoldKind.RECORDS, "x", by=clerk)
    with pytest.raises(NotFoundError):
        service.holds(desk, "none")
    with pytest.raises(MistakeError, match="time to come"):
        records_hold(desk, clerk, review_at=desk.clock.now())


def test_two_persons_lift_it_once(desk, clerk, manager, counsel, chain):
    made = records_hold(desk, clerk)
    asked = service.ask_lifting(desk, made.id, by=manager)
    assert (asked.in_force, asked.lift_asked_by) == (True, "maria")
    lifted = service.lift_hold(desk, made.id, by=counsel)
    assert (lifted.lifted_by, lifted.in_force) == ("olga", False)
    assert service.holds(desk) == []
    assert service.holds(desk, in_force=False) == [lifted]
    kinds = [one["kind"] for one in chain("1001")[-3:]]
    assert kinds == ["hold_set", "hold_lift_asked", "hold_lifted"]
    assert chain("1001")[-1]["asked_by"] == "maria"
    with pytest.raises(MistakeError, match="already"):
        service.lift_hold(desk, made.id, by=counsel)
    with pytest.raises(MistakeError, match="already"):
        service.ask_lifting(desk, made.id, by=manager)


def test_nobody_lifts_a_hold_alone(desk, clerk, manager, counsel):
    made = records_hold(desk, clerk)
    with pytest.raises(RefusedError, match="Nobody asked"):
        service.lift_hold(desk, made.id, by=counsel)
    service.ask_lifting(desk, made.id, by=manager, document=("release.pdf", b"release"))
    with pytest.raises(RefusedError, match="two persons"):
        service.lift_hold(desk, made.id, by=manager)
    assert service.holds(desk) != []


def test_without_counsels_document_only_an_attorney_approves(desk, clerk, manager, counsel):
    other = Person(login="max", name="Max", role=Role.MANAGER)
    made = records_hold(desk, clerk)
    service.ask_lifting(desk, made.id, by=manager)
    with pytest.raises(RefusedError, match="No document of counsel"):
        service.lift_hold(desk, made.id, by=other)
    service.ask_lifting(desk, made.id, by=manager, document=("release.pdf", b"release"))
    assert not service.lift_hold(desk, made.id, by=other).in_force


def test_counsels_document_is_kept_as_privileged(desk, clerk, manager, chain):
    made = records_hold(desk, clerk)
    asked = service.ask_lifting(desk, made.id, by=manager, document=("release.pdf", b"release"))
    with desk.database.reading() as connection:
        (document,) = read_documents(connection, [asked.lift_doc])
    assert (document.content, document.compartment) == (b"release", "privileged")
    assert chain("1001")[-1]["doc"] == asked.lift_doc.hex()


def test_an_ask_is_good_for_a_day(desk, clock, clerk, manager, counsel):
    made = records_hold(desk, clerk)
    service.ask_lifting(desk, made.id, by=manager)
    clock.advance(timedelta(hours=24, seconds=1))
    with pytest.raises(RefusedError, match="24 hours"):
        service.lift_hold(desk, made.id, by=counsel)
    service.ask_lifting(desk, made.id, by=manager)
    clock.advance(timedelta(hours=24))
    assert not service.lift_hold(desk, made.id, by=counsel).in_force


def test_a_clerk_neither_asks_nor_approves(desk, clerk, manager):
    made = records_hold(desk, clerk)
    with pytest.raises(NotAuthorisedError):
        service.ask_lifting(desk, made.id, by=clerk)
    service.ask_lifting(desk, made.id, by=manager, document=("release.pdf", b"release"))
    with pytest.raises(NotAuthorisedError):
        service.lift_hold(desk, made.id, by=clerk)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.NOBODY])
def test_who_may_not_approve_lifts_nothing_though_somebody_asked(desk, manager, role):
    made = records_hold(desk, manager)
    service.ask_lifting(desk, made.id, by=manager, document=("release.pdf", b"release"))
    with pytest.raises(NotAuthorisedError, match="approve as second person"):
        service.lift_hold(desk, made.id, by=Person(login="x", name="X", role=role))


@pytest.mark.parametrize("scope", ["site", "customer"])
def test_a_wider_hold_stands_in_the_stations_chain_and_reaches_the_account(
    desk, clerk, chain, scope
):
    of = {"site": "s1", "customer": "c1"}[scope]
    reach = Reach(scope=Scope(scope), of=of)
    made = service.set_hold_on(desk, reach, HoldKind.RECORDS, "subpoena", by=clerk)
    assert service.reached(desk, made.id) == ["1001"]
    assert service.holds(desk, "1001") == [made]
    record = chain("station")[-1]
    assert (record["kind"], record["scope"], record["scope_id"]) == ("hold_set", scope, of)


def test_a_hold_on_the_station_says_its_span(desk, clerk, chain):
    now = desk.clock.now()
    reach = Reach(scope=Scope.STATION, since=now, until=now + timedelta(hours=1))
    service.set_hold_on(desk, reach, HoldKind.RECORDS, "storm", by=clerk)
    record = chain("station")[-1]
    assert (record["scope"], record["since"]) == ("station", iso(now))
    assert record["until"] == iso(now + timedelta(hours=1))
    assert "scope_id" not in record


def test_a_cases_own_hold_ends_with_the_case_only(desk, manager, chain):
    with desk.database.writing() as connection:
        made = service.place_case_hold(desk, connection, "1001", "case-1", by=manager)
    with pytest.raises(RefusedError, match="case-1"):
        service.ask_lifting(desk, made.id, by=manager)
    with pytest.raises(RefusedError, match="case-1"):
        service.lift_hold(desk, made.id, by=manager)
    with desk.database.writing() as connection:
        assert service.release_case_hold(desk, connection, "other") == []
        released = service.release_case_hold(desk, connection, "case-1")
    assert [one.id for one in released] == [made.id]
    records = chain("1001")[-2:]
    assert [one["kind"] for one in records] == ["hold_set", "hold_lifted"]
    assert [one["origin"] for one in records] == ["human", "machine"]
    assert {one["case"] for one in records} == {"case-1"}


def test_after_the_close_record_a_hold_stands_in_the_stations_chain(desk, clerk, chain):
    with desk.database.writing() as connection:
        append_close(connection, "1001", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    records_hold(desk, clerk)
    assert chain("station")[-1]["of"] == {"acct": "1001", "epoch": 1}
    assert chain("1001")[-1]["type"] == "close"


# --- A company of one ---


def alone(desk):
    return replace(desk, approvals=ApprovalSettings(sole_operator=True))


def test_a_sole_operator_lifts_a_hold_later_and_logged_in_anew(desk, clock, chain):
    only = alone(desk)
    maria = Person(login="maria", name="Maria", role=Role.MANAGER, since=clock.now())
    hold = service.set_hold(only, "1001", HoldKind.RECORDS, "claim", by=maria)
    service.ask_lifting(only, hold.id, by=maria, document=("release.pdf", b"released"))
    with pytest.raises(RefusedError, match="as sole operator the second counts from"):
        service.lift_hold(only, hold.id, by=maria)
    clock.advance(timedelta(hours=12))
    with pytest.raises(RefusedError, match="logs in anew"):
        service.lift_hold(only, hold.id, by=maria)
    anew = replace(maria, since=clock.now())
    with pytest.raises(RefusedError, match="two persons"):
        service.lift_hold(desk, hold.id, by=anew)
    assert service.lift_hold(only, hold.id, by=anew).lifted_by == "maria"
    assert chain("1001")[-1]["sole_operator"] is True


def test_a_sole_operator_needs_counsels_document_as_ever(desk, clock):
    maria = Person(login="maria", name="Maria", role=Role.MANAGER)
    hold = service.set_hold(desk, "1001", HoldKind.RECORDS, "claim", by=maria)
    service.ask_lifting(desk, hold.id, by=maria)
    clock.advance(timedelta(hours=13))
    anew = replace(maria, since=clock.now())
    with pytest.raises(RefusedError, match="No document of counsel"):
        service.lift_hold(alone(desk), hold.id, by=anew)
