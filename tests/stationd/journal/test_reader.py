"""Reading a journal while it is written."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stationd.errors import JournalUnavailableError
from stationd.ids import CountedIds
from stationd.journal.model import Entry, Extent, Kind
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released
from stationd.journal.store import Journal


@pytest.fixture
def reader(path: Path) -> Iterator[JournalReader]:
    opened = JournalReader(path)
    yield opened
    opened.close()


def test_a_reader_sees_what_was_committed_while_the_writer_goes_on(
    journal: Journal, reader: JournalReader, body: Callable[[int], bytes]
) -> None:
    journal.append([body(1)])
    assert reader.read(0, 10)[0].raw == b"frame 1"

    (receipt,) = journal.append([body(2)])
    assert reader.read(1, 10) == [
        Entry(
            position=2,
            link=receipt.link,
            received_at=2,
            ticks=2,
            listener="line",
            peer="peer",
            kind=Kind.FRAME,
            raw=b"frame 2",
            note=b"",
            salt=bytes(16),
        )
    ]


def test_no_more_than_asked_for_is_read(
    journal: Journal, reader: JournalReader, body: Callable[[int], bytes]
) -> None:
    journal.append([body(at) for at in range(1, 6)])
    assert [entry.position for entry in reader.read(1, 3)] == [2, 3, 4]


def test_the_extent_is_that_of_what_is_there(
    journal: Journal, reader: JournalReader, body: Callable[[int], bytes]
) -> None:
    assert reader.extent() == Extent(journal=journal.id, first=0, last=0, since=None)
    assert reader.received_at(1) is None
    receipts = journal.append([body(at) for at in range(11, 16)])
    assert reader.extent() == Extent(journal=journal.id, first=1, last=5, since=11)
    journal.drop(Released(journal=journal.id, position=3, link=receipts[2].link), before=99)
    assert reader.extent() == Extent(journal=journal.id, first=4, last=5, since=14)
    assert (reader.received_at(1), reader.received_at(5)) == (14, 15)


def test_the_id_is_the_journals(journal: Journal, reader: JournalReader) -> None:
    assert reader.id == journal.id


@pytest.mark.usefixtures("journal")
def test_a_reader_cannot_write(reader: JournalReader) -> None:
    reader.read(0, 1)
    assert reader._connection is not None
    driver = reader._connection.connection.driver_connection
    assert driver is not None
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        driver.execute("DELETE FROM entries")


def test_a_reader_does_not_hinder_the_writer(
    journal: Journal, reader: JournalReader, body: Callable[[int], bytes]
) -> None:
    journal.append([body(1)])
    reader.read(0, 1)
    assert journal.append([body(2)])[0].position == 2


def test_no_journal_yet_is_said_with_what_helps(reader: JournalReader) -> None:
    with pytest.raises(JournalUnavailableError, match="start stationd"):
        reader.read(0, 1)


def test_a_file_put_in_its_place_is_opened_anew(
    journal: Journal, reader: JournalReader, path: Path
) -> None:
    assert reader.id == journal.id
    journal.close()
    path.unlink()
    other = Journal.open(path, CountedIds(seed=9))
    assert reader.id == other.id
    other.close()


def test_a_file_that_is_no_journal_is_said(path: Path, reader: JournalReader) -> None:
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(JournalUnavailableError, match="could not be read"):
        reader.read(0, 1)


@pytest.mark.usefixtures("journal")
def test_closing_twice_does_no_harm(reader: JournalReader) -> None:
    reader.read(0, 1)
    reader.close()
    reader.close()
    assert reader.read(0, 1) == []
