"""The journal on a real disk: what it promises, and what it says when it cannot."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationd.errors import JournalBrokenError, JournalUnavailableError
from stationd.ids import CountedIds
from stationd.journal import schema, store
from stationd.journal.chain import first_link, links
from stationd.journal.released import Released
from stationd.journal.store import Journal

Body = Callable[[int], bytes]


@pytest.fixture
def other(path: Path, journal: Journal) -> Iterator[sqlite3.Connection]:
    """Return another program's connection to the journal's file."""
    assert path.samefile(journal._path)
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_a_receipt_is_given_for_each_entry_in_order(journal: Journal, body: Body) -> None:
    bodies = [body(at) for at in range(3)]
    receipts = journal.append(bodies)
    made = list(links(first_link(journal.id.encode()), 1, bodies))
    assert [(receipt.position, receipt.link) for receipt in receipts] == list(
        zip([1, 2, 3], made, strict=True)
    )
    assert (journal.position, journal.link) == (3, made[-1])


def test_nothing_gives_no_receipts(journal: Journal) -> None:
    assert journal.append([]) == []


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(min_value=1, max_value=1100), max_size=3))
def test_any_number_of_entries_is_one_batch(
    journal: Journal, path: Path, body: Body, sizes: list[int]
) -> None:
    for size in sizes:
        before = journal.position
        receipts = journal.append([body(1)] * size)
        assert [r.position for r in receipts] == list(range(before + 1, before + size + 1))
    stored = sqlite3.connect(path)
    assert stored.execute("SELECT count(*) FROM entries").fetchone() == (journal.position,)
    stored.close()


def test_a_journal_goes_on_where_it_ended(journal: Journal, path: Path, body: Body) -> None:
    journal.append([body(1), body(2)])
    journal.close()
    again = Journal.open(path, CountedIds(seed=5))
    assert (again.id, again.position, again.link) == (journal.id, 2, journal.link)
    assert again.append([body(3)])[0].position == 3
    again.close()


@pytest.mark.parametrize(("count", "found"), [(2, [2, 3]), (9, [1, 2, 3]), (0, [])])
def test_the_last_entries_can_be_read_back(
    journal: Journal, body: Body, count: int, found: list[int]
) -> None:
    journal.append([body(at) for at in range(3)])
    assert [entry.position for entry in journal.recent(count)] == found


@pytest.mark.usefixtures("syncing")
def test_commits_are_synced_to_the_disk(journal: Journal) -> None:
    assert journal._connection is not None
    driver = journal._connection.connection.driver_connection
    assert driver is not None
    assert driver.execute("PRAGMA synchronous").fetchone() == (2,)
    assert driver.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.usefixtures("journal")
def test_one_stationd_has_a_journal(path: Path) -> None:
    with pytest.raises(JournalUnavailableError, match="in use by another stationd"):
        Journal.open(path, CountedIds())


def test_a_closed_journal_is_free_and_closing_twice_does_no_harm(
    journal: Journal, path: Path
) -> None:
    journal.close()
    journal.close()
    Journal.open(path, CountedIds()).close()


def test_a_folder_that_is_away_is_said_with_what_helps(tmp_path: Path) -> None:
    with pytest.raises(JournalUnavailableError, match="mount its folder"):
        Journal.open(tmp_path / "away" / "journal", CountedIds())


def test_another_programs_file_is_left_alone(path: Path) -> None:
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE theirs (x)")
    foreign.close()
    with pytest.raises(JournalBrokenError, match="no journal"):
        Journal.open(path, CountedIds())


def test_a_file_that_is_no_database_is_said(path: Path) -> None:
    path.write_bytes(b"a text, and no database" * 50)
    with pytest.raises(JournalUnavailableError, match=r"name another in journal\.path"):
        Journal.open(path, CountedIds())


def test_a_newer_layout_is_refused(journal: Journal, other: sqlite3.Connection, path: Path) -> None:
    journal.close()
    other.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalUnavailableError, match="install the newer stationd"):
        Journal.open(path, CountedIds())


def test_older_layouts_are_brought_up_to_date(
    path: Path, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Journal.open(path, CountedIds())
    old.append([body(1)])
    old.close()
    later = (*schema.MIGRATIONS, ("ALTER TABLE about ADD COLUMN later TEXT",))
    monkeypatch.setattr(store, "MIGRATIONS", later)

    new = Journal.open(path, CountedIds())

    assert (new.id, new.position) == (old.id, 1)
    assert new.append([body(2)])[0].position == 2
    new.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE entries SET body = x'00' WHERE position = 2", id="body changed"),
        pytest.param("UPDATE entries SET link = x'00' WHERE position = 2", id="link changed"),
        pytest.param("DELETE FROM entries WHERE position = 2", id="entry taken out"),
        pytest.param("DELETE FROM entries WHERE position = 1", id="first taken out"),
    ],
)
def test_a_changed_journal_is_refused_on_opening(
    journal: Journal, other: sqlite3.Connection, path: Path, body: Body, change: str
) -> None:
    journal.append([body(at) for at in range(3)])
    journal.close()
    other.execute(change)
    with pytest.raises(JournalBrokenError, match="does not continue at entry"):
        Journal.open(path, CountedIds())


def test_only_the_last_entries_are_checked_on_opening(
    journal: Journal,
    other: sqlite3.Connection,
    path: Path,
    body: Body,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "CHECKED_AT_START", 2)
    journal.append([body(at) for at in range(5)])
    journal.close()
    other.execute("UPDATE entries SET body = x'00' WHERE position = 3")
    Journal.open(path, CountedIds()).close()
    other.execute("UPDATE entries SET body = x'00' WHERE position = 4")
    with pytest.raises(JournalBrokenError, match="at entry 4"):
        Journal.open(path, CountedIds())


def test_the_entry_before_the_last_ones_must_be_there(
    journal: Journal,
    other: sqlite3.Connection,
    path: Path,
    body: Body,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "CHECKED_AT_START", 2)
    journal.append([body(at) for at in range(5)])
    journal.close()
    other.execute("DELETE FROM entries WHERE position = 3")
    with pytest.raises(JournalBrokenError, match="at entry 4"):
        Journal.open(path, CountedIds())


def test_a_journal_locked_by_another_program_takes_nothing_until_it_is_free(
    journal: Journal, other: sqlite3.Connection, body: Body
) -> None:
    journal.append([body(1)])
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailableError, match="end the program that has it open"):
        journal.append([body(2)])
    other.execute("ROLLBACK")
    assert journal.append([body(2)])[0].position == 2


def test_a_full_disk_takes_nothing_until_there_is_room(journal: Journal, body: Body) -> None:
    assert journal._connection is not None
    journal._connection.exec_driver_sql("PRAGMA max_page_count = 4")
    journal._connection.rollback()
    with pytest.raises(JournalUnavailableError, match="make room on its disk"):
        journal.append([body(1)] * 500)
    assert journal.append([body(1)] * 500)[-1].position == 500


def test_a_file_moved_away_takes_nothing_until_it_is_back(
    journal: Journal, path: Path, body: Body
) -> None:
    journal.append([body(1)])
    moved = path.rename(path.with_name("moved"))
    with pytest.raises(JournalUnavailableError, match="put it back"):
        journal.append([body(2)])
    with pytest.raises(JournalUnavailableError):
        journal.append([body(2)])
    moved.rename(path)
    # The first try was committed, though nobody could rely on it; it keeps its place.
    assert journal.append([body(2)])[0].position == 3


def test_a_log_that_was_removed_is_missed_and_nothing_in_it_is_lost(
    journal: Journal, path: Path, body: Body
) -> None:
    journal.append([body(1)])
    path.with_name(f"{path.name}-wal").unlink()
    with pytest.raises(JournalUnavailableError, match="its log was moved, removed"):
        journal.append([body(2)])
    assert journal.append([body(3)])[0].position == 3


def test_a_file_replaced_while_open_takes_nothing(journal: Journal, path: Path, body: Body) -> None:
    journal.append([body(1)])
    path.rename(path.with_name("moved"))
    path.write_bytes(b"")
    with pytest.raises(JournalUnavailableError, match="moved, removed or replaced"):
        journal.append([body(2)])


def test_what_changed_during_an_outage_is_not_continued(
    journal: Journal, other: sqlite3.Connection, body: Body
) -> None:
    journal.append([body(1), body(2)])
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalUnavailableError):
        journal.append([body(3)])
    other.execute("DELETE FROM entries WHERE position = 2")
    other.execute("COMMIT")
    with pytest.raises(JournalBrokenError, match="at entry 3"):
        journal.append([body(3)])
    with pytest.raises(JournalBrokenError, match="at entry 3"):
        journal.append([body(3)])


def test_an_outage_before_the_first_entry_ends_as_well(
    journal: Journal, other: sqlite3.Connection, body: Body
) -> None:
    other.execute("BEGIN IMMEDIATE")
    released = Released(journal=journal.id, position=1, link=b"")
    with pytest.raises(JournalUnavailableError):
        journal.drop(released, before=1)
    other.execute("ROLLBACK")
    assert journal.append([body(1)])[0].position == 1


def test_a_closed_journal_takes_nothing(journal: Journal, body: Body) -> None:
    journal.close()
    with pytest.raises(JournalUnavailableError, match="it is closed"):
        journal.append([body(1)])
    with pytest.raises(JournalUnavailableError, match="it is closed"):
        journal._open_connection()


class TestDropping:
    """What the worker has released may go, in small slices."""

    def released(self, journal: Journal, position: int) -> Released:
        assert journal._connection is not None
        found = journal._connection.exec_driver_sql(
            "SELECT link FROM entries WHERE position = ?", (position,)
        ).scalar_one()
        journal._connection.rollback()
        return Released(journal=journal.id, position=position, link=found)

    def test_released_entries_that_are_old_enough_go(
        self, journal: Journal, path: Path, body: Body
    ) -> None:
        journal.append([body(at) for at in range(1, 11)])
        assert journal.drop(self.released(journal, 8), before=1) == 0
        assert journal.drop(self.released(journal, 8), before=6) == 5
        journal.close()
        again = Journal.open(path, CountedIds())
        assert again.append([body(11)])[0].position == 11
        again.close()

    def test_they_go_in_slices(
        self, journal: Journal, body: Body, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(store, "SLICE", 4)
        journal.append([body(at) for at in range(1, 11)])
        released = self.released(journal, 9)
        assert [journal.drop(released, before=99) for _ in range(4)] == [4, 4, 1, 0]

    def test_the_last_entry_stays(self, journal: Journal, body: Body) -> None:
        journal.append([body(1), body(2)])
        assert journal.drop(self.released(journal, 2), before=99) == 1
        assert journal.position == 2

    def test_a_drop_that_is_cut_short_leaves_the_file_as_it_was(
        self, journal: Journal, path: Path, body: Body, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        journal.append([body(at) for at in range(1, 6)])
        released = self.released(journal, 4)

        def cut(*_: object) -> None:
            raise KeyboardInterrupt

        # What comes after the entries are gone: how far they are.
        with monkeypatch.context() as patched:
            patched.setattr(store, "about", type("About", (), {"update": cut}))
            with pytest.raises(KeyboardInterrupt):
                journal.drop(released, before=99)
        journal.close()
        again = Journal.open(path, CountedIds())
        assert [entry.position for entry in again.recent(9)] == [1, 2, 3, 4, 5]
        assert again.drop(released, before=99) == 4
        again.close()

    def test_a_full_journal_of_what_no_anchor_covers_drops_nothing_and_says_so(
        self, journal: Journal, body: Body
    ) -> None:
        journal.append([body(at) for at in range(1, 201)])
        assert journal._connection is not None
        (pages,) = journal._connection.exec_driver_sql("PRAGMA page_count").one()
        journal._connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
        journal._connection.rollback()
        released = self.released(journal, 150)
        full = [body(at) for at in range(201, 1201)]
        with pytest.raises(JournalUnavailableError, match="what no anchor covers is not dropped"):
            journal.append(full)
        nothing = Released(journal=journal.id, position=0, link=bytes(32))
        assert journal.drop(nothing, before=9999) == 0
        assert len(journal.recent(999)) == 200
        assert journal.drop(released, before=9999) == 150

    def test_another_journals_release_drops_nothing(self, journal: Journal, body: Body) -> None:
        journal.append([body(1), body(2)])
        released = Released(journal="other", position=1, link=self.released(journal, 1).link)
        assert journal.drop(released, before=99) == 0

    def test_a_release_whose_link_is_not_ours_drops_nothing(
        self, journal: Journal, body: Body
    ) -> None:
        journal.append([body(1), body(2)])
        released = Released(journal=journal.id, position=1, link=bytes(32))
        assert journal.drop(released, before=99) == 0


def test_after_a_fault_nobody_foresaw_the_file_is_read_again_before_it_is_used(
    journal: Journal, body: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.append([body(1)])

    def fail(*_: object) -> None:
        raise RuntimeError("a fault of ours")

    with monkeypatch.context() as patched:
        # The commit has taken place by then.
        patched.setattr(journal, "_same_file", fail)
        with pytest.raises(RuntimeError):
            journal.append([body(2)])
    (receipt,) = journal.append([body(3)])
    assert receipt.position == 3
