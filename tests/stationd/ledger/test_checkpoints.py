"""The rows of checkpoints."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.desk import Desk
from stationd.errors import NotFoundError
from stationd.ledger import checkpoints, store
from stationd.ledger.model import RecordDraft
from tests.plans import plan

pytestmark = pytest.mark.both_databases


def append(desk: Desk, *accts: str) -> None:
    with desk.database.writing() as connection:
        store.append(
            connection,
            [RecordDraft(acct, "signal", "machine", {}) for acct in accts],
            station=desk.station,
            now=desk.clock.now(),
            ids=desk.ids,
        )


def test_an_empty_log_has_no_entries(desk: Desk) -> None:
    with desk.database.reading() as connection:
        assert checkpoints.read_count(connection) == 0
        assert checkpoints.read_entry(connection, -1) is None
        assert list(checkpoints.read_leaves(connection)) == []
        assert checkpoints.read_newest_note(connection) is None


def test_a_second_checkpoint_of_one_number_is_refused(desk: Desk) -> None:
    with desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), desk.clock.now())
    with pytest.raises(sa.exc.IntegrityError), desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), desk.clock.now())


def test_chains_are_uncovered_from_their_growth_to_the_next_checkpoint(desk: Desk) -> None:
    append(desk, "1", "2")
    with desk.database.writing() as connection:
        checkpoints.record_published(connection, checkpoints.read_uncovered(connection))
    append(desk, "2")
    with desk.database.writing() as connection:
        (grown,) = checkpoints.read_uncovered(connection)
        published = list(checkpoints.read_published(connection))
    assert (grown.acct, grown.size) == ("2", 3)
    assert sorted((head.acct, head.size) for head in published) == [("1", 2), ("2", 2)]


def test_published_moves_with_the_chain(desk: Desk) -> None:
    append(desk, "1")
    with desk.database.writing() as connection:
        (head,) = checkpoints.read_uncovered(connection)
        checkpoints.record_published(connection, [head])
        checkpoints.record_published(connection, [replace(head, size=9, head=b"\x01" * 32)])
        (published,) = checkpoints.read_published(connection)
    assert (published.size, published.head) == (9, b"\x01" * 32)


def test_what_grew_is_found_by_an_index_and_not_by_reading_all_heads(desk: Desk) -> None:
    query = checkpoints.uncovered().compile(desk.database.engine)
    with desk.database.writing() as connection:
        assert "ix_heads_uncovered" in plan(connection, str(query))


def test_a_checkpoint_is_unsigned_until_its_note_is_stored(desk: Desk) -> None:
    with desk.database.writing() as connection:
        for n in range(3):
            checkpoints.record_checkpoint(connection, n, b"{}", bytes(32), desk.clock.now())
        checkpoints.record_notes(connection, [(0, b"note 0"), (1, b"note 1")])
        assert checkpoints.read_unsigned(connection) == [2]
        assert checkpoints.read_newest_note(connection) == 1


def test_a_note_that_is_there_stays(desk: Desk) -> None:
    with desk.database.writing() as connection:
        checkpoints.record_notes(connection, [(0, b"first")])
        checkpoints.record_notes(connection, [(0, b"second")])
        assert connection.execute(sa.select(schema.notes.c.note)).scalar_one() == b"first"


def test_a_signed_checkpoint_is_read_with_its_note(desk: Desk) -> None:
    with desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), desk.clock.now())
        checkpoints.record_notes(connection, [(0, b"note")])
        found = checkpoints.read_checkpoint(connection, 0)
    assert (found.entry, found.note, found.time) == (b"{}", b"note", desk.clock.now())


def test_an_unsigned_checkpoint_is_not_found(desk: Desk) -> None:
    with desk.database.writing() as connection:
        checkpoints.record_checkpoint(connection, 0, b"{}", bytes(32), desk.clock.now())
        with pytest.raises(NotFoundError, match="signed checkpoint 0"):
            checkpoints.read_checkpoint(connection, 0)
