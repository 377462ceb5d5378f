"""How the station stands, with what this machine sees of its journal."""

import pytest

from stationd.errors import JournalUnavailableError
from stationd.overview.service import count_behind, overview

pytestmark = pytest.mark.both_databases


class NoJournal:
    """A journal that is not on this machine."""

    @property
    def id(self):
        raise JournalUnavailableError("away")


def test_what_waits_in_the_journal_is_counted(desk, journal, frames, take):
    journal.start()
    take()
    journal.frame(frames.dc09("01A4", "Nri1/BA004"))
    (state,) = overview(desk, journal).journals
    assert (state.position, state.behind) == (1, 1)


def test_a_journal_nobody_has_taken_waits_whole(desk, journal):
    journal.start()
    (state,) = overview(desk, journal).journals
    assert (state.journal, state.node, state.behind) == (journal.id, "", 1)


def test_a_journal_elsewhere_is_not_measured(desk, journal, take):
    journal.start()
    take()
    (state,) = overview(desk, NoJournal()).journals
    assert state.behind is None


def test_many_entries_are_counted_in_slices(journal, monkeypatch):
    monkeypatch.setattr("stationd.overview.service._AT_ONCE", 2)
    for _ in range(5):
        journal.start()
    assert count_behind(journal, 0) == 5
    monkeypatch.setattr("stationd.overview.service._MOST", 4)
    assert count_behind(journal, 0) == 4
