"""Gaps are stored once, ended once, and found by period and listener."""

from dataclasses import replace

import pytest

from stationd.db.engine import Database
from stationd.gaps.model import Cause, Gap
from stationd.gaps.store import read_gaps, read_open_gaps, record_gaps

pytestmark = pytest.mark.both_databases

GAP = Gap(
    id="1",
    listener="ip",
    node="n1",
    cause=Cause.RECEIVER_LINK,
    began_at="2026-03-02",
    ended_at="2026-03-04",
    detail="unplugged",
)


@pytest.fixture
def stored(database: Database) -> Database:
    with database.writing() as connection:
        record_gaps(
            connection,
            [
                GAP,
                replace(GAP, id="2", listener="", cause=Cause.CLOCK, ended_at=None),
                replace(GAP, id="3", listener="com1", began_at="2026-03-06", ended_at=None),
                replace(GAP, id="4", node="n2", listener="west", ended_at=None),
            ],
        )
    return database


@pytest.mark.parametrize(
    ("period", "ids"),
    [
        ({}, ["1", "2", "4", "3"]),
        ({"since": "2026-03-04"}, ["1", "2", "4", "3"]),
        ({"since": "2026-03-05"}, ["2", "4", "3"]),
        ({"until": "2026-03-06"}, ["1", "2", "4"]),
        ({"until": "2026-03-02"}, []),
        ({"listeners": ["ip"]}, ["1", "2"]),
        ({"listeners": []}, ["2"]),
    ],
)
def test_gaps_are_found_by_period_and_listener(
    stored: Database, period: dict[str, object], ids: list[str]
) -> None:
    with stored.reading() as connection:
        assert [gap.id for gap in read_gaps(connection, **period)] == ids  # type: ignore[arg-type]


def test_open_gaps_are_those_of_one_node(stored: Database) -> None:
    with stored.reading() as connection:
        assert [gap.id for gap in read_open_gaps(connection, "n1")] == ["2", "3"]


def test_a_gap_ends_where_it_was_opened(stored: Database) -> None:
    with stored.writing() as connection:
        (gap, _) = read_open_gaps(connection, "n1")
        record_gaps(connection, [replace(gap, ended_at="2026-03-09")])
        record_gaps(connection, [])
        ended = [gap.ended_at for gap in read_gaps(connection) if gap.id == "2"]
    assert ended == ["2026-03-09"]
