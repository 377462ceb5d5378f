"""The SQL of checkpoints: heads that grew, entries, notes, and what is published."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.checkpoint import JournalPoint
from stationd.clock import iso, parse_iso
from stationd.db import schema
from stationd.db.engine import Connection, inserting
from stationd.errors import NotFoundError
from stationd.ledger.model import Checkpoint, Head, KeyChangeRow

__all__ = [
    "read_checkpoint",
    "read_count",
    "read_entry",
    "read_journals",
    "read_key_changes",
    "read_leaves",
    "read_newest_note",
    "read_published",
    "read_uncovered",
    "read_unsigned",
    "record_checkpoint",
    "record_key_change",
    "record_marks",
    "record_notes",
    "record_published",
    "uncovered",
]


def read_count(connection: Connection) -> int:
    """Return how many entries the log has."""
    newest = connection.execute(sa.select(sa.func.max(schema.checkpoints.c.n))).scalar_one()
    return 0 if newest is None else int(newest) + 1


def read_entry(connection: Connection, n: int) -> bytes | None:
    """Return entry ``n``, or None where the log does not reach so far."""
    query = sa.select(schema.checkpoints.c.entry).where(schema.checkpoints.c.n == n)
    entry: bytes | None = connection.execute(query).scalar_one_or_none()
    return entry


def read_leaves(connection: Connection) -> Iterable[bytes]:
    """Yield the log's leaves in order."""
    query = sa.select(schema.checkpoints.c.leaf).order_by(schema.checkpoints.c.n)
    yield from connection.execute(query).scalars()


def read_published(connection: Connection) -> Iterable[Head]:
    """Yield what the last checkpoint covered of each chain."""
    for row in connection.execute(sa.select(schema.published)):
        yield Head(
            acct=row.acct,
            epoch=row.epoch,
            account_key=row.account_key,
            size=row.size,
            head=row.head,
            closed=False,
        )


def read_journals(connection: Connection) -> list[JournalPoint]:
    """Return how far each journal has been taken, locked: nobody moves one meanwhile."""
    table = schema.journals
    query = sa.select(table).order_by(table.c.id).with_for_update()
    return [
        JournalPoint(id=row.id, node=row.node, position=row.position, link=row.link)
        for row in connection.execute(query)
    ]


def uncovered() -> sa.Select[Any]:
    """Return the query of the heads that grew since the last checkpoint, which locks them."""
    # As text, so that it is the very condition of the index.
    return (
        sa.select(schema.heads)
        .where(sa.text("NOT covered"))
        .order_by(schema.heads.c.account_key)
        .with_for_update()
    )


def read_uncovered(connection: Connection) -> list[Head]:
    """Return the heads that grew since the last checkpoint, locked."""
    return [
        Head(
            acct=row.acct,
            epoch=row.epoch,
            account_key=row.account_key,
            size=row.size,
            head=row.head,
            closed=row.closed,
        )
        for row in connection.execute(uncovered())
    ]


def record_checkpoint(
    connection: Connection, n: int, entry: bytes, leaf: bytes, now: datetime
) -> None:
    """Insert entry ``n``; the database refuses a second one of that number."""
    connection.execute(
        sa.insert(schema.checkpoints), {"n": n, "entry": entry, "leaf": leaf, "time": iso(now)}
    )


def record_published(connection: Connection, heads: Sequence[Head]) -> None:
    """Note that a checkpoint covers ``heads`` as they are."""
    statement = inserting(connection, schema.published)
    statement = statement.on_conflict_do_update(
        index_elements=["acct", "epoch"],
        set_={
            "size": statement.excluded.size,
            "head": statement.excluded.head,
            "marked": sa.false(),
        },
    )
    connection.execute(
        statement,
        [
            {
                "acct": head.acct,
                "epoch": head.epoch,
                "account_key": head.account_key,
                "size": head.size,
                "head": head.head,
            }
            for head in heads
        ],
    )
    # All of them are locked, so this covers no other.
    connection.execute(sa.update(schema.heads).where(sa.text("NOT covered")).values(covered=True))


def record_marks(connection: Connection, n: int) -> bool:
    """Mark the chains that changed since the mark before, at ``n``; False: ``n`` is not newest.

    What was published must not move meanwhile: whoever makes checkpoints calls this.
    """
    if read_count(connection) != n + 1:
        return False
    published, marks = schema.published, schema.marks
    unmarked = sa.text("NOT marked")
    changed = sa.select(
        published.c.account_key,
        sa.literal(n, sa.BigInteger),
        published.c.acct,
        published.c.epoch,
        published.c.size,
    ).where(unmarked)
    names = ["account_key", "n", "acct", "epoch", "size"]
    connection.execute(sa.insert(marks).from_select(names, changed))
    connection.execute(sa.update(published).where(unmarked).values(marked=True))
    return True


def read_unsigned(connection: Connection) -> list[int]:
    """Return the numbers of the checkpoints that have no note yet, in order."""
    table, notes = schema.checkpoints.c, schema.notes.c
    # Notes are made in order, so what has none lies behind the newest note.
    newest = sa.select(sa.func.coalesce(sa.func.max(notes.n), -1)).scalar_subquery()
    query = sa.select(table.n).where(table.n > newest).order_by(table.n)
    return list(connection.execute(query).scalars())


def record_notes(connection: Connection, notes: Sequence[tuple[int, bytes]]) -> None:
    """Store signed notes; one that is there already stays."""
    connection.execute(
        inserting(connection, schema.notes).on_conflict_do_nothing(),
        [{"n": n, "note": note} for n, note in notes],
    )


def read_key_changes(connection: Connection) -> list[KeyChangeRow]:
    """Return the changes of the log key, the oldest first."""
    table = schema.log_keys
    return [
        KeyChangeRow(n=row.n, sign_off=row.sign_off, epoch=row.epoch, seq=row.seq)
        for row in connection.execute(sa.select(table).order_by(table.c.n))
    ]


def record_key_change(connection: Connection, change: KeyChangeRow, now: datetime) -> None:
    """Insert a change of the log key."""
    values = {
        "n": change.n,
        "sign_off": change.sign_off,
        "epoch": change.epoch,
        "seq": change.seq,
        "changed_at": iso(now),
    }
    connection.execute(sa.insert(schema.log_keys), values)


def read_newest_note(connection: Connection) -> int | None:
    """Return the number of the newest checkpoint that is signed, or None."""
    newest: int | None = connection.execute(sa.select(sa.func.max(schema.notes.c.n))).scalar_one()
    return newest


def read_checkpoint(connection: Connection, n: int) -> Checkpoint:
    """Return checkpoint ``n`` with its note, or raise `NotFoundError`."""
    table, notes = schema.checkpoints, schema.notes
    query = sa.select(table, notes.c.note).join(notes, notes.c.n == table.c.n).where(table.c.n == n)
    row = connection.execute(query).one_or_none()
    if row is None:
        msg = f"the log has no signed checkpoint {n}"
        raise NotFoundError(msg)
    return Checkpoint(n=row.n, entry=row.entry, note=row.note, time=parse_iso(row.time))
