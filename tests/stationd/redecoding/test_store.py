"""Pages of entries, what is known of them, and passes as rows."""

from dataclasses import replace
from typing import Any

import pytest

from stationd.redecoding import store
from stationd.redecoding.model import Run
from tests.stationd.redecoding.conftest import Kept

pytestmark = pytest.mark.both_databases

RUN = Run(id="r", asked="{}", by="anna", began_at="t", cursor=None, counts={})


def test_entries_come_by_pages_in_order(kept: Kept, frames: Any) -> None:
    for number in range(4):
        kept.journal.frame(frames.dc09("1234", f"NBA{number}"))
    kept.take()
    with kept.desk.database.reading() as connection:
        assert store.read_journals(connection) == [kept.journal.id]
        page = store.read_entries_page(connection, kept.journal.id, 1, 2)
        assert [one.position for one in page] == [2, 3]
        found, last = store.read_accounts_page(connection, "4821", (1, 2), 2)
        assert ([one.position for one in found], last) == ([3, 4], (1, 4))
        assert store.read_accounts_page(connection, "4821", (1, 5), 2) == ([], None)


def test_the_starts_of_a_journal_are_found_by_the_nodes_chain(kept: Kept, frames: Any) -> None:
    kept.journal.frame(frames.dc09("1234", "NBA1"))
    kept.journal.start()
    kept.take()
    with kept.desk.database.reading() as connection:
        found = store.read_started(connection, kept.journal.id)
        assert [one.position for one in found] == [1, 3]
        assert store.read_started(connection, "b" * 32) == []


def test_what_is_known_of_an_entry_is_as_its_last_correction_reads_it(
    kept: Kept, frames: Any
) -> None:
    kept.journal.frame(frames.dc09("1234", "NBA5"))
    kept.journal.frame(b"rubbish")
    kept.take()
    kept.own()
    kept.apply()
    with kept.desk.database.reading() as connection:
        known = store.read_known(connection, kept.journal.id, [2, 3])
        parked = store.read_parked(connection, kept.journal.id, [2, 3])
    (signal,), (line,) = known[2], known[3]
    assert (signal.record["class"], signal.reading["class"]) == ("alarm", "medical")
    assert (signal.corrections, signal.marks, signal.part) == (1, "corrected", 1)
    assert (line.acct, line.part, line.corrections) == ("line:ip", 0, 0)
    assert [(one.part, one.reason) for one in parked[3]] == [(0, "undecoded")]


def test_a_pass_is_found_by_what_it_asked_until_it_is_over(kept: Kept) -> None:
    with kept.desk.database.writing() as connection:
        assert store.find_run(connection, "{}") is None
        store.record_run(connection, RUN)
        assert store.find_run(connection, "{}") == RUN
        later = replace(RUN, cursor=("j", 500, 0), counts={"entries": 500})
        store.record_run(connection, later)
        assert store.find_run(connection, "{}") == later
        assert store.find_run(connection, '{"a":1}') is None
        store.record_run(connection, later, ended_at="t")
        assert store.find_run(connection, "{}") is None
