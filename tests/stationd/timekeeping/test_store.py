"""Clocks as rows."""

from dataclasses import replace

import pytest

from stationd.db.engine import Database
from stationd.timekeeping import store
from stationd.timekeeping.model import Clock, ClockState

pytestmark = pytest.mark.both_databases

CLOCK = Clock(
    node="n1",
    listener="com1",
    number="",
    taken_at="2026-03-02T15:00:00.000000Z",
    last_ms=5,
    offset_ms=7,
    drift_ms=None,
    state=ClockState.RIGHT,
    since="2026-03-02T15:00:00.000000Z",
    recent=((1, 5), (2, 9)),
    days=((20000, -3),),
)


def test_a_clock_comes_back_as_it_was_and_is_one_row(database: Database) -> None:
    later = replace(CLOCK, offset_ms=90_000, drift_ms=12, state=ClockState.WRONG)
    with database.writing() as connection:
        store.record_clocks(connection, [])
        store.record_clocks(connection, [CLOCK])
        assert store.read_receivers(connection) == [CLOCK]
        store.record_clocks(connection, [later])
        assert store.read_receivers(connection) == [later]
        assert store.read_clocks(connection, "n1", {("com1", ""), ("com1", "7")}) == [later]
        assert store.read_clocks(connection, "n2", {("com1", "")}) == []


def test_panels_that_are_furthest_off_come_first(database: Database) -> None:
    panels = [
        replace(CLOCK, number=str(off), offset_ms=off, state=ClockState.WRONG)
        for off in (70_000, -90_000, 80_000)
    ]
    right = replace(CLOCK, number="right")
    with database.writing() as connection:
        store.record_clocks(connection, [*panels, right, CLOCK])
        found = store.read_panels(connection, limit=2)
        assert [one.offset_ms for one in found] == [-90_000, 80_000]
        assert store.count_wrong_panels(connection) == 3
        assert [one.number for one in store.read_receivers(connection)] == [""]
