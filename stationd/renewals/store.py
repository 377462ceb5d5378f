"""SQL of renewals."""

from datetime import datetime

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db import schema
from stationd.db.engine import Connection, inserting
from stationd.db.kept import read_kept
from stationd.renewals.model import Renewal, Stamp, Stored

__all__ = [
    "read_newest",
    "read_renewals",
    "read_stored",
    "record_digest",
    "record_renewal",
    "record_stamps",
]


def read_stored(connection: Connection) -> list[Stored]:
    """Return every object of a bundle that lies in the archive, by key."""
    objects, digests = schema.objects, schema.object_digests
    query = (
        sa.select(
            objects.c.key,
            objects.c.version_id,
            objects.c.size,
            objects.c.sha256,
            sa.func.coalesce(digests.c.sha512, "").label("sha512"),
        )
        .join_from(
            objects,
            digests,
            (objects.c.key == digests.c.key) & (objects.c.version_id == digests.c.version_id),
            isouter=True,
        )
        # What a purge began to remove is no longer vouched for.
        .where(objects.c.version_id.is_not(None), objects.c.going_at.is_(None))
        .order_by(objects.c.key, objects.c.version_id)
        .distinct()
    )
    return [Stored(*row) for row in connection.execute(query)]


def record_digest(connection: Connection, one: Stored, now: datetime) -> None:
    """Note the second hash of an object."""
    connection.execute(
        inserting(connection, schema.object_digests).on_conflict_do_nothing(),
        {
            "key": one.key,
            "version_id": one.version_id,
            "sha512": one.sha512,
            "read_at": iso(now),
        },
    )


def record_renewal(connection: Connection, one: Renewal) -> None:
    """Note a list before it is stamped."""
    connection.execute(
        sa.insert(schema.renewals),
        {
            "n": one.n,
            "content": one.content,
            "sha256": one.sha256,
            "sha512": one.sha512,
            "objects": one.objects,
            "made_at": iso(one.made_at),
        },
    )


def record_stamps(connection: Connection, n: int, stamps: list[Stamp]) -> None:
    """Note the stamps over list ``n``; those that are noted already stay."""
    connection.execute(
        inserting(connection, schema.renewal_stamps).on_conflict_do_nothing(),
        [
            {
                "n": n,
                "place": one.place,
                "authority": one.authority,
                "reply": one.reply,
                "stamped_at": iso(one.stamped_at),
            }
            for one in stamps
        ],
    )


def read_newest(connection: Connection) -> Renewal | None:
    """Return the newest renewal; None: there is none."""
    table = schema.renewals
    row = connection.execute(sa.select(table).order_by(table.c.n.desc()).limit(1)).one_or_none()
    return None if row is None else _renewal(connection, row)


def read_renewals(connection: Connection) -> list[Renewal]:
    """Return all renewals, the oldest first."""
    table = schema.renewals
    rows = connection.execute(sa.select(table).order_by(table.c.n)).all()
    return [_renewal(connection, row) for row in rows]


def _renewal(connection: Connection, row: sa.Row[tuple[object, ...]]) -> Renewal:
    stamps = schema.renewal_stamps
    found = connection.execute(
        sa.select(stamps).where(stamps.c.n == row.n).order_by(stamps.c.place)
    )
    # The list itself is put last.
    kept = read_kept(connection, schema.renewal_objects, row.n)
    return Renewal(
        n=row.n,
        content=row.content,
        sha256=row.sha256,
        sha512=row.sha512,
        objects=row.objects,
        made_at=parse_iso(row.made_at),
        stamps=tuple(
            Stamp(
                place=one.place,
                authority=one.authority,
                reply=one.reply,
                stamped_at=parse_iso(one.stamped_at),
            )
            for one in found
        ),
        stored=any(one.sha256 == row.sha256 for one in kept),
    )
