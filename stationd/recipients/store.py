"""SQL of recipients."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import recipients
from stationd.recipients.model import Holder

__all__ = ["end_recipient", "read_recipients", "record_recipient"]


def record_recipient(connection: Connection, one: Holder) -> None:
    """Add a recipient's certificate."""
    connection.execute(
        sa.insert(recipients).values(
            fingerprint=one.fingerprint,
            name=one.name,
            pem=one.pem.decode(),
            subject=one.subject,
            key=one.key,
            until=iso(one.until),
            added_by=one.added_by,
            added_at=iso(one.added_at),
        )
    )


def read_recipients(connection: Connection) -> list[Holder]:
    """Return every certificate, by name, the newest of a name first."""
    query = sa.select(recipients).order_by(
        recipients.c.name, recipients.c.added_at.desc(), recipients.c.fingerprint
    )
    return [_holder(row) for row in connection.execute(query)]


def end_recipient(connection: Connection, fingerprint: str, at: datetime) -> None:
    """Note that a certificate is not used any more."""
    ended = sa.update(recipients).where(recipients.c.fingerprint == fingerprint)
    connection.execute(ended.values(ended_at=iso(at)))


def _holder(row: Any) -> Holder:  # noqa: ANN401  (a row has the shape of its query)
    return Holder(
        fingerprint=row.fingerprint,
        name=row.name,
        pem=row.pem.encode(),
        subject=row.subject,
        key=row.key,
        until=parse_iso(row.until),
        added_by=row.added_by,
        added_at=parse_iso(row.added_at),
        ended_at=None if row.ended_at is None else parse_iso(row.ended_at),
    )
