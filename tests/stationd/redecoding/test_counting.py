"""What a pass found is counted, in bounded memory."""

from typing import Any

import pytest

from stationd.ledger.model import RecordDraft
from stationd.redecoding import counting
from stationd.redecoding.counting import Counting
from stationd.redecoding.model import Known
from stationd.redecoding.plan import Addition, Correction, Plan
from stationd.redecoding.reading import Read
from stationd.redecoding.service import Page
from tests.stationd.redecoding.test_reading import entry

READ = Read(journal="j", entry=entry(b"x"), pieces=())


def correction(acct: str = "1", seq: int = 5, **reading: Any) -> Correction:
    known = Known(
        acct=acct,
        epoch=1,
        seq=seq,
        part=1,
        record={"entry": {}},
        reading={"class": "alarm", "code": "BA"},
    )
    before = {"class": "alarm", "zone": "5", "table": "t"}
    return Correction(known=known, reading=reading, before=before, entry={}, options=None)


def test_changes_of_one_kind_are_counted_together_with_a_few_examples() -> None:
    seen = Counting()
    for seq in range(5):
        one = correction(seq=seq, **{"class": "test", "code": "BA"})
        seen.add(READ, Plan(signals=1, corrections=[one]))
    report = seen.report
    ((words, change),) = report.changes.items()
    assert words == ("alarm BA", "test BA (also zone)")
    assert (change.count, change.examples) == (5, [("1", 1, 0), ("1", 1, 1), ("1", 1, 2)])
    assert report.counts == {"signals": 5, "settled": 0, "corrected": 5}
    assert report.accounts == {"1": 5}


def test_a_withdrawn_event_and_a_new_record_are_told_apart() -> None:
    draft = RecordDraft("2", "signal", "machine", {"class": "alarm", "code": "FA"})
    seen = Counting()
    seen.add(
        READ,
        Plan(
            signals=1,
            corrections=[correction()],
            additions=[Addition(draft=draft, marks=())],
            settled=[("j", 7, 0)],
        ),
    )
    assert list(seen.report.changes) == [("alarm BA", "no event at all"), ("", "alarm FA")]
    assert seen.report.changes["", "alarm FA"].examples == [("2", 0, 7)]
    assert seen.report.counts == {"signals": 1, "settled": 1, "withdrawn": 1, "added": 1}


def test_what_cannot_be_read_now_is_counted_by_its_reason() -> None:
    seen = Counting()
    for _ in range(2):
        seen.add(READ, Plan(signals=3, why="no key"))
    assert seen.report.unreadable == {"no key": 2}
    assert seen.report.counts["unreadable"] == 6


def test_counts_of_a_pass_that_was_cut_short_are_counted_on() -> None:
    seen = Counting({"entries": 10})
    seen.pass_over(Page(reads=(), entries=5, purged=1, after=("j", 5, 0)))
    assert seen.report.counts == {"entries": 15, "purged": 1}


def test_memory_is_bounded_and_what_is_beyond_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_MOST_CHANGES", "_MOST_ACCOUNTS", "_MOST_REASONS"):
        monkeypatch.setattr(counting, name, 2)
    seen = Counting()
    for number in range(5):
        one = correction(acct=str(number), code=str(number))
        seen.add(READ, Plan(corrections=[one], signals=1, why=f"reason {number}"))
    report = seen.report
    assert (len(report.changes), report.more_changes) == (2, 3)
    assert (len(report.accounts), report.more_accounts) == (2, 3)
    assert len(report.unreadable) == 2
