"""Checkpoints: entered with what they cover, signed after, never lost between the two."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from archive import checkpoint as points
from archive import merkle
from archive.canonical import JsonValue
from archive.ceremony import Ceremony
from archive.seal import LogKey
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.ledger import checkpoints, service, store
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree

ORIGIN = "log.example.com/station-1"


@pytest.fixture
def log_key(keys: Ceremony) -> LogKey:
    return LogKey.load(keys.log_key)


def append(desk: Desk, acct: str = "4821", **fields: JsonValue) -> None:
    with desk.database.writing() as connection:
        store.append(
            connection,
            [RecordDraft(acct, "signal", "machine", fields)],
            station=desk.station,
            now=desk.clock.now(),
            ids=desk.ids,
        )


def entries(desk: Desk) -> list[bytes]:
    with desk.database.reading() as connection:
        query = sa.select(schema.checkpoints.c.entry).order_by(schema.checkpoints.c.n)
        return list(connection.execute(query).scalars())


def notes(desk: Desk) -> list[bytes]:
    with desk.database.reading() as connection:
        query = sa.select(schema.notes.c.note).order_by(schema.notes.c.n)
        return list(connection.execute(query).scalars())


def state_root(desk: Desk) -> str:
    """Return the root over all heads, made anew."""
    tree = merkle.StateTree()
    with desk.database.reading() as connection:
        for row in connection.execute(sa.select(schema.heads)):
            tree.update(row.account_key, row.size, row.head)
    return tree.root().hex()


def close(
    desk: Desk,
    tree: LedgerTree,
    log_key: LogKey,
    epoch: int = 1,
    also: Callable[[Connection], None] | None = None,
) -> int:
    return service.close_epoch(
        desk,
        tree,
        acct="4821",
        epoch=epoch,
        fields={"case": "c1"},
        origin=ORIGIN,
        log_key=log_key,
        also=also,
    )


def test_a_checkpoint_enters_the_root_over_all_chains(desk: Desk, log_key: LogKey) -> None:
    append(desk)
    append(desk, "line:com1")
    tree = LedgerTree.load(desk)
    assert service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key) == 0
    (entry,) = map(json.loads, entries(desk))
    assert entry["accounts"] == 2
    assert entry["state_root"] == state_root(desk)
    assert entry["time"] == iso(desk.clock.now())


def test_each_checkpoint_names_the_one_before_and_is_under_a_signed_note(
    desk: Desk, log_key: LogKey
) -> None:
    tree = LedgerTree.load(desk)
    for number in range(5):
        append(desk, n=number)
        service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    log = merkle.LogTree()
    for entry, note in zip(entries(desk), notes(desk), strict=True):
        log.append(merkle.log_leaf(entry))
        found = points.read_note(note, ORIGIN, log_key.public)
        assert (found.size, found.root) == (log.size, log.root())
    before = merkle.sha256(entries(desk)[3]).hexdigest()
    assert json.loads(entries(desk)[4])["prev"] == before


def test_without_new_records_there_is_no_checkpoint(desk: Desk, log_key: LogKey) -> None:
    append(desk)
    tree = LedgerTree.load(desk)
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    assert service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key) is None


def test_a_checkpoint_names_how_far_each_journal_was_taken(desk: Desk, log_key: LogKey) -> None:
    append(desk)
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(schema.journals),
            {"id": "b" * 32, "node": "n1", "position": 9, "link": bytes(32), "taken_at": "t"},
        )
    service.checkpoint(desk, LedgerTree.load(desk), origin=ORIGIN, log_key=log_key)
    assert json.loads(entries(desk)[0])["journals"] == [
        {"id": "b" * 32, "link": "00" * 32, "node": "n1", "position": 9}
    ]


class Interrupted:
    """A key in the moment the process is killed."""

    public = bytes(32)

    def sign(self, text: bytes) -> bytes:
        raise KeyboardInterrupt


def test_a_checkpoint_that_was_not_signed_is_signed_by_the_next_run(
    desk: Desk, log_key: LogKey
) -> None:
    append(desk)
    tree = LedgerTree.load(desk)
    with pytest.raises(KeyboardInterrupt):
        service.checkpoint(desk, tree, origin=ORIGIN, log_key=Interrupted())
    assert (len(entries(desk)), notes(desk)) == (1, [])

    tree = LedgerTree.load(desk)
    assert service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key) is None
    found = points.read_note(notes(desk)[0], ORIGIN, log_key.public)
    assert found.root == merkle.log_leaf(entries(desk)[0])


@pytest.mark.both_databases
def test_a_tree_follows_the_checkpoints_of_another_worker(desk: Desk, log_key: LogKey) -> None:
    mine, other = LedgerTree.load(desk), LedgerTree.load(desk)
    append(desk, n=1)
    service.checkpoint(desk, other, origin=ORIGIN, log_key=log_key)
    append(desk, "9", n=2)
    assert service.checkpoint(desk, mine, origin=ORIGIN, log_key=log_key) == 1
    assert json.loads(entries(desk)[1])["state_root"] == state_root(desk)


def test_what_was_not_committed_is_not_in_the_tree(desk: Desk, log_key: LogKey) -> None:
    tree = LedgerTree.load(desk)
    append(desk)
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)

    def fail(_: Connection) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        close(desk, tree, log_key, also=fail)
    append(desk, "9")
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    assert [json.loads(entry)["accounts"] for entry in entries(desk)] == [1, 2]
    assert json.loads(entries(desk)[1])["state_root"] == state_root(desk)


@pytest.mark.both_databases
def test_a_checkpoint_whose_commit_fails_leaves_the_tree_as_the_database_is(
    desk: Desk, log_key: LogKey
) -> None:
    def fail(connection: Connection) -> None:
        if checkpoints.read_count(connection) == 1:
            raise RuntimeError

    tree = LedgerTree.load(desk)
    append(desk)
    sa.event.listen(desk.database.engine, "commit", fail)
    with pytest.raises(RuntimeError):
        service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    sa.event.remove(desk.database.engine, "commit", fail)
    assert entries(desk) == []
    assert service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key) == 0
    assert json.loads(entries(desk)[0])["state_root"] == state_root(desk)


def test_a_close_that_fails_half_way_leaves_no_trace_in_the_tree(
    desk: Desk, log_key: LogKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    tree = LedgerTree.load(desk)
    append(desk)
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    monkeypatch.setattr(checkpoints, "record_published", fail)
    with pytest.raises(RuntimeError):
        close(desk, tree, log_key)
    monkeypatch.undo()
    append(desk, "9")
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    assert json.loads(entries(desk)[1])["state_root"] == state_root(desk)


@pytest.mark.both_databases
def test_close_and_its_checkpoint_are_one_transaction(desk: Desk, log_key: LogKey) -> None:
    append(desk)
    tree = LedgerTree.load(desk)
    seen: list[tuple[int, bool]] = []

    def look(connection: Connection) -> None:
        head = store.read_head(connection, "4821", 1)
        seen.append((checkpoints.read_count(connection), head.closed))

    n = close(desk, tree, log_key, also=look)
    assert (n, seen) == (0, [(1, True)])
    with desk.database.reading() as connection:
        last = json.loads(store.read_records(connection, "4821", 1, 3, 9)[0])
    assert (last["type"], last["case"]) == ("close", "c1")
    assert json.loads(entries(desk)[0])["state_root"] == state_root(desk)
    assert len(notes(desk)) == 1


def test_without_anything_else_to_do_an_epoch_is_closed_all_the_same(
    desk: Desk, log_key: LogKey
) -> None:
    append(desk)
    assert close(desk, LedgerTree.load(desk), log_key) == 0


def test_an_epoch_is_closed_once(desk: Desk, log_key: LogKey) -> None:
    append(desk)
    tree = LedgerTree.load(desk)
    close(desk, tree, log_key)
    with pytest.raises(MistakeError, match="closed"):
        close(desk, tree, log_key)
    assert len(entries(desk)) == 1


def test_a_signal_after_close_is_in_the_next_checkpoint_only(
    desk: Desk, log_key: LogKey, clock: SetClock
) -> None:
    append(desk)
    tree = LedgerTree.load(desk)
    close(desk, tree, log_key)
    clock.advance(timedelta(seconds=1))
    append(desk)
    service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
    assert [json.loads(entry)["accounts"] for entry in entries(desk)] == [1, 2]
