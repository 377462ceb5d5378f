"""SQL that takes bytes out of rows: a batch at a time, within the caller's transaction.

What stays of a record is its place, leaf and head, of an entry its position and link, of a document
its hash.  The caller has decided that they may go; the triggers of `stationd.db.purging` ask again.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso
from stationd.db import schema
from stationd.db.engine import Connection, slices
from stationd.db.purging import PURGED_FACT, PURGED_RESULTS
from stationd.tombstones.model import Cursor, Extent, Taken, Tombstone

__all__ = [
    "has_case_facts",
    "has_records",
    "overwrite",
    "read_extents",
    "read_tombstones",
    "take_cases",
    "take_letters",
    "take_records",
]

_DOC = re.compile(rb'"doc":"([0-9a-f]{64})"')
_SUMMARIES = (schema.silences, schema.runaways)


def overwrite(connection: Connection) -> None:
    """Have what this transaction takes out of rows overwritten with zeros, where that can be.

    That nobody sets or lifts a hold meanwhile is `Database.writing`'s: one transaction writes at a
    time, on either database.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete=ON")


def read_extents(connection: Connection, acct: str) -> list[Extent]:
    """Return the epochs of an account, oldest first."""
    heads, records = schema.heads.c, schema.records.c
    left = sa.exists().where(
        records.acct == heads.acct, records.epoch == heads.epoch, records.body.is_not(None)
    )
    query = (
        sa.select(heads.epoch, heads.size, heads.head, left.label("left"))
        .where(heads.acct == acct, heads.size > 0)
        .order_by(heads.epoch)
    )
    return [
        Extent(epoch=row.epoch, size=row.size, head=row.head, left=bool(row.left))
        for row in connection.execute(query)
    ]


def has_records(connection: Connection, acct: str) -> bool:
    """Tell whether any record of an account has its bytes."""
    records = schema.records.c
    query = sa.select(records.seq).where(records.acct == acct, records.body.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def has_case_facts(connection: Connection, acct: str) -> bool:
    """Tell whether any fact or guards' result of an account's cases is there."""
    facts, steps = schema.case_facts.c, schema.case_steps.c
    of_acct = sa.select(schema.cases.c.id).where(schema.cases.c.acct == acct)
    for case_id, kept in (
        (facts.case_id, facts.fact != PURGED_FACT),
        (steps.case_id, steps.results != PURGED_RESULTS),
    ):
        query = sa.select(case_id).where(case_id.in_(of_acct), kept).limit(1)
        if connection.execute(query).first() is not None:
            return True
    return False


def read_tombstones(
    connection: Connection, acct: str, after: Cursor, count: int
) -> list[Tombstone]:
    """Return up to ``count`` purged records of an account that stand behind ``after``."""
    records = schema.records.c
    shown = (records.epoch, records.seq, records.t, records.type, records.leaf, records.head)
    query = (
        sa.select(*shown)
        .where(records.acct == acct, records.body.is_(None), _behind(after))
        .order_by(records.epoch, records.seq)
        .limit(count)
    )
    return [Tombstone(**row) for row in connection.execute(query).mappings()]


# --- Records ---


def take_records(
    connection: Connection, acct: str, *, purge_id: str, after: Cursor, most: int, now: datetime
) -> Taken:
    """Take the next ``most`` records behind ``after``, with all that only they lead to."""
    records = schema.records.c
    query = (
        sa.select(records.epoch, records.seq, records.body, records.journal, records.position)
        .where(records.acct == acct, records.body.is_not(None), _behind(after))
        .order_by(records.epoch, records.seq)
        .limit(most)
    )
    rows = connection.execute(query).all()
    if not rows:
        for table in _SUMMARIES:
            connection.execute(sa.delete(table).where(table.c.acct == acct))
        return Taken(cursor=after, over=True)
    named = {bytes.fromhex(doc.decode()) for row in rows for doc in _DOC.findall(row.body)}
    last: Cursor = (rows[-1].epoch, rows[-1].seq)
    _blank(connection, acct, after, last)
    counts = {
        "records": len(rows),
        "entries": _take_entries(connection, rows),
        "documents": _take_documents(
            connection, _without_facts(connection, named), purge_id=purge_id, acct=acct, now=now
        ),
    }
    return Taken(counts=counts, cursor=last, over=False)


def _behind(after: Cursor) -> sa.ColumnElement[bool]:
    records = schema.records.c
    return sa.tuple_(records.epoch, records.seq) > sa.tuple_(*map(sa.literal, after))


def _blank(connection: Connection, acct: str, after: Cursor, last: Cursor) -> None:
    """Take the bytes of records behind ``after`` up to ``last``, and the index over them."""

    def within(table: sa.Table) -> sa.ColumnElement[bool]:
        place = sa.tuple_(table.c.epoch, table.c.seq)
        first, end = (sa.tuple_(*map(sa.literal, bound)) for bound in (after, last))
        return sa.and_(table.c.acct == acct, place > first, place <= end)

    records = schema.records
    connection.execute(sa.update(records).where(within(records)).values(body=None))
    for table in (schema.signals, schema.corrections):
        connection.execute(sa.delete(table).where(within(table)))


def _take_entries(connection: Connection, rows: Sequence[Any]) -> int:
    """Take the entries of purged records, but for those that another record still stands on."""
    entries, records = schema.entries, schema.records
    positions: dict[str, list[int]] = {}
    for row in rows:
        if row.journal is not None:
            positions.setdefault(row.journal, []).append(row.position)
    others = sa.exists().where(
        records.c.journal == entries.c.journal,
        records.c.position == entries.c.position,
        records.c.body.is_not(None),
    )
    count = 0
    for journal, listed in positions.items():
        for part in slices(listed):
            free = sa.update(entries).where(
                entries.c.journal == journal,
                entries.c.position.in_(part),
                entries.c.body.is_not(None),
                ~others,
            )
            count += connection.execute(free.values(body=None)).rowcount
    return count


def _without_facts(connection: Connection, docs: Iterable[bytes]) -> list[bytes]:
    """Return the documents that no fact of a case names: those go with the case."""
    facts = schema.case_facts.c
    listed = sorted(docs)
    named: set[bytes] = set()
    for part in slices(listed):
        query = sa.select(facts.doc).where(facts.doc.in_(part), facts.fact != PURGED_FACT)
        named.update(connection.execute(query).scalars())
    return [doc for doc in listed if doc not in named]


def _take_documents(
    connection: Connection, docs: Sequence[bytes], *, purge_id: str, acct: str, now: datetime
) -> int:
    """Remove documents; their hashes stay."""
    documents = schema.documents
    count = 0
    for part in slices(docs):
        found = list(
            connection.execute(
                sa.select(documents.c.doc).where(documents.c.doc.in_(part))
            ).scalars()
        )
        if found:
            values = [
                {"doc": doc, "purge_id": purge_id, "acct": acct, "at": iso(now)} for doc in found
            ]
            connection.execute(sa.insert(schema.purged_documents), values)
            connection.execute(sa.delete(documents).where(documents.c.doc.in_(found)))
        count += len(found)
    return count


# --- Cases ---


def take_cases(
    connection: Connection, acct: str, *, purge_id: str, most: int, now: datetime
) -> Taken:
    """Take the next ``most`` facts of an account's cases with their documents, then the steps."""
    facts, steps = schema.case_facts, schema.case_steps
    of_acct = sa.select(schema.cases.c.id).where(schema.cases.c.acct == acct)
    query = (
        sa.select(facts.c.id, facts.c.doc)
        .where(facts.c.case_id.in_(of_acct), facts.c.fact != PURGED_FACT)
        .order_by(facts.c.id)
        .limit(most)
    )
    rows = connection.execute(query).all()
    if not rows:
        kept = sa.update(steps).where(
            steps.c.case_id.in_(of_acct), steps.c.results != PURGED_RESULTS
        )
        taken = connection.execute(kept.values(results=PURGED_RESULTS)).rowcount
        docs = sorted({*_take_approvals(connection, acct), *take_letters(connection, acct)})
        documents = _take_documents(connection, docs, purge_id=purge_id, acct=acct, now=now)
        return Taken(counts={"steps": taken, "documents": documents}, over=True)
    for part in slices([row.id for row in rows]):
        connection.execute(sa.update(facts).where(facts.c.id.in_(part)).values(fact=PURGED_FACT))
    named = sorted({row.doc for row in rows if row.doc is not None})
    documents = _take_documents(connection, named, purge_id=purge_id, acct=acct, now=now)
    return Taken(counts={"facts": len(rows), "documents": documents}, over=False)


def _take_approvals(connection: Connection, acct: str) -> list[bytes]:
    """Take what was shown to be approved of an account's cases; return the documents behind it."""
    table = schema.approvals
    ours = table.c.case_id.in_(sa.select(schema.cases.c.id).where(schema.cases.c.acct == acct))
    rows = connection.execute(sa.select(table.c.doc, table.c.file).where(ours)).all()
    connection.execute(sa.update(table).where(ours).values(results=PURGED_RESULTS))
    return sorted({doc for row in rows for doc in row if doc is not None})


def take_letters(connection: Connection, acct: str) -> list[bytes]:
    """Take to whom letters of an account's cases went; return the documents that they name."""
    letters, outbox = schema.letters, schema.outbox
    of_acct = sa.select(schema.cases.c.id).where(schema.cases.c.acct == acct)
    docs: set[bytes] = set()
    for table, named in (
        (letters, (letters.c.doc, letters.c.text_doc, letters.c.data_doc)),
        (outbox, (outbox.c.message_doc,)),
    ):
        rows = connection.execute(sa.select(*named).where(table.c.case_id.in_(of_acct))).all()
        docs |= {doc for row in rows for doc in row if doc is not None}
    gone = {"address": "", "recipient": ""}
    connection.execute(sa.update(letters).where(letters.c.case_id.in_(of_acct)).values(**gone))
    connection.execute(
        sa.update(outbox)
        .where(outbox.c.case_id.in_(of_acct))
        .values(address="", why="", proof="{}", tracking=None)
    )
    return sorted(docs)
