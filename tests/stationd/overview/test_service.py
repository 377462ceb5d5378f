"""How the station stands, with what this machine sees of its journal."""

from datetime import UTC, datetime

import pytest

from stationd.errors import JournalUnavailableError
from stationd.journal.model import Extent
from stationd.journal.released import Released
from stationd.overview.model import Kept
from stationd.overview.service import count_behind, kept, overview

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


class Held:
    """A journal of which entries 3 to 7 are left, each received at its own second."""

    def __init__(self, first=3, last=7):
        self._ends = first, last

    def extent(self):
        first, last = self._ends
        since = first * 10**9 if first else None
        return Extent(journal="j", first=first, last=last, since=since)

    def received_at(self, position):
        first, last = self._ends
        return max(first, position) * 10**9 if position <= last else None


def at(second):
    return datetime.fromtimestamp(second, UTC)


def released(position, journal="j"):
    return Released(journal=journal, position=position, link=b"")


@pytest.mark.parametrize(
    ("let_go", "upto", "waiting", "since"),
    [
        (None, 0, 5, 3),
        (released(6, "other"), 0, 5, 3),
        (released(2), 2, 5, 3),
        (released(3), 3, 4, 4),
        (released(6), 6, 1, 7),
        (released(7), 7, 0, None),
        (released(9), 7, 0, None),
    ],
)
def test_what_no_anchor_covers_yet_is_counted(let_go, upto, waiting, since):
    assert kept(Held(), let_go) == Kept(
        entries=5,
        since=at(3),
        released=upto,
        open=waiting,
        open_since=None if since is None else at(since),
    )


def test_an_empty_journal_keeps_nothing():
    found = kept(Held(0, 0), None)
    assert (found.entries, found.since, found.open, found.open_since) == (0, None, 0, None)
