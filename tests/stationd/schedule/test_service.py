from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, MistakeError
from stationd.ids import CountedIds
from stationd.schedule.checks import read_check
from stationd.schedule.rounds import Every, Kept, Round
from stationd.schedule.service import due_rounds, fail, go_round
from stationd.schedule.store import read_rounds
from stationd.settings import PolicySettings

pytestmark = pytest.mark.both_databases

UTC_ZONE = ZoneInfo("UTC")
START = datetime(2026, 3, 2, 15, 20, tzinfo=UTC)
HOURLY = Round(name="hourly", every=Every.HOUR)
DAILY = Round(name="daily", every=Every.DAY)
MONTHLY = Round(name="monthly", every=Every.MONTH)
ALL = (HOURLY, DAILY, MONTHLY)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def desk(database_url: str, clock: SetClock) -> Iterator[Desk]:
    made = Database(database_url)
    yield Desk(database=made, clock=clock, ids=CountedIds(), station="s", policies=PolicySettings())
    made.close()


def due(desk: Desk) -> list[str]:
    return [one.name for one in due_rounds(desk, ALL, UTC_ZONE)]


def kept(desk: Desk, name: str) -> Kept:
    with desk.database.reading() as connection:
        return {one.name: one for one in read_rounds(connection)}[name]


def go_all(desk: Desk) -> list[str]:
    """Make every round that is due; return their names."""
    found = due_rounds(desk, ALL, UTC_ZONE)
    for one in found:
        go_round(desk, one, UTC_ZONE, lambda: "done")
    return [one.name for one in found]


def test_a_new_round_waits_for_its_first_hour(desk: Desk, clock: SetClock) -> None:
    assert due(desk) == []
    clock.advance(timedelta(minutes=40))
    assert due(desk) == ["hourly"]
    clock.advance(12 * HOUR)
    assert due(desk) == ["hourly", "daily", "monthly"]


def test_what_was_made_is_due_again_at_its_next_instant(desk: Desk, clock: SetClock) -> None:
    go_all(desk)
    clock.advance(13 * HOUR)
    assert go_all(desk) == ["hourly", "daily", "monthly"]
    assert due(desk) == []
    assert kept(desk, "monthly") == Kept(
        name="monthly",
        ran_at=clock.now(),
        next_at=datetime(2026, 4, 1, 3, tzinfo=UTC),
        tries=0,
        said="done",
    )


def test_after_a_long_stop_each_is_made_once(desk: Desk, clock: SetClock) -> None:
    go_all(desk)
    clock.step(timedelta(days=100))
    assert sorted(go_all(desk)) == ["daily", "hourly", "monthly"]
    assert due(desk) == []


def test_a_clock_that_was_ahead_by_years_delays_nothing_once_it_is_right(
    desk: Desk, clock: SetClock
) -> None:
    go_all(desk)
    clock.step(timedelta(days=4000))
    go_all(desk)
    clock.step(-timedelta(days=4000))
    assert due(desk) == []
    clock.advance(HOUR)
    assert due(desk) == ["hourly"]
    clock.advance(12 * HOUR)
    assert sorted(due(desk)) == ["daily", "hourly"]
    assert kept(desk, "monthly").next_at == datetime(2026, 4, 1, 3, tzinfo=UTC)


def test_rows_that_were_lost_cost_a_day_at_most(desk: Desk, clock: SetClock) -> None:
    go_all(desk)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rounds")
    due(desk)
    clock.advance(timedelta(days=1))
    assert sorted(due(desk)) == ["daily", "hourly", "monthly"]


def test_what_fails_is_told_rests_and_comes_again(desk: Desk, clock: SetClock) -> None:
    go_all(desk)
    clock.advance(HOUR)

    def fails() -> str:
        raise MistakeError("the list is not there")

    assert not go_round(desk, HOURLY, UTC_ZONE, fails)
    with desk.database.reading() as connection:
        check = read_check(connection, "round hourly")
    assert check is not None
    assert (check.outcome, check.detail) == ("failed", "the list is not there")
    assert due(desk) == []
    clock.advance(timedelta(minutes=1))
    assert due(desk) == ["hourly"]
    fail(desk, HOURLY, "again")
    clock.advance(timedelta(minutes=1))
    assert due(desk) == []
    clock.advance(timedelta(minutes=1))
    assert go_all(desk) == ["hourly"]
    with desk.database.reading() as connection:
        check = read_check(connection, "round hourly")
    assert check is not None
    assert check.outcome == "passed"
    assert kept(desk, "hourly").tries == 0


def test_a_failure_keeps_when_it_last_went_well(desk: Desk, clock: SetClock) -> None:
    go_round(desk, HOURLY, UTC_ZONE, lambda: "done")
    went_well = clock.now()
    clock.advance(2 * HOUR)
    fail(desk, HOURLY, "no")
    assert kept(desk, "hourly").ran_at == went_well


def test_a_database_that_is_away_is_no_failure_of_the_round(desk: Desk) -> None:
    def away() -> str:
        raise DatabaseUnavailableError("away")

    with pytest.raises(DatabaseUnavailableError):
        go_round(desk, HOURLY, UTC_ZONE, away)
    with desk.database.reading() as connection:
        assert read_rounds(connection) == []
