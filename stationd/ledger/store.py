"""The ledger's SQL: chains grow, and nothing else happens to them.

A writing transaction holds the one write lock from its start.  Whoever appends locks the heads of
all chains it needs besides, sorted by ``account_key``: a second wall, where there are row locks.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from operator import attrgetter
from typing import Any

import sqlalchemy as sa

from archive import merkle
from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.db import schema
from stationd.db.engine import Connection, execute_rows, inserting, slices
from stationd.errors import LedgerBrokenError, MistakeError, NotFoundError, RefusedError
from stationd.ids import Ids
from stationd.ledger.chain import continued, opening
from stationd.ledger.model import (
    STATION,
    Document,
    Head,
    Origin,
    Record,
    RecordDraft,
    RecordType,
    is_chain,
)

__all__ = [
    "append",
    "append_close",
    "find_record",
    "make_document",
    "open_chain",
    "read_current_head",
    "read_current_heads",
    "read_documents",
    "read_head",
    "read_heads",
    "read_records",
    "read_seq_at",
    "record_documents",
    "store_document",
]

_DOCUMENT = b"stationd:doc:v1\0"

# Numbers bound to one statement stay far below what every database takes.
_SLICE = 1000

_SALT = 16

_HEAD = [
    schema.heads.c[name] for name in ("acct", "epoch", "account_key", "size", "head", "closed")
]
_chain = attrgetter("acct")
_INSERT_RECORDS = sa.insert(schema.records)
_INSERT_DOCUMENTS = sa.insert(schema.documents)
_INSERT_ABOUT = sa.insert(schema.about)
_MOVE_HEAD = (
    sa.update(schema.heads)
    .where(
        schema.heads.c.acct == sa.bindparam("at_acct"),
        schema.heads.c.epoch == sa.bindparam("at_epoch"),
    )
    .values(
        size=sa.bindparam("to_size"),
        head=sa.bindparam("to_head"),
        closed=sa.bindparam("to_closed"),
        covered=sa.false(),
    )
)


def append(
    connection: Connection,
    drafts: Sequence[RecordDraft],
    *,
    station: str,
    now: datetime,
    ids: Ids,
) -> list[Record]:
    """Append ``drafts`` to their chains' current epochs; return their records in the same order.

    A chain that does not exist begins, and one whose epoch is closed goes on in the next, each
    with an `open` record that is not among those returned.
    """
    if not drafts:
        return []
    if any(draft.type == RecordType.CLOSE for draft in drafts):
        msg = "a `close` record is appended by close_epoch, with the checkpoint that covers it"
        raise LedgerBrokenError(msg)
    chains: dict[str, list[RecordDraft]] = {}
    # Chain after chain in the order of their keys, which the database's trees like.
    for draft in sorted(drafts, key=_chain):
        chains.setdefault(draft.acct, []).append(draft)
    heads = _lock(connection, station, chains)
    made = _grow(connection, heads, chains, now=now, ids=ids)
    queues = {acct: iter(records) for acct, records in made.items()}
    return [next(queues[draft.acct]) for draft in drafts]


def open_chain(
    connection: Connection,
    acct: str,
    *,
    fields: Mapping[str, JsonValue],
    station: str,
    now: datetime,
    ids: Ids,
) -> Record:
    """Begin the chain of ``acct`` with an `open` record of ``fields``.

    Raises `MistakeError` where there is one.
    """
    if read_current_head(connection, acct) is not None:
        msg = f"{acct} has a chain already"
        raise MistakeError(msg)
    draft = RecordDraft(acct, RecordType.OPEN, Origin.HUMAN, fields)
    return append(connection, [draft], station=station, now=now, ids=ids)[0]


def append_close(
    connection: Connection,
    acct: str,
    epoch: int,
    *,
    fields: Mapping[str, JsonValue],
    now: datetime,
    ids: Ids,
) -> Record:
    """Append the `close` record of an epoch; only `stationd.ledger.service` calls it.

    Raises `MistakeError` where the epoch is closed already or is not the current one.
    """
    head = read_current_head(connection, acct)
    if head is None or head.epoch != epoch or head.closed:
        state = "has no chain" if head is None else f"stands at epoch {head.epoch}"
        if head is not None and head.closed:
            state += ", closed"
        msg = f"{acct} {state}; epoch {epoch} cannot be closed"
        raise MistakeError(msg)
    draft = RecordDraft(acct, RecordType.CLOSE, Origin.MACHINE, fields)
    return _grow(connection, {acct: head}, {acct: [draft]}, now=now, ids=ids)[acct][0]


def read_current_head(connection: Connection, acct: str) -> Head | None:
    """Return the head of the newest epoch of ``acct``, locked; None: there is no chain."""
    return _newest(connection, [acct]).get(acct)


def read_current_heads(connection: Connection, accts: Sequence[str]) -> dict[str, Head]:
    """Return the heads of the newest epochs of ``accts``, locked in the order of account keys.

    Who appends to more than one chain, and decides by their heads, locks all of them with this.
    """
    return _newest(connection, accts)


def read_head(connection: Connection, acct: str, epoch: int) -> Head:
    """Return the head of one epoch, or raise `NotFoundError`."""
    query = sa.select(*_HEAD).where(schema.heads.c.acct == acct, schema.heads.c.epoch == epoch)
    row = connection.execute(query).one_or_none()
    if row is None:
        msg = f"{acct} has no epoch {epoch} in the ledger"
        raise NotFoundError(msg)
    return _head(row)


def read_heads(connection: Connection, acct: str) -> list[Head]:
    """Return the heads of all epochs of ``acct``, oldest first."""
    query = sa.select(*_HEAD).where(schema.heads.c.acct == acct).order_by(schema.heads.c.epoch)
    return [_head(row) for row in connection.execute(query)]


def read_records(
    connection: Connection, acct: str, epoch: int, first: int, count: int
) -> list[bytes]:
    """Return the exact bytes of up to ``count`` records from ``seq`` ``first`` on.

    Raises `RefusedError` where one of them was purged.
    """
    table = schema.records.c
    query = (
        sa.select(table.body)
        .where(table.acct == acct, table.epoch == epoch, table.seq >= first)
        .order_by(table.seq)
        .limit(count)
    )
    bodies = list(connection.execute(query).scalars())
    if None in bodies:
        msg = (
            f"Record {first + bodies.index(None)} of {acct}, epoch {epoch}, was purged; its hashes "
            f"stay (`retention tombstones {acct}`), and so do bundles made before."
        )
        raise RefusedError(msg)
    return bodies


def read_seq_at(connection: Connection, acct: str, epoch: int, moment: datetime) -> int:
    """Return the number of the first record appended at ``moment`` or later, or one after the last.

    Found by halving: where a clock was set back, a record before it may be as late.
    """
    table = schema.records.c
    low, high = 1, read_head(connection, acct, epoch).size + 1
    while low < high:
        middle = (low + high) // 2
        query = sa.select(table.t).where(
            table.acct == acct, table.epoch == epoch, table.seq == middle
        )
        if connection.execute(query).scalar_one() < iso(moment):
            low = middle + 1
        else:
            high = middle
    return low


def find_record(
    connection: Connection, acct: str, journal: str, position: int, part: int
) -> tuple[int, int, bytes] | None:
    """Return (epoch, seq, bytes) of the record that ``acct`` has of one event, or None."""
    table = schema.records.c
    query = sa.select(table.epoch, table.seq, table.body).where(
        table.journal == journal,
        table.position == position,
        table.part == part,
        table.acct == acct,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.epoch, row.seq, row.body)


def store_document(  # noqa: PLR0913  (a document's columns)
    connection: Connection,
    *,
    content: bytes,
    media_type: str,
    name: str,
    compartment: str,
    now: datetime,
    ids: Ids,
) -> bytes:
    """Store ``content`` under a fresh salt and return the hash that records name it by."""
    made = make_document(
        content=content, media_type=media_type, name=name, compartment=compartment, ids=ids
    )
    record_documents(connection, [made], now=now)
    return made.doc


def make_document(
    *, content: bytes, media_type: str, name: str, compartment: str, ids: Ids
) -> Document:
    """Return a document under a fresh salt; `record_documents` stores it."""
    salt = ids.salt()
    return Document(
        doc=hashlib.sha256(_DOCUMENT + salt + content).digest(),
        salt=salt,
        content=content,
        media_type=media_type,
        name=name,
        compartment=compartment,
    )


def record_documents(connection: Connection, made: Iterable[Document], *, now: datetime) -> None:
    """Store documents, many in one statement."""
    stored_at = iso(now)
    execute_rows(
        connection, _INSERT_DOCUMENTS, [{**asdict(one), "stored_at": stored_at} for one in made]
    )


def read_documents(connection: Connection, docs: Iterable[bytes]) -> list[Document]:
    """Return documents in the order asked for; raise `NotFoundError` for one that is not there."""
    asked = list(docs)
    table = schema.documents.c
    found: dict[bytes, Document] = {}
    for part in slices(asked, _SLICE):
        for row in connection.execute(sa.select(schema.documents).where(table.doc.in_(part))):
            found[row.doc] = Document(
                doc=row.doc,
                salt=row.salt,
                content=row.content,
                media_type=row.media_type,
                name=row.name,
                compartment=row.compartment,
            )
    missing = [doc.hex() for doc in asked if doc not in found]
    if missing:
        msg = f"no document {missing[0]} is stored"
        raise NotFoundError(msg)
    return [found[doc] for doc in asked]


def _lock(connection: Connection, station: str, chains: Iterable[str]) -> dict[str, Head]:
    """Return the open heads of ``chains``, locked; make those that do not exist."""
    names = list(chains)
    while True:
        heads = _newest(connection, names)
        new = [
            (name, head.epoch + 1 if head else 1)
            for name in names
            if (head := heads.get(name)) is None or head.closed
        ]
        if not new:
            return heads
        _make_heads(connection, station, new)


def _newest(connection: Connection, names: Sequence[str]) -> dict[str, Head]:
    """Return the head of the newest epoch of each chain, locked in the order of account keys."""
    heads: dict[str, Head] = {}
    table = schema.heads.c
    for part in slices(names, _SLICE):
        query = (
            sa.select(*_HEAD)
            .where(table.acct.in_(part))
            .order_by(table.account_key)
            .with_for_update()
        )
        for row in connection.execute(query).all():
            head = _head(row)
            known = heads.get(head.acct)
            if known is None or known.epoch < head.epoch:
                heads[head.acct] = head
    return heads


def _make_heads(connection: Connection, station: str, new: Iterable[tuple[str, int]]) -> None:
    """Make empty chains; another transaction may make the same ones."""
    rows: list[dict[str, Any]] = []
    for acct, epoch in new:
        if not is_chain(acct):
            msg = f"{acct!r} cannot name a chain of the ledger"
            raise MistakeError(msg)
        key = merkle.account_key(station, acct, epoch)
        rows.append(
            {
                "acct": acct,
                "epoch": epoch,
                "account_key": key,
                "size": 0,
                "head": merkle.genesis(key),
                "closed": False,
                "covered": False,
            }
        )
    rows.sort(key=lambda row: row["account_key"])
    connection.execute(inserting(connection, schema.heads).on_conflict_do_nothing(), rows)


def _grow(
    connection: Connection,
    heads: Mapping[str, Head],
    chains: Mapping[str, Sequence[RecordDraft]],
    *,
    now: datetime,
    ids: Ids,
) -> dict[str, list[Record]]:
    """Append to locked chains; return the records of the drafts, without those that open."""
    # Room for an `open` record of each chain is drawn too.
    salts = _salts(ids, len(chains) + sum(map(len, chains.values())))
    t = iso(now)
    rows: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    about: list[dict[str, Any]] = []
    made: dict[str, list[Record]] = {}
    for acct, drafts in chains.items():
        head = heads[acct]
        opens = head.size == 0 and drafts[0].type != RecordType.OPEN
        ahead = [opening(head, _before(connection, head))] if opens else []
        records = continued(head, [*ahead, *drafts], t=t, salts=salts)
        made[acct] = records[len(ahead) :]
        if acct == STATION:
            about += _about(made[acct], drafts)
        rows += [_row(r, d) for r, d in zip(records, [*ahead, *drafts], strict=True)]
        moves.append(_move(records[-1]))
    execute_rows(connection, _INSERT_RECORDS, rows)
    execute_rows(connection, _MOVE_HEAD, moves)
    execute_rows(connection, _INSERT_ABOUT, about)
    return made


def _about(records: Sequence[Record], drafts: Sequence[RecordDraft]) -> Iterator[dict[str, Any]]:
    """Yield the index rows of records of the `station` chain that name an account."""
    for record, draft in zip(records, drafts, strict=True):
        of = draft.fields.get("of")
        if isinstance(of, Mapping) and isinstance(of.get("acct"), str):
            yield {"acct": of["acct"], "seq": record.seq}


def _before(connection: Connection, head: Head) -> Head | None:
    return None if head.epoch == 1 else read_head(connection, head.acct, head.epoch - 1)


def _row(record: Record, draft: RecordDraft) -> dict[str, Any]:
    part = None if draft.journal is None else draft.part[0] if draft.part else 0
    return {
        "acct": record.acct,
        "epoch": record.epoch,
        "seq": record.seq,
        "type": record.type,
        "origin": record.origin,
        "t": record.t,
        "body": record.body,
        "leaf": record.leaf,
        "head": record.head,
        "journal": draft.journal,
        "position": draft.position,
        "part": part,
    }


def _move(last: Record) -> dict[str, Any]:
    return {
        "at_acct": last.acct,
        "at_epoch": last.epoch,
        "to_size": last.seq,
        "to_head": last.head,
        "to_closed": last.type == RecordType.CLOSE,
    }


def _head(row: Any) -> Head:  # noqa: ANN401  (a row of _HEAD)
    acct, epoch, account_key, size, head, closed = row
    return Head(
        acct=acct, epoch=epoch, account_key=account_key, size=size, head=head, closed=closed
    )


def _salts(ids: Ids, count: int) -> Iterator[bytes]:
    """Draw all salts at once: a call of the system for each costs more than its bytes."""
    drawn = ids.bytes(count * _SALT)
    for start in range(0, len(drawn), _SALT):
        yield drawn[start : start + _SALT]
