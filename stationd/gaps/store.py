"""The SQL of gaps, and of what is known of lines."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from stationd.clock import iso, to_ns
from stationd.db import schema
from stationd.db.engine import Connection, inserting, slices
from stationd.db.schema import gaps
from stationd.gaps.model import Gap

__all__ = [
    "read_began",
    "read_followed",
    "read_gaps",
    "read_heard_on",
    "read_minutes",
    "read_names",
    "read_nodes",
    "read_open_gaps",
    "read_served_by",
    "read_service_start",
    "record_gaps",
]

_HOUR_NS = 3600 * 10**9


def read_gaps(
    connection: Connection,
    *,
    since: str | None = None,
    until: str | None = None,
    listeners: Sequence[str] | None = None,
) -> list[Gap]:
    """Return the gaps that reach into ``since`` … ``until``, by their beginning.

    With ``listeners``: theirs, and those of whole nodes.
    """
    query = sa.select(gaps).order_by(gaps.c.began_at, gaps.c.id)
    if since is not None:
        query = query.where(sa.or_(gaps.c.ended_at.is_(None), gaps.c.ended_at >= since))
    if until is not None:
        query = query.where(gaps.c.began_at < until)
    if listeners is not None:
        query = query.where(gaps.c.listener.in_([*listeners, ""]))
    return [_gap(row) for row in connection.execute(query)]


def read_open_gaps(connection: Connection, node: str) -> list[Gap]:
    """Return the gaps of ``node`` and its listeners that have not ended."""
    query = sa.select(gaps).where(gaps.c.node == node, gaps.c.ended_at.is_(None))
    return [_gap(row) for row in connection.execute(query.order_by(gaps.c.began_at, gaps.c.id))]


def record_gaps(connection: Connection, changed: Sequence[Gap]) -> None:
    """Store new gaps, and the ends of those that were open."""
    if not changed:
        return
    statement = inserting(connection, gaps)
    statement = statement.on_conflict_do_update(
        index_elements=["id"],
        set_={name: statement.excluded[name] for name in ("cause", "ended_at", "detail")},
    )
    rows = [{name: getattr(gap, name) for name in gaps.c.keys()} for gap in changed]  # noqa: SIM118
    connection.execute(statement, rows)


def _gap(row: Any) -> Gap:  # noqa: ANN401  (a row of gaps)
    return Gap(
        id=row.id,
        listener=row.listener,
        node=row.node,
        cause=row.cause,
        began_at=row.began_at,
        ended_at=row.ended_at,
        detail=row.detail,
    )


# --- What is known of lines ---


def read_nodes(connection: Connection) -> dict[str, str]:
    """Return whose each listener is."""
    query = sa.select(schema.lines.c.listener, schema.lines.c.node)
    return {listener: node for listener, node in connection.execute(query)}  # noqa: C416


def read_names(connection: Connection) -> list[str]:
    """Return the name of every listener that there is or was."""
    named = [
        sa.select(table.c.listener).where(table.c.listener != "")
        for table in (schema.lines, schema.listeners, gaps)
    ]
    return sorted(connection.execute(sa.union(*named)).scalars())


def read_followed(connection: Connection) -> dict[str, datetime]:
    """Return until when each node's journals were followed."""
    journals, retired = schema.journals, schema.retired_journals
    query = (
        sa.select(journals.c.node, sa.func.min(journals.c.taken_at))
        .where(~sa.exists().where(retired.c.journal == journals.c.id))
        .group_by(journals.c.node)
    )
    return {node: datetime.fromisoformat(at) for node, at in connection.execute(query)}


def read_minutes(
    connection: Connection, listeners: Collection[str], *, since: datetime
) -> dict[str, list[int]]:
    """Return the minutes since 1970 in which each of ``listeners`` was heard, in order."""
    table = schema.heard_hours
    query = (
        sa.select(table)
        .where(table.c.listener.in_(sorted(listeners)), table.c.hour >= to_ns(since) // _HOUR_NS)
        .order_by(table.c.listener, table.c.hour)
    )
    found: dict[str, list[int]] = {}
    for listener, hour, minutes in connection.execute(query):
        found.setdefault(listener, []).extend(
            hour * 60 + minute for minute in range(60) if minutes >> minute & 1
        )
    return found


def read_served_by(connection: Connection, accts: Collection[str]) -> dict[str, list[str]]:
    """Return on which listeners each of ``accts`` may be heard, by its numbers' groups."""
    links, transmitters, listeners = (
        schema.transmitter_links,
        schema.transmitters,
        schema.listeners,
    )
    query = (
        sa.select(links.c.acct, listeners.c.listener)
        .join(transmitters, transmitters.c.id == links.c.transmitter_id)
        .join(listeners, listeners.c.receiver_group == transmitters.c.receiver_group)
        .order_by(links.c.acct, listeners.c.listener)
        .distinct()
    )
    found: dict[str, list[str]] = {}
    for part in slices(sorted(accts)):
        for acct, listener in connection.execute(query.where(links.c.acct.in_(part))):
            found.setdefault(acct, []).append(listener)
    return found


def read_heard_on(connection: Connection, acct: str) -> list[str]:
    """Return on which listeners ``acct`` was ever heard, or missed: also those that are no more."""
    heard = [
        sa.select(table.c.listener).where(table.c.acct == acct, table.c.listener != "")
        for table in (schema.signals, schema.silences)
    ]
    return sorted(connection.execute(sa.union(*heard)).scalars())


def read_began(connection: Connection, listeners: Collection[str]) -> str | None:
    """Return when the first journal began that ``listeners`` write to; None: not known."""
    starts, table = schema.starts, schema.listeners
    query = sa.select(sa.func.min(starts.c.first_at)).where(
        starts.c.journal.in_(
            sa.select(table.c.journal).where(table.c.listener.in_(sorted(listeners)))
        )
    )
    found: str | None = connection.execute(query).scalar()
    return found


def read_service_start(connection: Connection, acct: str) -> str | None:
    """Return when the contract of ``acct`` began, midnight at its site; None: nobody said."""
    accounts, contracts, sites = schema.accounts, schema.contracts, schema.sites
    query = (
        sa.select(contracts.c.terms, sites.c.zone)
        .join(accounts, accounts.c.contract_id == contracts.c.id)
        .join(sites, sites.c.id == contracts.c.site_id)
        .where(accounts.c.acct == acct)
    )
    row = connection.execute(query).one_or_none()
    started = None if row is None else json.loads(row.terms).get("started")
    if row is None or not isinstance(started, str):
        return None
    try:
        day = datetime.fromisoformat(started).replace(tzinfo=ZoneInfo(row.zone))
    except (ValueError, KeyError):
        return None
    return iso(day)
