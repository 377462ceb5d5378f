"""Rows of supervision are stored, found, changed and removed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.db.engine import Database
from stationd.supervision import store
from stationd.supervision.model import Counts, Expected, Silence, State, Supervised, Way

pytestmark = pytest.mark.both_databases

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROW = Supervised(
    expected=Expected(acct="1", way=Way.TESTS, interval=3600, grace=600, counts=Counts.TEST),
    state=State.OK,
    since=START,
    why="heard",
    supervised_at=START,
    heard_at=START + HOUR,
    told_at=START + 2 * HOUR,
    longest=77,
    listener="ip",
    epoch=1,
    seq=9,
    due_at=START + 3 * HOUR,
)
SILENCE = Silence(
    acct="1",
    way=Way.TESTS,
    group="",
    number="",
    began_at=START,
    missed_at=START + HOUR,
    ended_at=None,
    listener="ip",
    interval=3600,
    patience=4200,
)


def of(acct: str, **more: Any) -> Supervised:
    return replace(ROW, expected=replace(ROW.expected, acct=acct), **more)


@pytest.fixture
def stored(database: Database, roll: Any) -> Database:
    for acct in ("1", "2", "3"):
        roll.account(acct)
    with database.writing() as connection:
        store.add_rows(connection, [ROW, of("2", state=State.MISSED, listener="com1")])
    return database


def test_a_row_comes_back_as_it_was(stored: Database) -> None:
    with stored.writing() as connection:
        store.add_rows(connection, [replace(ROW, why="another"), *[]])
        store.add_rows(connection, [])
        assert store.read_rows(connection, accts=["1"]) == [ROW]
        changed = replace(ROW, state=State.LATE, heard_at=None, due_at=None, longest=2**40)
        store.record_rows(connection, [changed])
        store.record_rows(connection, [])
        assert store.read_rows(connection, accts=["1"]) == [replace(changed, longest=2**31 - 1)]


def test_rows_are_found_by_account_way_and_state(stored: Database) -> None:
    with stored.reading() as connection:
        assert [row.expected.acct for row in store.read_rows(connection)] == ["1", "2"]
        assert store.read_rows(connection, way=Way.POLLS) == []
        missed = store.read_rows(connection, states=[State.MISSED, State.LATE])
        assert [row.expected.acct for row in missed] == ["2"]
        assert len(store.read_rows(connection, limit=1)) == 1
        assert store.count_states(connection) == {State.OK: 1, State.MISSED: 1}
        assert store.read_standing(connection, "2") == {
            ("2", Way.TESTS, "", ""): (3600, 600, "test")
        }


def test_a_row_that_is_removed_takes_its_silences_end_with_it(stored: Database) -> None:
    with stored.writing() as connection:
        store.record_silences(connection, [SILENCE, replace(SILENCE, acct="2")])
        store.remove_rows(connection, [ROW.expected.key])
        store.forget_silences(connection, [ROW.expected.key], START + HOUR)
        store.remove_rows(connection, [])
        store.forget_silences(connection, [], START)
        assert [row.expected.acct for row in store.read_rows(connection)] == ["2"]
        ends = {one.acct: one.ended_at for one in store.read_silences(connection)}
    assert ends == {"1": START + HOUR, "2": None}


def test_what_is_due_is_found_by_where_it_was_heard(stored: Database) -> None:
    by = START + 3 * HOUR
    with stored.reading() as connection:

        def due(by: datetime, listeners: list[str], *, others: bool) -> list[str]:
            rows = store.read_due(connection, by, 9, listeners=listeners, others=others)
            return [row.expected.acct for row in rows]

        assert due(by, ["ip"], others=False) == ["1"]
        assert due(by, ["ip"], others=True) == ["2"]
        assert due(by - HOUR, ["ip"], others=False) == []
        assert due(by, [], others=True) == ["1", "2"]


def test_only_who_is_late_or_missed_is_woken(stored: Database) -> None:
    with stored.writing() as connection:
        store.wake_for_tests(connection, ["1", "2", "unknown:main:7"])
        rows = store.read_rows(connection)
    assert [row.due_at for row in rows] == [ROW.due_at, ROW.since]


def test_a_silence_is_stored_once_and_ended_once(stored: Database) -> None:
    with stored.writing() as connection:
        store.record_silences(connection, [])
        store.record_silences(connection, [SILENCE])
        assert store.read_lasting(connection, ["1"], Way.TESTS) == {ROW.expected.key: SILENCE}
        store.record_silences(connection, [replace(SILENCE, ended_at=START + 9 * HOUR)])
        assert store.read_lasting(connection, ["1"], Way.TESTS) == {}
        (found,) = store.read_silences(connection)
    assert found == replace(SILENCE, ended_at=START + 9 * HOUR)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({}, 1),
        ({"acct": "1", "listeners": ["ip"]}, 1),
        ({"acct": "2"}, 0),
        ({"listeners": ["com1"]}, 0),
        ({"since": "2026-03-02T00:30:00.000000Z"}, 1),
        ({"since": "2026-03-02T02:00:00.000000Z"}, 0),
        ({"until": "2026-03-02T00:00:00.000000Z"}, 0),
    ],
)
def test_silences_are_found_by_whom_where_and_when(
    stored: Database, asked: dict[str, Any], count: int
) -> None:
    with stored.writing() as connection:
        store.record_silences(connection, [replace(SILENCE, ended_at=START + HOUR)])
        assert len(store.read_silences(connection, **asked)) == count


def test_the_last_that_counts_is_known_with_the_end_of_the_chain(stored: Database) -> None:
    columns = [column.name for column in schema.signals.c]
    rows = [("1", 1, 5, "test"), ("1", 1, 6, "alarm"), ("2", 1, 5, "alarm"), ("2", 2, 3, "alarm")]
    with stored.writing() as connection:
        for acct, epoch, seq, kind in rows:
            plain = dict.fromkeys(columns, "") | {"acct": acct, "epoch": epoch, "seq": seq}
            at = f"2026-03-0{seq}T00:00:00.000000Z"
            values = plain | {"signal_class": kind, "received_at": at, "listener": "ip"}
            connection.execute(sa.insert(schema.signals), values)
        wanted = [
            replace(ROW.expected, acct="1"),
            replace(ROW.expected, acct="2", counts=Counts.ANY),
            replace(ROW.expected, acct="3"),
        ]
        found = store.read_last_heard(connection, wanted)
    assert {acct: (one.epoch, one.seq, one.at.day) for acct, one in found.items()} == {
        "1": (1, 6, 5),
        "2": (2, 3, 5),
    }


def test_a_node_counts_until_its_journals_were_followed(stored: Database) -> None:
    with stored.writing() as connection:
        for journal, node, day in (("a", "n1", 2), ("b", "n1", 3), ("c", "n2", 4), ("d", "n3", 5)):
            connection.execute(
                sa.insert(schema.journals),
                {
                    "id": journal,
                    "node": node,
                    "position": 1,
                    "link": b"",
                    "taken_at": f"2026-03-0{day}T00:00:00.000000Z",
                },
            )
        connection.execute(
            sa.insert(schema.retired_journals),
            {"journal": "d", "node": "n3", "position": 1, "doc": b"", "by": "x", "at": "t"},
        )
        connection.execute(
            sa.insert(schema.lines),
            {"listener": "ip", "node": "n1", "up": True, "since": "t", "why": "listens"},
        )
        found = store.read_horizons(connection)
        (line,) = store.read_lines(connection)
    assert found == [(START, ["ip"], None), (START + 48 * HOUR, [], None)]
    assert (line.listener, line.state, line.heard_at) == ("ip", "up", None)


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"test_hours": 24}, (86400, 21600, "test")),
        ({"test_hours": 24, "test_grace": 0, "test_by": "any"}, (86400, 0, "any")),
        ({"test_hours": 0}, None),
        ({"test_hours": "24"}, None),
        ({}, None),
    ],
)
def test_details_ask_for_tests(
    details: dict[str, Any], expected: tuple[int, int, str] | None
) -> None:
    found = store.expected_tests("1", details)
    told = None if found is None else (found.interval, found.grace, found.counts)
    assert told == expected
