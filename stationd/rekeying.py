"""The change of the log's key to another, signed off by the one before.

It is a record of the station's chain and a checkpoint, in one transaction.  That checkpoint's note
is the last of the key before, and the first that the new one signs too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from archive import checkpoint as points
from archive.canonical import JsonValue
from archive.log_keys import LogSigner, read_changes, sign_off
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.ledger import checkpoints
from stationd.ledger.log_key import check_log_key
from stationd.ledger.model import STATION, KeyChangeRow, Origin, RecordDraft, RecordType
from stationd.ledger.service import LedgerTree, enter, publish
from stationd.ledger.store import append
from stationd.schedule.store import release_lease, take_lease
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["LEASE", "ChangedKey", "change_log_key"]

LEASE = "worker"
"""What whoever makes checkpoints has."""

_LEASE_LENGTH = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ChangedKey:
    """A change of the log key that was recorded, and the checkpoint that covers it."""

    checkpoint: int
    sign_off: bytes


def change_log_key(
    desk: Desk, *, origin: str, before: LogSigner, after: LogSigner, by: Person
) -> ChangedKey:
    """Let ``before`` sign off ``after``, which signs every later note (administrators).

    Whoever makes checkpoints must not run meanwhile.  Called again for the same two keys it
    changes nothing more.
    """
    require(by, Right.RUN_MACHINE)
    if (done := _done(desk, before, after)) is not None:
        return done
    with _alone(desk):
        check_log_key(desk, origin, before.public)
        tree = LedgerTree.load(desk)
        publish(desk, tree, origin=origin, log_key=before)
        with desk.database.writing() as connection:
            return _change(connection, desk, tree, origin, (before, after), by)


def _done(desk: Desk, before: LogSigner, after: LogSigner) -> ChangedKey | None:
    """Return the change from one key to the other, if it was made; refuse a key of before."""
    with desk.database.reading() as connection:
        rows = checkpoints.read_key_changes(connection)
    changes = read_changes(b"".join(row.sign_off for row in rows))
    if changes and (changes[-1].before, changes[-1].after) == (before.public, after.public):
        return ChangedKey(rows[-1].n, rows[-1].sign_off)
    used = {before.public} | {one.before for one in changes} | {one.after for one in changes}
    if after.public in used:
        raise MistakeError("The new log key is one that the log has, or had; make a new one.")
    return None


@contextmanager
def _alone(desk: Desk) -> Iterator[None]:
    holder = f"key change {desk.ids.identifier()}"[:64]
    with desk.database.writing() as connection:
        now = desk.clock.now()
        if not take_lease(connection, LEASE, holder, now=now, length=_LEASE_LENGTH):
            raise MistakeError("A worker makes checkpoints; stop it on every node, and try again.")
    try:
        yield
    finally:
        with desk.database.writing() as connection:
            release_lease(connection, LEASE, holder)


def _change(
    connection: Connection,
    desk: Desk,
    tree: LedgerTree,
    origin: str,
    keys: tuple[LogSigner, LogSigner],
    by: Person,
) -> ChangedKey:
    """Append the record, enter its checkpoint, and sign that with both keys."""
    before, after = keys
    now = desk.clock.now()
    tree.follow(connection)
    size = tree.log.size + 1
    text = sign_off(origin=origin, size=size, before=before, after=after)
    fields: dict[str, JsonValue] = {
        "after": after.public.hex(),
        "before": before.public.hex(),
        "by": by.login,
        "checkpoint": size - 1,
        "kind": "log_key",
        "sign_off": text.decode(),
    }
    # Journals are locked before heads, as the follower does.
    checkpoints.read_journals(connection)
    draft = RecordDraft(STATION, RecordType.CONFIG, Origin.HUMAN, fields)
    (record,) = append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
    n = enter(connection, tree, now)
    assert n == size - 1  # noqa: S101  (the log cannot have grown meanwhile)
    row = KeyChangeRow(n=n, sign_off=text, epoch=record.epoch, seq=record.seq)
    checkpoints.record_key_change(connection, row, now)
    note = points.note(
        origin=origin, size=size, root=tree.log.root(), sign=before.sign, public=before.public
    )
    signed = note.partition(b"\n\n")[0] + b"\n"
    line = points.signature_line(origin, after.public, after.sign(signed))
    # In the same transaction: afterwards the key before may be gone.
    checkpoints.record_notes(connection, [(n, note + line)])
    return ChangedKey(n, text)
