"""Objects of our own in the archive: what anchors and renewals have of them, each in its table."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting

__all__ = ["Kept", "read_kept", "record_kept"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One object of anchor or renewal ``n``, as the archive holds it."""

    key: str
    n: int
    size: int
    sha256: str
    version_id: str
    mode: str | None
    retain_until: datetime | None
    stored_at: datetime


def record_kept(connection: Connection, table: sa.Table, kept: Kept) -> None:
    """Note in ``table`` that an object lies in the archive; harmless when noted already."""
    connection.execute(
        inserting(connection, table).on_conflict_do_nothing(),
        {
            "key": kept.key,
            "n": kept.n,
            "size": kept.size,
            "sha256": kept.sha256,
            "version_id": kept.version_id,
            "mode": kept.mode,
            "retain_until": None if kept.retain_until is None else iso(kept.retain_until),
            "stored_at": iso(kept.stored_at),
        },
    )


def read_kept(connection: Connection, table: sa.Table, n: int) -> list[Kept]:
    """Return what of anchor or renewal ``n`` lies in the archive, by key."""
    query = sa.select(table).where(table.c.n == n).order_by(table.c.key)
    return [
        Kept(
            key=row.key,
            n=row.n,
            size=row.size,
            sha256=row.sha256,
            version_id=row.version_id,
            mode=row.mode,
            retain_until=None if row.retain_until is None else parse_iso(row.retain_until),
            stored_at=parse_iso(row.stored_at),
        )
        for row in connection.execute(query)
    ]
