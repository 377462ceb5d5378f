"""SQL of what is handed out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import handouts, orders
from stationd.errors import NotFoundError
from stationd.handouts.model import Handout, HandoutState, Way

__all__ = [
    "forget_links",
    "read_asked",
    "read_asked_of",
    "read_handout",
    "read_handouts",
    "record_handout",
    "update_handout",
]


def record_handout(connection: Connection, one: Handout) -> None:
    """Add what was asked for."""
    connection.execute(
        sa.insert(handouts).values(
            id=one.id,
            order_id=one.order_id,
            way=one.way.value,
            recipient=one.recipient,
            purpose=one.purpose,
            doc=one.doc,
            asked_by=one.asked_by,
            asked_at=iso(one.asked_at),
            valid=int(one.valid.total_seconds()),
            state=one.state.value,
            why=one.why,
            count=one.count,
            certificate=one.certificate,
            compartment=one.compartment or None,
        )
    )


def read_handout(connection: Connection, handout_id: str) -> Handout:
    """Return what was asked for, or raise `NotFoundError`."""
    row = connection.execute(sa.select(handouts).where(handouts.c.id == handout_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"Nothing was handed out as {handout_id} (`export handed`).")
    return _handout(row)


def read_handouts(connection: Connection, acct: str | None = None) -> list[Handout]:
    """Return what was handed out, the newest first; of an account or all."""
    query = sa.select(handouts).order_by(handouts.c.asked_at.desc(), handouts.c.id)
    if acct is not None:
        query = query.join(orders, orders.c.id == handouts.c.order_id).where(orders.c.acct == acct)
    return [_handout(row) for row in connection.execute(query)]


def read_asked(connection: Connection, now: datetime, holder: str) -> list[str]:
    """Return the orders that somebody waits for and that may be worked on now, oldest first."""
    free = sa.or_(
        orders.c.lease_by.is_(None), orders.c.lease_by == holder, orders.c.lease_until < iso(now)
    )
    query = (
        sa.select(handouts.c.order_id)
        .join(orders, orders.c.id == handouts.c.order_id)
        .where(handouts.c.state == HandoutState.ASKED.value, orders.c.retry_at <= iso(now), free)
        .order_by(handouts.c.asked_at, handouts.c.id)
    )
    return list(dict.fromkeys(connection.execute(query).scalars()))


def read_asked_of(connection: Connection, order_id: str) -> Sequence[Handout]:
    """Return what is asked for of one bundle and not made yet, oldest first."""
    query = (
        sa.select(handouts)
        .where(handouts.c.order_id == order_id, handouts.c.state == HandoutState.ASKED.value)
        .order_by(handouts.c.asked_at, handouts.c.id)
    )
    return [_handout(row) for row in connection.execute(query)]


def update_handout(connection: Connection, handout_id: str, **values: object) -> None:
    """Set columns; moments are given as moments."""
    told = {
        name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()
    }
    connection.execute(sa.update(handouts).where(handouts.c.id == handout_id).values(**told))


def forget_links(connection: Connection, now: datetime) -> int:
    """Drop addresses that are good for nothing any more; return of how many hand-outs."""
    expired = sa.update(handouts).where(
        handouts.c.links.is_not(None), handouts.c.expires_at < iso(now)
    )
    return connection.execute(expired.values(links=None)).rowcount


def _handout(row: Any) -> Handout:  # noqa: ANN401  (a row has the shape of its query)
    return Handout(
        id=row.id,
        order_id=row.order_id,
        way=Way(row.way),
        recipient=row.recipient,
        purpose=row.purpose,
        doc=row.doc,
        asked_by=row.asked_by,
        asked_at=parse_iso(row.asked_at),
        valid=timedelta(seconds=row.valid),
        state=HandoutState(row.state),
        why=row.why,
        links=row.links,
        made_at=_moment(row.made_at),
        expires_at=_moment(row.expires_at),
        count=row.count,
        certificate=row.certificate,
        compartment=row.compartment or "",
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)
