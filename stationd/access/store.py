"""SQL of custody: the acts about an account, from the chain of the station."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.access.model import Act
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.db.schema import about, cases, handouts, objects, orders, records
from stationd.ledger.model import STATION

__all__ = ["find_bundle", "has_case", "read_acts"]


def read_acts(
    connection: Connection,
    acct: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Act]:
    """Return the acts of custody about an account, oldest first, in a span if one is given."""
    query = (
        sa.select(records.c.seq, records.c.t.label("at"), records.c.body)
        .join(about, sa.and_(records.c.acct == STATION, records.c.seq == about.c.seq))
        .where(about.c.acct == acct, records.c.epoch == 1, records.c.type == "custody")
        .order_by(records.c.seq)
    )
    if since is not None:
        query = query.where(records.c.t >= iso(since))
    if until is not None:
        query = query.where(records.c.t < iso(until))
    handed = _handed(connection, acct)
    return [
        _act(row.seq, row.at, json.loads(row.body), handed)
        for row in connection.execute(query)
        if row.body is not None
    ]


def _handed(connection: Connection, acct: str) -> Mapping[str, tuple[str, str]]:
    """Return recipient and purpose of every hand-out of an account's bundles."""
    query = (
        sa.select(handouts.c.id, handouts.c.recipient, handouts.c.purpose)
        .join(orders, orders.c.id == handouts.c.order_id)
        .where(orders.c.acct == acct)
    )
    return {row.id: (row.recipient, row.purpose) for row in connection.execute(query)}


def _act(seq: int, at: str, body: Mapping[str, Any], handed: Mapping[str, tuple[str, str]]) -> Act:
    recipient, purpose = handed.get(str(body.get("hand_out")), ("", body.get("purpose", "")))
    return Act(
        seq=seq,
        at=at,
        act=str(body.get("kind", "")),
        by=str(body.get("by", "")),
        on=str(body.get("what") or body.get("order") or body.get("purge") or ""),
        purpose=str(purpose),
        recipient=recipient,
        address=str(body.get("address", "")),
    )


def has_case(connection: Connection, acct: str) -> bool:
    """Tell whether there is or was a case on an account."""
    query = sa.select(cases.c.id).where(cases.c.acct == acct).limit(1)
    return connection.execute(query).first() is not None


def find_bundle(connection: Connection, name: str, sha256: str | None = None) -> str | None:
    """Return whose bundle a file is: by its name, or by its hash where that is given; None: none.

    A file that somebody renamed is known by what is in it.
    """
    by_name = sa.select(orders.c.acct).where(orders.c.name == name)
    found: str | None = connection.execute(by_name.limit(1)).scalar()
    if found is None and sha256 is not None:
        by_hash = (
            sa.select(orders.c.acct)
            .join(objects, objects.c.order_id == orders.c.id)
            .where(objects.c.sha256 == sha256)
        )
        found = connection.execute(by_hash.limit(1)).scalar()
    return found
