"""A runaway in a journal: recorded, marked, and over; every signal is kept."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.journal.model import Kind
from stationd.ledger.store import append_close, read_heads, read_records
from stationd.runaways.store import read_open, read_runs
from stationd.settings import PolicySettings
from stationd.signals.service import folded_history, history

SECOND = timedelta(seconds=1)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    policies = PolicySettings(
        runaway_signals=5,
        runaway_within="60s",
        runaway_quiet="30s",  # type: ignore[arg-type]
    )
    return Desk(
        database=desk.database,
        clock=desk.clock,
        ids=desk.ids,
        station=desk.station,
        policies=policies,
    )


@pytest.fixture
def day(journal: Any, frames: Any, roll: Any) -> Any:
    """Twenty signals of one account in twenty seconds, others between them, then quiet."""
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    for number in range(20):
        journal.frame(frames.dc09("1234", "NBA005", number + 1), after=SECOND)
        if number % 7 == 0:
            journal.frame(frames.dc09("99", "NBA001", number + 1), after=SECOND)
    journal.write(Kind.HEARTBEAT, b"1011           @    \x14", "com1", after=timedelta(minutes=1))
    journal.frame(frames.dc09("1234", "NBR005", 30), after=SECOND)
    return journal


def take(desk: Desk, journal: Any, most: int = 3000) -> None:
    while follow(desk, journal, node="n1", accounts=lambda _: lambda _: None, most=most):
        pass


def records(desk: Desk, acct: str, epoch: int = 1) -> list[dict[str, Any]]:
    with desk.database.reading() as connection:
        return [json.loads(one) for one in read_records(connection, acct, epoch, 1, 1000)]


def told(record: dict[str, Any]) -> str:
    return str(record.get("kind") or ",".join(record.get("marks", ())) or record["type"])


FOLDED = "runaway_folded"
HISTORY = [
    *("open", *("signal",) * 5),
    "runaway_began",
    *(FOLDED,) * 15,
    "runaway_ended",
    "signal",
]


@pytest.mark.parametrize("most", [1, 2, 5, 7, 3000])
def test_the_history_says_so_however_entries_were_batched(desk: Desk, day: Any, most: int) -> None:
    take(desk, day, most)
    assert [told(one) for one in records(desk, "4821")] == HISTORY
    with desk.database.reading() as connection:
        (run,) = read_runs(connection, "4821")
    found = records(desk, "4821")
    assert (run.count, run.began_at) == (20, found[1]["rx"])
    assert run.last_at == found[-3]["rx"]
    assert run.ended_at is not None


def test_others_are_not_marked(desk: Desk, day: Any) -> None:
    take(desk, day)
    assert {told(one) for one in records(desk, "unknown:main:99")} == {"open", "signal"}


def test_a_number_of_nobody_runs_away_too(desk: Desk, journal: Any, frames: Any) -> None:
    journal.start()
    for number in range(7):
        journal.frame(frames.dc09("99", "NBA001", number + 1), after=SECOND)
    take(desk, journal)
    kinds = [told(one) for one in records(desk, "unknown:main:99")]
    assert kinds[6:] == ["runaway_began", FOLDED, FOLDED]


def test_a_number_that_is_somebodys_later_runs_away_as_nobodys_before(
    desk: Desk, journal: Any, frames: Any, roll: Any
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234", since=desk.clock.now() + timedelta(days=1))
    journal.start()
    for number in range(7):
        journal.frame(frames.dc09("1234", "NBA001", number + 1), after=SECOND)
    take(desk, journal)
    with desk.database.reading() as connection:
        assert [run.acct for run in read_open(connection)] == ["unknown:main:1234"]


def test_the_end_of_a_closed_accounts_runaway_opens_no_epoch(
    desk: Desk, journal: Any, frames: Any, roll: Any
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    for number in range(7):
        journal.frame(frames.dc09("1234", "NBA001", number + 1), after=SECOND)
    take(desk, journal)
    with desk.database.writing() as connection:
        append_close(connection, "4821", 1, fields={}, now=desk.clock.now(), ids=desk.ids)
    journal.frame(frames.dc09("99", "NBA001"), after=timedelta(minutes=1))
    take(desk, journal)
    with desk.database.reading() as connection:
        assert read_open(connection) == []
        assert [head.epoch for head in read_heads(connection, "4821")] == [1]


def test_what_was_folded_once_begins_no_other_runaway(desk: Desk, day: Any, frames: Any) -> None:
    for number in range(4):
        day.frame(frames.dc09("1234", "NBA005", number + 40), after=SECOND)
    take(desk, day, 4)
    assert told(records(desk, "4821")[-1]) == "signal"
    day.frame(frames.dc09("1234", "NBA005", 50), after=SECOND)
    take(desk, day)
    assert told(records(desk, "4821")[-1]) == FOLDED


def test_a_view_folds_it_to_a_row_a_kind_and_shows_what_is_unlike_the_rest(
    desk: Desk, day: Any
) -> None:
    take(desk, day)
    rows = folded_history(desk, "4821")
    assert [(row.code, row.count) for row in rows] == [("BA", 20), ("BR", 1)]
    assert rows[0].seq == 2
    assert (rows[0].received_at, rows[0].last_at) == (
        history(desk, "4821")[0].received_at,
        history(desk, "4821")[19].received_at,
    )
    assert len(history(desk, "4821")) == 21
    assert len(folded_history(desk, "4821", limit=1)) == 1
    assert folded_history(desk, "4821", code="FA") == []


def test_a_fire_alarm_in_a_runaway_has_a_row_of_its_own(
    desk: Desk, journal: Any, frames: Any, roll: Any
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    for number in range(9):
        data = "NFA001" if number == 4 else "NBA005"
        journal.frame(frames.dc09("1234", data, number + 1), after=SECOND)
    take(desk, journal)
    rows = folded_history(desk, "4821")
    assert [(row.code, row.count, row.last_at == "") for row in rows] == [
        ("BA", 8, False),
        ("FA", 1, True),
    ]


def test_an_interval_is_one_row(desk: Desk, day: Any) -> None:
    take(desk, day, 3)
    with desk.database.reading() as connection:
        rows = connection.execute(sa.select(schema.runaways)).all()
    assert len(rows) == 1


def test_who_runs_away_again_in_the_batch_that_ends_the_run_before_is_found(
    desk: Desk, journal: Any, frames: Any, roll: Any
) -> None:
    roll.account("4821")
    roll.link("4821", "main", "1234")
    journal.start()
    for number in range(20):
        after = timedelta(seconds=40) if number == 10 else SECOND
        journal.frame(frames.dc09("1234", "NBA005", number + 1), after=after)
    # The run before is open between the two batches, its end lies in the second.
    follow(desk, journal, node="n1", accounts=lambda _: lambda _: None, most=9)
    take(desk, journal)
    with desk.database.reading() as connection:
        runs = read_runs(connection, "4821")
    assert [(run.count, run.ended_at is None) for run in runs] == [(10, False), (10, True)]
