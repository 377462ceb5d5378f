"""Counts over the whole station."""

import pytest

from stationd.overview.store import read_overview, read_taken

pytestmark = pytest.mark.both_databases


def read(desk):
    with desk.database.reading() as connection:
        return read_overview(connection)


def test_an_empty_station_counts_nothing(desk):
    found = read(desk)
    with desk.database.reading() as connection:
        assert read_taken(connection, "a" * 32) is None
    assert (found.journals, found.lines, found.parked, found.accounts) == ((), (), 0, {})
    assert (found.checkpoint, found.checkpoint_at, found.uncovered) == (None, None, 0)


def test_what_was_taken_over_is_counted(desk, journal, frames, take):
    journal.start()
    journal.frame(frames.dc09("01A4", "Nri1/BA004"))
    last = journal.frame(frames.dc09("01A5", "Nri1/BA004"))
    take()
    found = read(desk)
    with desk.database.reading() as connection:
        assert read_taken(connection, journal.id) == (3, last.link)
    (state,) = found.journals
    assert (state.journal, state.node, state.position) == (journal.id, "n1", 3)
    assert found.parked == 2
    assert found.uncovered > 0
