"""The index and the parking place, row by row."""

from dataclasses import replace
from typing import Any

import pytest

from stationd.db.engine import Database
from stationd.signals import store
from stationd.signals.model import UNKNOWN, Parked
from tests.plans import plan

pytestmark = pytest.mark.both_databases

FIELDS = {"rx": "2026-03-02", "listener": "ip", "class": "alarm", "code": "BA", "number": "1"}
PARKED = Parked(
    journal="a" * 32,
    position=1,
    part=1,
    reason=UNKNOWN,
    detail="",
    receiver_group="main",
    number="1234",
    listener="ip",
    peer="192.0.2.7:1",
    received_at="2026-03-02",
)


def record(database: Database, *rows: dict[str, Any]) -> None:
    with database.writing() as connection:
        store.record_signals(
            connection,
            [
                {
                    "acct": row.get("acct", "4821"),
                    "epoch": row.get("epoch", 1),
                    "seq": row["seq"],
                    **store.signal_values({**FIELDS, **row}, row.get("marks", ())),
                }
                for row in rows
            ],
        )


def test_the_columns_are_a_records_fields() -> None:
    found = store.signal_values({**FIELDS, "zone": "005", "group": "main"}, ("repeat", "post_end"))
    assert found == {
        "received_at": "2026-03-02",
        "listener": "ip",
        "receiver_group": "main",
        "number": "1",
        "signal_class": "alarm",
        "code": "BA",
        "name": "",
        "zone": "005",
        "user": "",
        "area": "",
        "text": "",
        "marks": "repeat,post_end",
    }


def test_what_a_column_does_not_hold_is_cut() -> None:
    found = store.signal_values({**FIELDS, "zone": "z" * 99, "text": "a\0b"}, ())
    assert (len(found["zone"]), found["text"]) == (40, "ab")


@pytest.mark.parametrize(
    ("filters", "seqs"),
    [
        ({}, [(1, 2), (1, 3), (1, 4), (2, 2)]),
        ({"since": "2026-03-03"}, [(1, 3), (1, 4), (2, 2)]),
        ({"until": "2026-03-03"}, [(1, 2)]),
        ({"classes": ["test"]}, [(1, 4)]),
        ({"classes": ["test", "alarm"]}, [(1, 2), (1, 3), (1, 4), (2, 2)]),
        ({"code": "FA"}, [(1, 3)]),
        ({"after": (1, 3)}, [(1, 4), (2, 2)]),
        ({"limit": 2}, [(1, 2), (1, 3)]),
        ({"after": (1, 2), "limit": 1}, [(1, 3)]),
    ],
)
def test_a_history_is_in_the_order_of_its_chain(
    database: Database, filters: dict[str, Any], seqs: list[tuple[int, int]]
) -> None:
    record(
        database,
        {"seq": 2},
        {"seq": 3, "rx": "2026-03-03", "code": "FA"},
        {"seq": 4, "rx": "2026-03-04", "class": "test"},
        {"seq": 2, "epoch": 2, "rx": "2026-03-05"},
        {"seq": 2, "acct": "other"},
    )
    with database.reading() as connection:
        found = store.read_history(connection, "4821", **filters)
    assert [(row.epoch, row.seq) for row in found] == seqs


def test_a_year_of_one_account_is_read_by_an_index(database: Database) -> None:
    query = "SELECT * FROM signals WHERE acct = '1' AND received_at >= '2026'"
    with database.reading() as connection:
        said = plan(connection, query)
    assert "SCAN" not in said
    assert "Seq Scan" not in said
    assert "ix_signals_acct_received_at" in said or "PRIMARY KEY" in said


def test_a_summary_counts_by_class(database: Database) -> None:
    record(
        database,
        {"seq": 2},
        {"seq": 3, "rx": "2026-03-03"},
        {"seq": 4, "rx": "2026-03-04", "class": "test"},
    )
    with database.reading() as connection:
        found = store.read_summary(connection, "4821", since="2026-03-03")
        nothing = store.read_summary(connection, "4821", until="2026-01-01")
    assert (found.count, found.classes) == (2, {"alarm": 1, "test": 1})
    assert (found.first_at, found.last_at) == ("2026-03-03", "2026-03-04")
    assert (nothing.count, nothing.first_at, nothing.classes) == (0, None, {})


def test_parked_events_are_summed_by_number_reason_and_listener(database: Database) -> None:
    with database.writing() as connection:
        store.record_parked(connection, [])
        store.record_parked(
            connection,
            [
                PARKED,
                replace(PARKED, position=2, received_at="2026-03-05", peer="192.0.2.9:1"),
                replace(PARKED, position=3, number="9", reason="undecoded"),
                replace(PARKED, position=4),
            ],
        )
        store.record_settled(connection, [replace(PARKED, position=4)], "2026-03-06")
        store.record_settled(connection, [], "2026-03-06")
        known, other = store.read_parked(connection)
    assert (known.number, known.count, known.peer) == ("1234", 2, "192.0.2.9:1")
    assert (known.first_at, known.last_at) == ("2026-03-02", "2026-03-05")
    assert (other.number, other.reason, other.count) == ("9", "undecoded", 1)


@pytest.mark.parametrize(
    ("period", "positions"),
    [
        ({"since": None, "until": None}, [1, 2]),
        ({"since": "2026-03-03", "until": None}, [2]),
        ({"since": None, "until": "2026-03-05"}, [1]),
    ],
)
def test_parked_events_of_a_number_come_in_order(
    database: Database, period: dict[str, Any], positions: list[int]
) -> None:
    with database.writing() as connection:
        store.record_parked(
            connection,
            [
                replace(PARKED, position=2, received_at="2026-03-05"),
                PARKED,
                replace(PARKED, position=3, number="9"),
                replace(PARKED, position=4, reason="undecoded"),
            ],
        )
        found = store.read_parked_signals(connection, "main", "1234", UNKNOWN, limit=9, **period)
    assert [one.position for one in found] == positions
    assert found[0] in (PARKED, replace(PARKED, position=2, received_at="2026-03-05"))
