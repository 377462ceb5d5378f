"""SQL of anchors: what is to be stamped, stamps, stored objects, and the states they stand for."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.merkle import Occupant
from stationd.anchors.model import Anchor, Progress, Stamp
from stationd.clock import iso, parse_iso
from stationd.db import schema
from stationd.db.engine import Connection, inserting
from stationd.errors import NotFoundError

__all__ = [
    "find_point",
    "read_anchor",
    "read_closing_mark",
    "read_entries",
    "read_first_entry",
    "read_head_at",
    "read_incidents",
    "read_newest_stamped",
    "read_newest_stored",
    "read_note_to_stamp",
    "read_opened",
    "read_points",
    "read_progress",
    "read_sharing",
    "read_sizes",
    "read_state",
    "read_unstored",
    "record_anchor",
    "record_cosignatures",
    "record_stamps",
]

_ALARMS = ("alarm", "duress", "medical")
_PAGE = 5000


def _anchors() -> sa.Select[Any]:
    anchors, points = schema.anchors, schema.checkpoints
    return sa.select(anchors, points.c.entry, points.c.time).join(points, points.c.n == anchors.c.n)


def _first_stamps() -> sa.Subquery:
    return sa.select(schema.stamps).where(schema.stamps.c.place == 0).subquery()


def read_anchor(connection: Connection, n: int) -> Anchor:
    """Return the anchor of checkpoint ``n``, or raise `NotFoundError`."""
    row = connection.execute(_anchors().where(schema.anchors.c.n == n)).one_or_none()
    if row is None:
        msg = f"Checkpoint {n} was not stamped; `stationctl ledger anchors` lists those that were."
        raise NotFoundError(msg)
    return _anchor(connection, row)


def record_anchor(connection: Connection, n: int, note: bytes, now: datetime) -> None:
    """Note that checkpoint ``n`` is to be stamped; what is noted already stays."""
    statement = inserting(connection, schema.anchors).on_conflict_do_nothing()
    connection.execute(statement, {"n": n, "note": note, "begun_at": iso(now)})


def read_note_to_stamp(connection: Connection, n: int) -> bytes | None:
    """Return the note of checkpoint ``n`` with every further signature line; None: unsigned."""
    note: bytes | None = connection.execute(
        sa.select(schema.notes.c.note).where(schema.notes.c.n == n)
    ).scalar_one_or_none()
    if note is None:
        return None
    lines = schema.cosignatures.c
    query = sa.select(lines.line).where(lines.n == n).order_by(lines.line)
    return note + b"".join(f"{line}\n".encode() for line in connection.execute(query).scalars())


def record_cosignatures(connection: Connection, n: int, lines: Iterable[str]) -> None:
    """Keep further signature lines on the note of checkpoint ``n``."""
    rows = [{"n": n, "line": line} for line in lines]
    if rows:
        statement = inserting(connection, schema.cosignatures).on_conflict_do_nothing()
        connection.execute(statement, rows)


def record_stamps(connection: Connection, stamps: Iterable[Stamp]) -> None:
    """Store replies; whoever was first stays first."""
    rows = [
        {
            "n": one.n,
            "place": one.place,
            "authority": one.authority,
            "reply": one.reply,
            "stamped_at": iso(one.stamped_at),
            "policy": one.policy,
            "good": one.good,
        }
        for one in stamps
    ]
    connection.execute(inserting(connection, schema.stamps).on_conflict_do_nothing(), rows)


def read_progress(connection: Connection) -> Progress:
    """Return how far anchoring is."""
    anchors, stamps, notes = schema.anchors.c, schema.stamps.c, schema.notes.c
    points = schema.checkpoints.c
    newest = sa.select(points.n, points.time).join(schema.notes, notes.n == points.n, isouter=False)
    first = connection.execute(sa.select(sa.func.min(points.time)).where(points.n == 0)).scalar()
    begun = sa.select(anchors.n, anchors.begun_at)
    stamped = begun.join(schema.stamps, sa.and_(stamps.n == anchors.n, stamps.place == 0))
    good = sa.select(stamps.n, stamps.stamped_at).where(stamps.place == 0, stamps.good)
    unstored = read_unstored(connection, most=1)
    return Progress(
        newest=_last(connection, newest, notes.n),
        first_at=None if first is None else parse_iso(first),
        begun=_last(connection, begun, anchors.n),
        stamped=_last(connection, stamped, anchors.n),
        good=_last(connection, good, stamps.n),
        unstored=unstored[0].begun_at if unstored else None,
    )


def _last(
    connection: Connection, query: sa.Select[Any], n: sa.ColumnElement[int]
) -> tuple[int, datetime] | None:
    row = connection.execute(query.order_by(n.desc()).limit(1)).first()
    return None if row is None else (row[0], parse_iso(row[1]))


# --- What lies in the archive ---


def _stored() -> sa.Select[Any]:
    """Return the numbers of anchors whose note, entries and every stamp lie in the archive."""
    stamps, objects = schema.stamps.c, schema.anchor_objects.c
    wanted = sa.select(sa.func.count()).where(stamps.n == objects.n).scalar_subquery() + 2
    return sa.select(objects.n).group_by(objects.n).having(sa.func.count() >= wanted)


def read_unstored(connection: Connection, most: int) -> list[Anchor]:
    """Return the oldest stamped anchors of which something is not in the archive yet."""
    first = _first_stamps()
    anchors = schema.anchors.c
    # What is complete lies before what is not, but for the few that wait.
    oldest = sa.select(sa.func.coalesce(sa.func.max(anchors.n), -1)).where(
        anchors.n.in_(_stored().order_by(schema.anchor_objects.c.n.desc()).limit(1))
    )
    done = connection.execute(oldest).scalar_one()
    query = (
        _anchors()
        .join(first, first.c.n == anchors.n)
        .where(anchors.n > done)
        .order_by(anchors.n)
        .limit(most)
    )
    return [_anchor(connection, row) for row in connection.execute(query).all()]


def read_newest_stored(connection: Connection) -> Anchor | None:
    """Return the newest anchor that is a point and lies whole in the archive; None: none does."""
    first, anchors = _first_stamps(), schema.anchors.c
    query = (
        _anchors()
        .join(first, first.c.n == anchors.n)
        .where(first.c.good, anchors.n.in_(_stored()))
        .order_by(anchors.n.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _anchor(connection, row)


def read_newest_stamped(connection: Connection, count: int) -> list[Anchor]:
    """Return the newest anchors that have a stamp, the newest first."""
    first, anchors = _first_stamps(), schema.anchors.c
    query = _anchors().join(first, first.c.n == anchors.n).order_by(anchors.n.desc()).limit(count)
    return [_anchor(connection, row) for row in connection.execute(query).all()]


def read_first_entry(connection: Connection, n: int) -> int:
    """Return the number of the first entry since the stamped anchor before ``n``."""
    stamps = schema.stamps.c
    query = sa.select(sa.func.max(stamps.n)).where(stamps.n < n, stamps.place == 0)
    before: int | None = connection.execute(query).scalar_one()
    return 0 if before is None else before + 1


def read_entries(connection: Connection, first: int, last: int) -> Iterator[bytes]:
    """Yield the log's entries ``first`` to ``last``."""
    points = schema.checkpoints.c
    while first <= last:
        query = (
            sa.select(points.entry)
            .where(points.n >= first, points.n <= last)
            .order_by(points.n)
            .limit(_PAGE)
        )
        page = connection.execute(query).scalars().all()
        yield from page
        first += _PAGE


# --- Points and states ---


def find_point(connection: Connection, wanted: int) -> int | None:
    """Return the first anchor from ``wanted`` on that is a point; None: none yet."""
    stamps = schema.stamps.c
    query = sa.select(sa.func.min(stamps.n)).where(
        stamps.n >= wanted, stamps.place == 0, stamps.good
    )
    found: int | None = connection.execute(query).scalar_one()
    return found


def read_points(connection: Connection, upto: int) -> list[tuple[int, datetime]]:
    """Return number and time of every checkpoint up to ``upto`` that is a point, in order."""
    stamps, points = schema.stamps.c, schema.checkpoints.c
    query = (
        sa.select(points.n, points.time)
        .join(schema.stamps, stamps.n == points.n)
        .where(stamps.place == 0, stamps.good, points.n <= upto)
        .order_by(points.n)
    )
    return [(row.n, parse_iso(row.time)) for row in connection.execute(query)]


def read_sizes(connection: Connection, key: bytes) -> list[tuple[int, int]]:
    """Return the marks of a chain, as (checkpoint, size), in order."""
    marks = schema.marks.c
    query = sa.select(marks.n, marks.size).where(marks.account_key == key).order_by(marks.n)
    return [(row.n, row.size) for row in connection.execute(query)]


def read_closing_mark(connection: Connection, key: bytes, size: int) -> int | None:
    """Return the first mark at which a chain had ``size`` records; None: there is none."""
    marks = schema.marks.c
    query = sa.select(sa.func.min(marks.n)).where(marks.account_key == key, marks.size == size)
    found: int | None = connection.execute(query).scalar_one()
    return found


def read_head_at(connection: Connection, acct: str, epoch: int, size: int) -> bytes:
    """Return the head of a chain after its record ``size``, or raise `NotFoundError`."""
    table = schema.records.c
    query = sa.select(table.head).where(table.acct == acct, table.epoch == epoch, table.seq == size)
    head: bytes | None = connection.execute(query).scalar_one_or_none()
    if head is None:
        raise NotFoundError(f"Record {size} of {acct}, epoch {epoch}, is missing; run the audit.")
    return head


def read_opened(connection: Connection, acct: str, epoch: int) -> datetime | None:
    """Return when a chain's first record was appended; None: there is none."""
    table = schema.records.c
    query = sa.select(table.t).where(table.acct == acct, table.epoch == epoch, table.seq == 1)
    found: str | None = connection.execute(query).scalar_one_or_none()
    return None if found is None else parse_iso(found)


def read_incidents(connection: Connection, acct: str, epoch: int, size: int) -> list[int]:
    """Return ``seq`` of every alarm, duress and medical signal among the first ``size`` records."""
    table = schema.signals.c
    query = (
        sa.select(table.seq)
        .where(
            table.acct == acct,
            table.epoch == epoch,
            table.seq <= size,
            table.signal_class.in_(_ALARMS),
        )
        .order_by(table.seq)
    )
    return list(connection.execute(query).scalars())


def read_sharing(connection: Connection, key: bytes, n: int) -> list[Occupant]:
    """Return the chains whose keys share the first 16 bits of ``key``, as of mark ``n``."""
    marks = schema.marks.c
    prefix = key[:2]
    where = [marks.account_key >= prefix + bytes(30), marks.account_key <= prefix + b"\xff" * 30]
    return list(_state(connection, n, where))


def read_state(connection: Connection, n: int) -> Iterator[Occupant]:
    """Yield every chain as of mark ``n``."""
    yield from _state(connection, n, [])


def _state(
    connection: Connection, n: int, where: list[sa.ColumnElement[bool]]
) -> Iterator[Occupant]:
    marks, records = schema.marks, schema.records
    last = (
        sa.select(marks.c.account_key, sa.func.max(marks.c.n).label("n"))
        .where(marks.c.n <= n, *where)
        .group_by(marks.c.account_key)
        .subquery()
    )
    query = (
        sa.select(marks.c.account_key, marks.c.size, records.c.head)
        .join(last, sa.and_(last.c.account_key == marks.c.account_key, last.c.n == marks.c.n))
        .join(
            records,
            sa.and_(
                records.c.acct == marks.c.acct,
                records.c.epoch == marks.c.epoch,
                records.c.seq == marks.c.size,
            ),
        )
    )
    for row in connection.execute(query):
        yield Occupant(key=row.account_key, size=row.size, head=row.head)


def _anchor(connection: Connection, row: Any) -> Anchor:  # noqa: ANN401  (a row of _anchors)
    table = schema.stamps
    query = sa.select(table).where(table.c.n == row.n).order_by(table.c.place)
    return Anchor(
        n=row.n,
        note=row.note,
        entry=row.entry,
        time=parse_iso(row.time),
        begun_at=parse_iso(row.begun_at),
        stamps=tuple(
            Stamp(
                n=one.n,
                place=one.place,
                authority=one.authority,
                reply=one.reply,
                stamped_at=parse_iso(one.stamped_at),
                policy=one.policy,
                good=bool(one.good),
            )
            for one in connection.execute(query)
        ),
    )
