"""Supervision of accounts on a real database, from entries that are followed."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.desk import Desk
from stationd.follower.service import follow, note_reached
from stationd.journal.model import Kind
from stationd.ledger.store import read_records
from stationd.supervision.model import State, Supervised
from stationd.supervision.service import expect_anew, scan, standing
from stationd.supervision.store import read_silences

pytestmark = pytest.mark.both_databases

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


class Watched:
    """A station with accounts under supervision."""

    def __init__(self, desk: Desk, journal: Any, frames: Any, clock: SetClock) -> None:
        self.desk = desk
        self.journal = journal
        self.frames = frames
        self.clock = clock

    def details(self, acct: str, **details: object) -> None:
        with self.desk.database.writing() as connection:
            connection.execute(
                sa.update(schema.accounts)
                .where(schema.accounts.c.acct == acct)
                .values(details=json.dumps(details, separators=(",", ":")))
            )

    def poll_every(self, seconds: int | None) -> None:
        with self.desk.database.writing() as connection:
            connection.execute(sa.update(schema.transmitters).values(poll_interval=seconds))

    def serve(self, acct: str, service: str) -> None:
        with self.desk.database.writing() as connection:
            connection.execute(
                sa.update(schema.accounts)
                .where(schema.accounts.c.acct == acct)
                .values(service=service)
            )

    def follow(self) -> None:
        while follow(self.desk, self.journal, node="n1", accounts=lambda _: lambda _: None):
            pass
        note_reached(self.desk, self.journal.id, "n1", self.desk.clock.now())

    def frame(self, number: str, code: str, after: timedelta) -> None:
        self.journal.frame(self.frames.dc09(number, f"N{code}"), after=after)

    def look(self, after: timedelta = timedelta()) -> None:
        self.clock.advance(after)
        self.follow()
        scan(self.desk)

    def row(self, acct: str = "1") -> Supervised:
        (row,) = standing(self.desk, acct=acct).rows
        return row

    def silences(self) -> list[tuple[str, str | None]]:
        with self.desk.database.reading() as connection:
            found = read_silences(connection)
        return [(iso(one.began_at), one.ended_at and iso(one.ended_at)) for one in found]

    def told(self, acct: str, kind: str) -> list[dict[str, Any]]:
        with self.desk.database.reading() as connection:
            found = [json.loads(body) for body in read_records(connection, acct, 1, 1, 99)]
        return [one for one in found if one.get("kind") == kind]


@pytest.fixture
def watched(
    desk: Desk, journal: Any, frames: Any, clock: SetClock, roll: Any
) -> Callable[..., Watched]:
    def make(*accts: str) -> Watched:
        for acct in accts:
            roll.account(acct)
            roll.link(acct, "main", f"000{acct}")
        made = Watched(desk, journal, frames, clock)
        journal.start()
        made.follow()
        return made

    return make


def test_an_account_is_supervised_as_its_details_ask(watched: Callable[..., Watched]) -> None:
    station = watched("1", "2", "3", "4")
    station.details("1", test_hours=24)
    station.details("2", test_hours=24, test_grace=30, test_by="any")
    station.details("3", test_hours="daily")
    assert expect_anew(station.desk) == 2
    found = [row.expected for row in standing(station.desk).rows]
    told = [(one.acct, one.interval, one.grace, one.counts) for one in found]
    assert told == [("1", 86400, 21600, "test"), ("2", 86400, 1800, "any")]
    assert expect_anew(station.desk) == 0


def test_who_is_not_served_or_not_to_be_tested_any_more_is_forgotten(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1", "2")
    for acct in ("1", "2"):
        station.details(acct, test_hours=1)
    station.poll_every(60)
    assert expect_anew(station.desk) == 4
    station.look(9 * HOUR)
    station.serve("1", "ended")
    station.poll_every(None)
    station.details("2", test_hours=2)
    assert expect_anew(station.desk) == 4
    assert [row.expected.interval for row in standing(station.desk).rows] == [7200]
    assert [ended is None for _, ended in station.silences()] == [False, True]


def test_a_missed_test_is_told_in_the_chain_and_so_is_the_return(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1")
    station.details("1", test_hours=24, test_grace=60)
    expect_anew(station.desk)
    station.frame("0001", "RP00", HOUR)
    station.frame("0001", "BA01", 23 * HOUR)
    station.look()
    assert station.row().state is State.OK
    station.look(90 * MINUTE)
    # An alarm is no test, and the test is half an hour late.
    assert station.row().state is State.LATE
    station.look(2 * HOUR)
    missed = station.row()
    assert (missed.state, missed.since - (missed.heard_at or missed.since)) == (
        State.MISSED,
        25 * HOUR,
    )
    assert missed.listener == "ip"
    station.frame("0001", "RP00", HOUR)
    station.look()
    assert station.row().state is State.RETURNED
    assert [one["cause"] for one in station.told("1", "tests")] == ["missed", "returned"]
    assert len(station.silences()) == 1
    station.look()
    station.look(HOUR)
    assert len(station.told("1", "tests")) == 2


def test_where_any_signal_counts_an_alarm_is_a_sign_of_life(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1")
    station.details("1", test_hours=24, test_grace=0, test_by="any")
    expect_anew(station.desk)
    station.frame("0001", "BA01", 23 * HOUR)
    station.look(2 * HOUR)
    assert station.row().state is State.OK
    station.look(30 * HOUR)
    station.frame("0001", "BA01", HOUR)
    station.look()
    assert station.row().state is State.RETURNED


@pytest.mark.parametrize("known", [True, False], ids=["heard before", "never heard"])
def test_nobody_is_missed_for_what_may_still_stand_in_the_journal(
    watched: Callable[..., Watched], *, known: bool
) -> None:
    station = watched("1")
    if known:
        station.frame("0001", "RP00", HOUR)
        station.follow()
    station.details("1", test_hours=1)
    expect_anew(station.desk)
    assert station.row().listener == ("ip" if known else "")
    station.clock.advance(9 * HOUR)
    scan(station.desk)
    assert station.row().state is State.OK
    station.look()
    assert station.row().state is State.MISSED


def test_a_week_without_a_worker_is_made_up_as_if_it_had_been_there(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1")
    station.details("1", test_hours=24, test_grace=60)
    expect_anew(station.desk)
    for hours in (20, 24, 60, 24):
        station.frame("0001", "RP00", hours * HOUR)
    station.look()
    assert station.row().state is State.OK
    assert [one["cause"] for one in station.told("1", "tests")] == ["missed", "returned"]
    ((began, ended),) = station.silences()
    assert ended is not None
    assert began < ended


def test_a_scan_may_be_done_a_part_at_a_time(watched: Callable[..., Watched]) -> None:
    accts = [str(number) for number in range(1, 8)]
    station = watched(*accts)
    for acct in accts:
        station.details(acct, test_hours=1)
    expect_anew(station.desk)
    station.clock.advance(9 * HOUR)
    station.follow()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stationd.supervision.service._MOST", 3)
        counts = [scan(station.desk, most=4) for _ in range(3)]
    assert counts == [6, 1, 0]
    assert standing(station.desk).counts == {State.MISSED: 7}


def test_an_account_that_ended_is_not_told_of(watched: Callable[..., Watched]) -> None:
    station = watched("1")
    station.details("1", test_hours=1)
    expect_anew(station.desk)
    station.serve("1", "ended")
    station.look(9 * HOUR)
    assert (station.row().state, station.told("1", "tests")) == (State.OK, [])


def test_before_anything_was_followed_there_is_nothing_to_look_at(desk: Desk) -> None:
    assert scan(desk) == 0


# --- Polls ---


def told(cause: str, number: str = "0001", **more: object) -> dict[str, object]:
    return {
        "cause": cause,
        "count": 0,
        "first": None,
        "last": None,
        "longest_ms": 0,
        "number": number,
        **more,
    }


def test_entries_about_polls_move_the_row_and_end_the_silence(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1")
    station.poll_every(60)
    expect_anew(station.desk)
    missed = station.journal.write(Kind.POLLS, b"", "ip", told("missed", silent_ms=75000))
    station.follow()
    row = station.row()
    assert (row.state, row.listener, row.expected.interval) == (State.MISSED, "ip", 60)
    returned = station.journal.write(
        Kind.POLLS, b"", "ip", told("returned", longest_ms=600_000), after=10 * MINUTE
    )
    station.follow()
    row = station.row()
    assert (row.state, row.longest) == (State.RETURNED, 600)
    ((began, ended),) = station.silences()
    assert ended == iso(row.since)
    assert returned.received_at > missed.received_at
    assert began < ended
    assert [one["cause"] for one in station.told("1", "polls")] == ["missed", "returned"]


def test_a_miss_and_a_return_of_one_batch_are_one_silence(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1", "2")
    station.poll_every(60)
    for _ in range(2):
        station.journal.write(Kind.POLLS, b"", "ip", told("missed", silent_ms=75000))
        station.journal.write(Kind.POLLS, b"", "ip", told("returned"), after=MINUTE)
    station.journal.write(Kind.POLLS, b"", "ip", told("unsupervised", "0002"))
    station.journal.write(Kind.POLLS, b"", "ip", told("missed", "9999"))
    station.follow()
    assert [ended is None for _, ended in station.silences()] == [False, False]
    assert [row.expected.acct for row in standing(station.desk).rows] == ["1"]


def test_an_account_whose_service_ended_has_no_row(watched: Callable[..., Watched]) -> None:
    station = watched("1")
    station.serve("1", "ended")
    station.journal.write(Kind.POLLS, b"", "ip", told("missed"))
    station.follow()
    assert standing(station.desk).rows == []


def test_who_is_not_missed_again_after_a_start_has_returned(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1", "2")
    station.poll_every(60)
    expect_anew(station.desk)
    for number in ("0001", "0002"):
        station.journal.write(Kind.POLLS, b"", "ip", told("missed", number, silent_ms=75000))
    station.journal.start(after=MINUTE)
    up = station.journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    missed = told("missed", "0002", silent_ms=75000)
    station.journal.write(Kind.POLLS, b"", "ip", missed, after=75 * MINUTE / 60)
    station.look(30 * MINUTE / 60)
    assert station.row("1").state is State.MISSED
    station.look(MINUTE)
    assert station.row("1").state is State.RETURNED
    assert station.row("2").state is State.MISSED
    assert up.received_at < station.clock.now_ns()
    assert sorted(ended is None for _, ended in station.silences()) == [False, True]


def test_nothing_is_said_of_who_was_missed_before_a_start_and_has_no_known_period(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1")
    station.journal.write(Kind.POLLS, b"", "ip", told("missed", silent_ms=75000))
    station.journal.start(after=MINUTE)
    station.journal.write(Kind.LINK_UP, b"", "ip", {"scope": "listener"})
    station.look(5 * MINUTE)
    assert station.row("1").state is State.MISSED


def test_only_those_that_are_overdue_are_shown_where_that_is_asked(
    watched: Callable[..., Watched],
) -> None:
    station = watched("1", "2")
    station.details("1", test_hours=1)
    station.details("2", test_hours=100)
    expect_anew(station.desk)
    station.look(9 * HOUR)
    found = standing(station.desk, bad=True)
    assert [row.expected.acct for row in found.rows] == ["1"]
    assert found.counts == {State.MISSED: 1, State.OK: 1}
    assert len(standing(station.desk, limit=1).rows) == 1
