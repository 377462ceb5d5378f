"""The SQL of holds."""

from datetime import UTC, datetime

import pytest

from stationd.accounts.service import open_account
from stationd.errors import NotFoundError
from stationd.holds import store
from stationd.holds.model import Hold, HoldKind

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def hold(name, **more):
    return Hold(
        id=name,
        kind=HoldKind.SERVICE,
        acct="1001",
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


@pytest.mark.parametrize("made", [hold("h1"), hold("h2", case_id="c", review_at=DAY)])
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
    assert store.read_holds(connection, "1002") == []
    lifted = store.read_hold(connection, "h1")
    assert (lifted.lifted_by, lifted.lifted_at) == ("maria", DAY)
