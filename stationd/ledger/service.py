"""Checkpoints: what all chains are at one moment, entered, signed and published.

1. In one transaction: read the journals' positions and the heads of all chains that grew, put
   them into the state tree, insert the entry, move ``published``.  The entry's number is unique,
   which fences a second worker.
2. After the commit: sign the note over the log's head, and store it.

A crash between the two leaves an entry without a note; the next run signs it first.  Ed25519
gives the same bytes again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from archive import checkpoint as points
from archive import merkle
from archive.canonical import JsonValue
from archive.log_keys import LogSigner, read_change
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.ledger import checkpoints, store
from stationd.ledger.model import Head

__all__ = ["LedgerTree", "LogSigner", "checkpoint", "close_epoch", "enter", "publish"]


class LedgerTree:
    """State tree and log tree in memory, as of the newest checkpoint; for one thread."""

    def __init__(self) -> None:
        self.state = merkle.StateTree()
        self.log = merkle.LogTree()
        self.last_entry: bytes | None = None
        self._known = False

    @classmethod
    def load(cls, desk: Desk) -> "LedgerTree":
        """Build both trees from what is published (7 s for a million chains)."""
        tree = cls()
        with desk.database.reading() as connection:
            tree.follow(connection)
        return tree

    def follow(self, connection: Connection) -> None:
        """Catch up with the checkpoints of another worker, if there were any."""
        if self._known and checkpoints.read_count(connection) == self.log.size:
            return
        self._known = True
        self.state = merkle.StateTree()
        self.log = merkle.LogTree()
        for head in checkpoints.read_published(connection):
            self.state.update(head.account_key, head.size, head.head)
        for leaf in checkpoints.read_leaves(connection):
            self.log.append(leaf)
        self.last_entry = checkpoints.read_entry(connection, self.log.size - 1)

    def forget(self) -> None:
        """Let the next `follow` build both trees anew."""
        self.state = merkle.StateTree()
        self.log = merkle.LogTree()
        self.last_entry = None
        self._known = False


def checkpoint(desk: Desk, tree: LedgerTree, *, origin: str, log_key: LogSigner) -> int | None:
    """Make, sign and publish a checkpoint; return its number, or None when nothing has changed."""
    publish(desk, tree, origin=origin, log_key=log_key)
    with desk.database.writing() as connection:
        n = enter(connection, tree, desk.clock.now())
    if n is not None:
        publish(desk, tree, origin=origin, log_key=log_key)
    return n


def close_epoch(  # noqa: PLR0913  (what a closing is made of)
    desk: Desk,
    tree: LedgerTree,
    *,
    acct: str,
    epoch: int,
    fields: Mapping[str, JsonValue],
    origin: str,
    log_key: LogSigner,
    also: Callable[[Connection], None] | None = None,
) -> int:
    """Append the `close` record of an epoch and its checkpoint, in one transaction.

    ``also`` is called in it before it commits.  Raises `MistakeError` where the epoch is closed
    already or is not the newest.  Returns the checkpoint's number.
    """
    publish(desk, tree, origin=origin, log_key=log_key)
    with desk.database.writing() as connection:
        now = desk.clock.now()
        # Journals are locked before heads, as the follower does.
        checkpoints.read_journals(connection)
        store.append_close(connection, acct, epoch, fields=fields, now=now, ids=desk.ids)
        n = enter(connection, tree, now)
        assert n is not None  # noqa: S101  (the chain has just grown)
        # That no next epoch exists is shown in the state of this very checkpoint.
        checkpoints.record_marks(connection, n)
        if also is not None:
            also(connection)
    publish(desk, tree, origin=origin, log_key=log_key)
    return n


def enter(connection: Connection, tree: LedgerTree, now: datetime) -> int | None:
    """Enter what changed into the trees and the database; the caller's transaction commits.

    If that fails after this has returned, the tree's log is one ahead of the database's, and the
    next `LedgerTree.follow` builds it anew.
    """
    tree.follow(connection)
    journals = checkpoints.read_journals(connection)
    heads = checkpoints.read_uncovered(connection)
    if not heads:
        return None
    try:
        return _enter(connection, tree, heads, journals, now)
    except BaseException:
        tree.forget()
        raise


def _enter(
    connection: Connection,
    tree: LedgerTree,
    heads: Sequence[Head],
    journals: Sequence[points.JournalPoint],
    now: datetime,
) -> int:
    for head in heads:
        tree.state.update(head.account_key, head.size, head.head)
    n = tree.log.size
    entry = points.entry(
        accounts=len(tree.state),
        n=n,
        previous=tree.last_entry,
        state_root=tree.state.root(),
        time=now,
        journals=journals,
    )
    leaf = merkle.log_leaf(entry)
    checkpoints.record_checkpoint(connection, n, entry, leaf, now)
    checkpoints.record_published(connection, heads)
    tree.log.append(leaf)
    tree.last_entry = entry
    return n


def publish(desk: Desk, tree: LedgerTree, *, origin: str, log_key: LogSigner) -> None:
    """Sign every checkpoint that has no note yet.

    Raises `UnavailableError` where the log key was changed to another.
    """
    with desk.database.reading() as connection:
        tree.follow(connection)
        unsigned = checkpoints.read_unsigned(connection)
        changes = checkpoints.read_key_changes(connection)
    if changes and read_change(changes[-1].sign_off).after != log_key.public:
        raise UnavailableError(
            f"The log key was changed with checkpoint {changes[-1].n}; start again with the new one"
        )
    if not unsigned:
        return
    notes = [
        (
            n,
            points.note(
                origin=origin,
                size=n + 1,
                root=tree.log.root(n + 1),
                sign=log_key.sign,
                public=log_key.public,
            ),
        )
        for n in unsigned
    ]
    with desk.database.writing() as connection:
        checkpoints.record_notes(connection, notes)
