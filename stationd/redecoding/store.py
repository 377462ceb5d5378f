"""The SQL of reading anew: pages of entries, what is known of them, corrections, passes."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.db import schema
from stationd.db.engine import Connection, execute_rows, inserting
from stationd.journal.model import Entry, Kind, decode_body
from stationd.redecoding.model import MEANING, Cursor, Known, ParkedPlace, Run, Stored

__all__ = [
    "find_run",
    "read_accounts_page",
    "read_entries_page",
    "read_journals",
    "read_known",
    "read_parked",
    "read_started",
    "record_corrected",
    "record_parked",
    "record_run",
]

_PLACE = ("acct", "epoch", "seq")
_SHOW = (
    sa.update(schema.signals)
    .where(*(schema.signals.c[name] == sa.bindparam(f"to_{name}") for name in _PLACE))
    .values(
        **{
            name: sa.bindparam(f"to_{name}")
            for name in schema.signals.c.keys()  # noqa: SIM118  (not a mapping)
            if name not in _PLACE
        }
    )
)
_STARTED = b'"kind":"started"'


def read_journals(connection: Connection) -> list[str]:
    """Return the ids of every journal there are entries of."""
    return list(connection.execute(sa.select(schema.journals.c.id).order_by("id")).scalars())


def read_started(connection: Connection, journal: str) -> list[Entry]:
    """Return the `started` entries of a journal, in order.

    They are few, and the node's chain leads to them: nothing else of the journal is read.
    """
    records, entries = schema.records, schema.entries
    query = (
        sa.select(
            records.c.body.label("record"), entries.c.position, entries.c.body, entries.c.link
        )
        .join(schema.journals, records.c.acct == "node:" + schema.journals.c.node)
        .join(
            entries,
            sa.and_(
                entries.c.journal == records.c.journal,
                entries.c.position == records.c.position,
            ),
        )
        .where(schema.journals.c.id == journal, records.c.journal == journal)
        .order_by(records.c.position)
    )
    found = []
    for row in connection.execute(query):
        if row.record is not None and _STARTED in row.record and row.body is not None:
            entry = decode_body(row.body, position=row.position, link=row.link)
            if entry.kind is Kind.STARTED:
                found.append(entry)
    return found


def read_entries_page(connection: Connection, journal: str, after: int, count: int) -> list[Stored]:
    """Return up to ``count`` entries of a journal behind position ``after``."""
    table = schema.entries
    query = (
        sa.select(table)
        .where(table.c.journal == journal, table.c.position > after)
        .order_by(table.c.position)
        .limit(count)
    )
    return [Stored(**row) for row in connection.execute(query).mappings()]


def read_accounts_page(
    connection: Connection, acct: str, after: tuple[int, int], count: int
) -> tuple[list[Stored], tuple[int, int] | None]:
    """Return the entries of an account's next signals, and the place of the last of these.

    The second is None where there are none.
    """
    records, entries = schema.records, schema.entries
    place = sa.tuple_(records.c.epoch, records.c.seq)
    query = (
        sa.select(records.c.epoch, records.c.seq, entries)
        .join(
            entries,
            sa.and_(
                entries.c.journal == records.c.journal,
                entries.c.position == records.c.position,
            ),
        )
        .where(
            records.c.acct == acct,
            records.c.type == "signal",
            place > sa.tuple_(sa.literal(after[0]), sa.literal(after[1])),
        )
        .order_by(records.c.epoch, records.c.seq)
        .limit(count)
    )
    rows = connection.execute(query).all()
    stored = {
        (row.journal, row.position): Stored(
            journal=row.journal, position=row.position, body=row.body, link=row.link
        )
        for row in rows
    }
    last = (rows[-1].epoch, rows[-1].seq) if rows else None
    return list(stored.values()), last


def read_known(
    connection: Connection, journal: str, positions: Sequence[int]
) -> dict[int, list[Known]]:
    """Return the records of entries by position, each as its last correction reads it."""
    records, corrections = schema.records, schema.corrections
    by = records.alias("by_record")
    query = (
        sa.select(
            *(records.c[name] for name in ("acct", "epoch", "seq", "position", "part", "type")),
            records.c.body,
            corrections.c.count,
            by.c.body.label("correction"),
            schema.signals.c.marks,
        )
        .outerjoin(corrections, _same(corrections, records))
        .outerjoin(
            by,
            sa.and_(
                by.c.acct == corrections.c.by_acct,
                by.c.epoch == corrections.c.by_epoch,
                by.c.seq == corrections.c.by_seq,
            ),
        )
        .outerjoin(schema.signals, _same(schema.signals, records))
        .where(records.c.journal == journal, records.c.position.in_(positions))
        .order_by(records.c.position, records.c.part, records.c.acct)
    )
    found: dict[int, list[Known]] = {}
    for row in connection.execute(query).all():
        if row.body is not None:
            found.setdefault(row.position, []).append(_known(row))
    return found


def _same(one: sa.Table, other: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(one.c[name] == other.c[name] for name in _PLACE))


def _known(row: Any) -> Known:  # noqa: ANN401  (a row of the query above)
    record = json.loads(row.body)
    said = record if row.correction is None else json.loads(row.correction)
    return Known(
        acct=row.acct,
        epoch=row.epoch,
        seq=row.seq,
        part=row.part if row.type == "signal" else 0,
        record=record,
        reading={key: said[key] for key in (*MEANING, "table") if key in said},
        marks=row.marks or "",
        corrections=row.count or 0,
    )


def read_parked(
    connection: Connection, journal: str, positions: Sequence[int]
) -> dict[int, list[ParkedPlace]]:
    """Return what is still parked of entries, by position."""
    table = schema.parked
    query = sa.select(table).where(
        table.c.journal == journal,
        table.c.position.in_(positions),
        table.c.settled_at.is_(None),
    )
    found: dict[int, list[ParkedPlace]] = {}
    for row in connection.execute(query.order_by(table.c.position, table.c.part)):
        place = ParkedPlace(part=row.part, reason=row.reason, detail=row.detail)
        found.setdefault(row.position, []).append(place)
    return found


def record_corrected(
    connection: Connection,
    corrected: Iterable[Mapping[str, Any]],
    columns: Iterable[Mapping[str, Any]],
) -> None:
    """Note the last correction of each record, and show what it says in the index of signals.

    ``columns`` are rows of the index; what stood there before the first correction is kept.
    """
    rows = [{**row, "original": encode(row["original"]).decode()} for row in corrected]
    if not rows:
        return
    statement = inserting(connection, schema.corrections)
    new = statement.excluded
    names = ("by_acct", "by_epoch", "by_seq", "count")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["acct", "epoch", "seq"], set_={name: new[name] for name in names}
        ),
        rows,
    )
    execute_rows(
        connection,
        _SHOW,
        [{f"to_{name}": value for name, value in values.items()} for values in columns],
    )


def record_parked(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Park events under the number that they read as now."""
    if not rows:
        return
    statement = inserting(connection, schema.parked)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["journal", "position", "part"],
            set_={"number": new.number, "reason": new.reason, "settled_at": None},
        ),
        list(rows),
    )


def find_run(connection: Connection, asked: str) -> Run | None:
    """Return the pass that asked the same and is not finished, if there is one."""
    table = schema.redecodings
    query = sa.select(table).where(table.c.asked == asked, table.c.ended_at.is_(None))
    row = connection.execute(query.order_by(table.c.began_at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Run(
        id=row.id,
        asked=row.asked,
        by=row.by,
        began_at=row.began_at,
        cursor=_cursor(row.cursor),
        counts=json.loads(row.counts),
    )


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    name, first, second = json.loads(text)
    return (name, first, second)


def record_run(connection: Connection, run: Run, ended_at: str | None = None) -> None:
    """Store how far a pass is; with ``ended_at``: that it is finished."""
    statement = inserting(connection, schema.redecodings)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"],
            set_={name: new[name] for name in ("cursor", "counts", "ended_at")},
        ),
        {
            "id": run.id,
            "asked": run.asked,
            "by": run.by,
            "began_at": run.began_at,
            "ended_at": ended_at,
            "cursor": None if run.cursor is None else encode(list(run.cursor)).decode(),
            "counts": encode(dict(run.counts)).decode(),
        },
    )
