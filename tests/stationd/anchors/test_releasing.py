"""A journal may drop what an anchor in the archive covers, and nothing else."""

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from stationd.anchors.releasing import releasable, release
from stationd.anchors.service import Anchorage, begin, work
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released, read_released, released_path
from stationd.journal.store import Journal
from stationd.ledger.service import LedgerTree

DAY = timedelta(days=1)


def write(journal: Journal, desk: Desk, count: int) -> None:
    for _ in range(count):
        draft = Draft(
            received_at=desk.clock.now_ns(),
            ticks=desk.clock.ticks(),
            listener="",
            peer="",
            kind=Kind.CLOCK,
            raw=b"",
            note=b'{"offset_ns":0,"state":"synced","step_ns":0}',
            salt=desk.ids.salt(),
        )
        journal.append([encode_body(draft)])


def positions(path: Path) -> list[int]:
    with sqlite3.connect(path) as connection:
        return [row[0] for row in connection.execute("SELECT position FROM entries ORDER BY 1")]


def test_entries_go_only_behind_an_anchor_that_names_their_position(
    desk: Desk,
    clock: SetClock,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path, desk.ids)
    reader = JournalReader(path)
    write(journal, desk, 5)
    follow(desk, reader, node="node-1", accounts=lambda _group: lambda _number: None)
    assert release(desk, path, reader.id) is None, "taken, but under no checkpoint"
    checkpoint()
    assert release(desk, path, reader.id) is None, "under a checkpoint that nobody stamped"
    begin(desk, tree, anchorage.states)
    assert release(desk, path, reader.id) is None, "begun"
    work(anchorage)
    write(journal, desk, 3)
    released = release(desk, path, reader.id)
    assert released is not None
    assert released.position == 5
    assert release(desk, path, reader.id) is None, "no news"
    told = read_released(released_path(path))
    assert told == released
    assert journal.drop(released, before=clock.now_ns()) == 0, "younger than journal.keep"
    clock.advance(31 * DAY)
    journal.drop(released, before=clock.now_ns() - 30 * DAY // timedelta(microseconds=1) * 1000)
    assert positions(path) == [6, 7, 8]
    journal.close()
    reader.close()


def test_an_anchor_that_is_not_in_the_archive_releases_nothing(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path, desk.ids)
    write(journal, desk, 2)
    reader = JournalReader(path)
    follow(desk, reader, node="node-1", accounts=lambda _group: lambda _number: None)
    checkpoint()
    begin(desk, tree, anchorage.states)
    work(anchorage)
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER anchor_objects_no_delete")
        connection.exec_driver_sql("DELETE FROM anchor_objects WHERE key LIKE '%.tsr'")
    assert release(desk, path, reader.id) is None
    journal.close()
    reader.close()


def test_a_stamp_that_makes_no_point_releases_nothing(
    desk: Desk,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
    tmp_path: Path,
) -> None:
    anchorage.authorities[0].ahead = 3 * DAY  # type: ignore[attr-defined]
    path = tmp_path / "journal.sqlite3"
    journal = Journal.open(path, desk.ids)
    write(journal, desk, 2)
    reader = JournalReader(path)
    follow(desk, reader, node="node-1", accounts=lambda _group: lambda _number: None)
    checkpoint()
    begin(desk, tree, anchorage.states)
    work(anchorage)
    assert release(desk, path, reader.id) is None
    journal.close()
    reader.close()


def test_an_entry_that_names_no_such_journal_releases_nothing() -> None:
    entry = b'{"journals":[{"id":"a","link":"00ff","node":"n","position":7}]}'
    assert releasable(entry, "a") == Released(journal="a", position=7, link=b"\x00\xff")
    assert releasable(entry, "b") is None
    assert releasable(b"{}", "a") is None
