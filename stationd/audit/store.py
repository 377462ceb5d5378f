"""SQL of the audit: rows to be hashed again, how far it is, and what it found."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.audit.model import ChainState, Cursor, Fault, Mismatch, Row
from stationd.clock import iso, parse_iso
from stationd.db import schema
from stationd.db.engine import Connection, inserting
from stationd.errors import NotFoundError

__all__ = [
    "find_fault",
    "read_chain",
    "read_chain_count",
    "read_cursor",
    "read_entries",
    "read_lost_chains",
    "read_marks",
    "read_mismatch",
    "read_mismatches",
    "read_next_chain",
    "read_notes",
    "read_rows",
    "read_uncovered",
    "read_unheaded",
    "record_cursor",
    "record_mismatch",
    "record_settled",
]

_CURSOR = "running"
_PAGE = 5000


def read_rows(
    connection: Connection, acct: str, epoch: int, after: int, upto: int, count: int
) -> list[Row]:
    """Return up to ``count`` rows of a chain behind ``after``, none beyond ``upto``."""
    table = schema.records.c
    query = (
        sa.select(table.seq, table.t, table.type, table.origin, table.body, table.leaf, table.head)
        .where(table.acct == acct, table.epoch == epoch, table.seq > after, table.seq <= upto)
        .order_by(table.seq)
        .limit(count)
    )
    return [
        Row(
            seq=seq,
            t=t,
            type=kind,
            origin=origin,
            body=None if body is None else _bytes(body),
            leaf=_bytes(leaf),
            head=_bytes(head),
        )
        for seq, t, kind, origin, body, leaf, head in connection.execute(query)
    ]


def _bytes(value: Any) -> bytes:  # noqa: ANN401  (SQLite keeps whatever it is given)
    """Return a column's bytes; somebody may have put text there, which must not stop the audit."""
    return value if isinstance(value, bytes) else str(value).encode()


def _chains() -> sa.Select[Any]:
    heads, published = schema.heads.c, schema.published.c
    return sa.select(
        heads.acct,
        heads.epoch,
        heads.account_key,
        heads.size,
        heads.head,
        published.size.label("published_size"),
        published.head.label("published_head"),
    ).join(
        schema.published,
        sa.and_(published.acct == heads.acct, published.epoch == heads.epoch),
        isouter=True,
    )


def read_chain(connection: Connection, acct: str, epoch: int) -> ChainState | None:
    """Return how far a chain reaches; None: ``heads`` has no such chain."""
    heads = schema.heads.c
    query = _chains().where(heads.acct == acct, heads.epoch == epoch)
    row = connection.execute(query).one_or_none()
    return None if row is None else _chain(row)


def read_next_chain(connection: Connection, acct: str, epoch: int) -> ChainState | None:
    """Return the chain behind (``acct``, ``epoch``) in order; None: that was the last."""
    heads = schema.heads.c
    query = (
        _chains()
        .where(sa.tuple_(heads.acct, heads.epoch) > sa.tuple_(sa.literal(acct), sa.literal(epoch)))
        .order_by(heads.acct, heads.epoch)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _chain(row)


def read_uncovered(connection: Connection) -> list[ChainState]:
    """Return the chains that grew since the last checkpoint."""
    query = _chains().where(sa.text("NOT heads.covered"))
    return [_chain(row) for row in connection.execute(query)]


def read_lost_chains(connection: Connection) -> list[tuple[str, int]]:
    """Return chains that have records or were published, and have no head."""
    found = _unheaded(connection, schema.records) | _unheaded(connection, schema.published)
    return sorted(found)


def read_unheaded(connection: Connection) -> list[tuple[str, int]]:
    """Return chains that were published and have no head, without a look at all records."""
    return sorted(_unheaded(connection, schema.published))


def read_chain_count(connection: Connection) -> int:
    """Return how many chains were published."""
    count: int = connection.execute(
        sa.select(sa.func.count()).select_from(schema.published)
    ).scalar_one()
    return count


def _unheaded(connection: Connection, table: sa.Table) -> set[tuple[str, int]]:
    heads, named = schema.heads.c, table.c
    query = (
        sa.select(named.acct, named.epoch)
        .distinct()
        .where(~sa.exists().where(heads.acct == named.acct, heads.epoch == named.epoch))
    )
    return {(row.acct, row.epoch) for row in connection.execute(query)}


def _chain(row: Any) -> ChainState:  # noqa: ANN401  (a row of _chains)
    return ChainState(
        acct=row.acct,
        epoch=row.epoch,
        key=row.account_key,
        size=row.size,
        head=row.head,
        published_size=row.published_size or 0,
        published_head=row.published_head or b"",
    )


def read_entries(connection: Connection) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield number, bytes and leaf of every entry of the log, in order."""
    table, after = schema.checkpoints.c, -1
    while True:
        query = (
            sa.select(table.n, table.entry, table.leaf)
            .where(table.n > after)
            .order_by(table.n)
            .limit(_PAGE)
        )
        page = connection.execute(query).all()
        yield from ((row.n, _bytes(row.entry), _bytes(row.leaf)) for row in page)
        if len(page) < _PAGE:
            return
        after = page[-1].n


def read_notes(connection: Connection) -> dict[int, bytes]:
    """Return the notes that others have stamped, and the newest, by number."""
    notes, stamps = schema.notes.c, schema.stamps.c
    newest = sa.select(sa.func.max(notes.n)).scalar_subquery()
    query = sa.select(notes.n, notes.note).where(
        sa.or_(notes.n == newest, notes.n.in_(sa.select(stamps.n)))
    )
    found = {row.n: _bytes(row.note) for row in connection.execute(query)}
    # What was stamped is what counts, whatever the notes say now.
    anchors = schema.anchors.c
    query = sa.select(anchors.n, anchors.note).where(anchors.n.in_(sa.select(stamps.n)))
    return found | {row.n: _bytes(row.note) for row in connection.execute(query)}


def read_marks(connection: Connection) -> Iterator[tuple[int, bytes, int, bytes | None]]:
    """Yield every mark with the head its chain had then: (n, key, size, head), by n.

    The head is None where the record is not there.
    """
    marks, records = schema.marks.c, schema.records.c
    query = (
        sa.select(marks.n, marks.account_key, marks.size, records.head)
        .join(
            schema.records,
            sa.and_(
                records.acct == marks.acct,
                records.epoch == marks.epoch,
                records.seq == marks.size,
            ),
            isouter=True,
        )
        .order_by(marks.n)
    )
    for row in connection.execute(query):
        yield row.n, row.account_key, row.size, None if row.head is None else _bytes(row.head)


# --- How far, and what was found ---


def read_cursor(connection: Connection) -> Cursor:
    """Return how far the running audit is."""
    table = schema.audit_cursor
    row = connection.execute(sa.select(table).where(table.c.name == _CURSOR)).one_or_none()
    if row is None:
        return Cursor()
    return Cursor(
        acct=row.acct,
        epoch=row.epoch,
        seq=row.seq,
        passes=row.passes,
        passed_at=None if row.passed_at is None else parse_iso(row.passed_at),
    )


def record_cursor(connection: Connection, cursor: Cursor) -> None:
    """Note how far the running audit is."""
    values = {
        "acct": cursor.acct,
        "epoch": cursor.epoch,
        "seq": cursor.seq,
        "passes": cursor.passes,
        "passed_at": None if cursor.passed_at is None else iso(cursor.passed_at),
    }
    statement = inserting(connection, schema.audit_cursor).values(name=_CURSOR, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def find_fault(connection: Connection, fault: Fault) -> bool:
    """Tell whether a fault is known already, settled or not."""
    table = schema.mismatches.c
    query = sa.select(table.id).where(
        table.acct == fault.acct,
        table.epoch == fault.epoch,
        table.seq == fault.seq,
        table.what == fault.what,
    )
    return connection.execute(query).first() is not None


def record_mismatch(connection: Connection, id_: str, fault: Fault, now: datetime) -> None:
    """Note a fault."""
    connection.execute(
        sa.insert(schema.mismatches).values(
            id=id_,
            acct=fault.acct,
            epoch=fault.epoch,
            seq=fault.seq,
            what=fault.what,
            text=fault.text,
            found_at=iso(now),
        )
    )


def read_mismatch(connection: Connection, id_: str) -> Mismatch:
    """Return a mismatch, or raise `NotFoundError`."""
    table = schema.mismatches
    row = connection.execute(sa.select(table).where(table.c.id == id_)).one_or_none()
    if row is None:
        raise NotFoundError(f"The audit has found no mismatch {id_}.")
    return _mismatch(row)


def read_mismatches(
    connection: Connection, *, acct: str | None = None, settled: bool = False
) -> list[Mismatch]:
    """Return mismatches by when they were found; of ``acct`` and of the whole ledger, if given.

    Without ``settled`` only those that nobody has answered for.
    """
    table = schema.mismatches
    query = sa.select(table).order_by(table.c.found_at, table.c.acct, table.c.seq, table.c.id)
    if acct is not None:
        query = query.where(table.c.acct.in_([acct, ""]))
    if not settled:
        query = query.where(table.c.settled_at.is_(None))
    return [_mismatch(row) for row in connection.execute(query)]


def record_settled(connection: Connection, id_: str, by: str, now: datetime) -> None:
    """Note that somebody has answered for a mismatch."""
    table = schema.mismatches
    connection.execute(
        sa.update(table).where(table.c.id == id_).values(settled_at=iso(now), settled_by=by)
    )


def _mismatch(row: Any) -> Mismatch:  # noqa: ANN401  (a row of mismatches)
    return Mismatch(
        id=row.id,
        fault=Fault(row.acct, row.epoch, row.seq, row.what, row.text),
        found_at=parse_iso(row.found_at),
        settled_at=None if row.settled_at is None else parse_iso(row.settled_at),
        settled_by=row.settled_by,
    )
