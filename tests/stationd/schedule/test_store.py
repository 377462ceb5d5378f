from datetime import UTC, datetime, timedelta

import pytest

from stationd.db.engine import Connection, Database
from stationd.schedule.store import (
    Due,
    Lease,
    cancel_due,
    next_due,
    read_due,
    read_lease,
    read_steps,
    record_done,
    record_due,
    release_lease,
    take_lease,
)

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def due(case_id: str, hours: int, step: str = "notice.evaluate") -> Due:
    return Due(case_id=case_id, step=step, due_at=NOW + hours * HOUR)


def note(connection: Connection, *steps: Due) -> None:
    for one in steps:
        record_due(connection, one.case_id, one.step, [one.due_at])


def test_the_instant_itself_is_due_and_the_oldest_comes_first(database: Database) -> None:
    with database.writing() as connection:
        note(connection, due("a", 0), due("a", 1), due("b", -2))
        assert read_due(connection, NOW) == [due("b", -2), due("a", 0)]


def test_the_next_instant_is_the_first_that_is_still_to_come(database: Database) -> None:
    with database.writing() as connection:
        assert next_due(connection, NOW) is None
        note(connection, due("a", -1), due("a", 3), due("b", 2))
        assert next_due(connection, NOW) == NOW + 2 * HOUR


def test_what_is_noted_already_stays_as_it_is(database: Database) -> None:
    with database.writing() as connection:
        note(connection, due("a", 0))
        record_done(connection, due("a", 0), at=NOW, outcome="done")
        note(connection, due("a", 0))
        assert read_due(connection, NOW) == []


def test_what_is_done_is_kept_with_its_outcome(database: Database) -> None:
    with database.writing() as connection:
        note(connection, due("a", 0), due("a", 1))
        record_done(connection, due("a", 0), at=NOW + HOUR, outcome="service has ended")
        record_done(connection, due("a", 0), at=NOW + 9 * HOUR, outcome="again")
        done, waiting = read_steps(connection, "a")
    assert (done.done_at, done.outcome) == (NOW + HOUR, "service has ended")
    assert waiting == due("a", 1)


def test_a_case_that_is_over_is_due_no_more(database: Database) -> None:
    with database.writing() as connection:
        note(connection, due("a", 0), due("b", 0))
        cancel_due(connection, "a", at=NOW, outcome="the case is cured")
        assert read_due(connection, NOW) == [due("b", 0)]


def test_a_lease_is_one_holders_until_it_runs_out(database: Database) -> None:
    with database.writing() as connection:
        assert take_lease(connection, "worker", "n1", now=NOW, length=HOUR)
        assert not take_lease(connection, "worker", "n2", now=NOW + HOUR, length=HOUR)
        later = NOW + HOUR + timedelta(seconds=1)
        assert take_lease(connection, "worker", "n2", now=later, length=HOUR)
        held = Lease(name="worker", holder="n2", until=later + HOUR)
        assert read_lease(connection, "worker") == held


def test_a_holder_renews_its_lease(database: Database) -> None:
    with database.writing() as connection:
        take_lease(connection, "worker", "n1", now=NOW, length=HOUR)
        assert take_lease(connection, "worker", "n1", now=NOW + HOUR / 2, length=HOUR)
        assert not take_lease(connection, "worker", "n2", now=NOW + HOUR, length=HOUR)


@pytest.mark.parametrize(("who", "free"), [("n1", True), ("n2", False)])
def test_only_its_holder_gives_a_lease_back(database: Database, who: str, free: bool) -> None:
    with database.writing() as connection:
        take_lease(connection, "worker", "n1", now=NOW, length=HOUR)
        release_lease(connection, "worker", who)
        assert (read_lease(connection, "worker") is None) is free
