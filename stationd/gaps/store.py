"""The SQL of gaps."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from stationd.db.engine import Connection, inserting
from stationd.db.schema import gaps
from stationd.gaps.model import Gap

__all__ = ["read_gaps", "read_open_gaps", "record_gaps"]


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
