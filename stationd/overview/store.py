"""The SQL of the overview: counts over tables of other subjects."""

import sqlalchemy as sa

from stationd.db.engine import Connection
from stationd.db.schema import (
    accounts,
    cases,
    checkpoints,
    gaps,
    heads,
    holds,
    journals,
    lines,
    orders,
    parked,
    supervision,
)
from stationd.overview.model import JournalState, LineState, Overview
from stationd.runaways.store import read_open
from stationd.timekeeping.store import count_wrong_panels, read_receivers

__all__ = ["read_overview", "read_taken"]


def read_overview(connection: Connection) -> Overview:
    """Return how the station stands, as one moment."""
    newest = connection.execute(
        sa.select(checkpoints.c.n, checkpoints.c.time).order_by(checkpoints.c.n.desc()).limit(1)
    ).first()
    return Overview(
        journals=tuple(_journals(connection)),
        lines=tuple(_lines(connection)),
        open_gaps=_count(connection, gaps, gaps.c.ended_at.is_(None)),
        supervision=_by(connection, supervision.c.state),
        parked=_count(connection, parked, parked.c.settled_at.is_(None)),
        accounts=_by(connection, accounts.c.service),
        cases=_by(connection, cases.c.state, cases.c.open_contract_id.is_not(None)),
        orders=_by(connection, orders.c.state),
        holds=_count(connection, holds, holds.c.lifted_at.is_(None)),
        checkpoint=None if newest is None else newest.n,
        checkpoint_at=None if newest is None else newest.time,
        uncovered=_count(connection, heads, sa.not_(heads.c.covered)),
        runaways=tuple(read_open(connection)),
        clocks=tuple(read_receivers(connection)),
        wrong_panels=count_wrong_panels(connection),
    )


def read_taken(connection: Connection, journal: str) -> tuple[int, bytes] | None:
    """Return position and link of the last entry taken of a journal; None: none was."""
    query = sa.select(journals.c.position, journals.c.link).where(journals.c.id == journal)
    row = connection.execute(query).one_or_none()
    return None if row is None else (row.position, row.link)


def _journals(connection: Connection) -> list[JournalState]:
    query = sa.select(journals).order_by(journals.c.node, journals.c.id)
    return [
        JournalState(journal=row.id, node=row.node, position=row.position, taken_at=row.taken_at)
        for row in connection.execute(query)
    ]


def _lines(connection: Connection) -> list[LineState]:
    query = sa.select(lines).order_by(lines.c.listener)
    return [LineState(**row) for row in connection.execute(query).mappings()]


def _count(connection: Connection, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(where)
    return connection.execute(query).scalar_one()


def _by(
    connection: Connection, column: sa.Column[str], *where: sa.ColumnElement[bool]
) -> dict[str, int]:
    query = sa.select(column, sa.func.count()).where(*where).group_by(column).order_by(column)
    return {row[0]: row[1] for row in connection.execute(query)}
