"""The SQL of clocks."""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.db.engine import Connection, inserting, slices
from stationd.db.schema import clocks
from stationd.timekeeping.model import Clock, ClockState

__all__ = ["count_wrong_panels", "read_clocks", "read_panels", "read_receivers", "record_clocks"]


def read_clocks(
    connection: Connection, node: str, keys: Collection[tuple[str, str]]
) -> list[Clock]:
    """Return what is known of some clocks of a node, each by its listener and number."""
    found: list[Clock] = []
    for listener in sorted({name for name, _ in keys}):
        for part in slices(sorted(number for name, number in keys if name == listener)):
            query = sa.select(clocks).where(
                clocks.c.node == node, clocks.c.listener == listener, clocks.c.number.in_(part)
            )
            found += map(_clock, connection.execute(query))
    return found


def read_receivers(connection: Connection) -> list[Clock]:
    """Return the clocks of all receivers."""
    query = sa.select(clocks).where(clocks.c.number == "")
    return list(map(_clock, connection.execute(query.order_by(clocks.c.listener, clocks.c.node))))


def read_panels(connection: Connection, *, limit: int) -> list[Clock]:
    """Return the panels' clocks that are not right, those that are furthest off first."""
    query = (
        sa.select(clocks)
        .where(*_WRONG_PANELS)
        .order_by(sa.func.abs(clocks.c.offset_ms).desc(), clocks.c.listener, clocks.c.number)
        .limit(limit)
    )
    return list(map(_clock, connection.execute(query)))


def count_wrong_panels(connection: Connection) -> int:
    """Return how many panels have a clock that is not right."""
    query = sa.select(sa.func.count()).select_from(clocks).where(*_WRONG_PANELS)
    return connection.execute(query).scalar_one()


_WRONG_PANELS = (clocks.c.number != "", clocks.c.state != ClockState.RIGHT.value)


def record_clocks(connection: Connection, changed: Iterable[Clock]) -> None:
    """Store clocks of which there are new samples."""
    rows = [
        {
            **asdict(one),
            "state": one.state.value,
            "recent": encode(list(map(list, one.recent))).decode(),
            "days": encode(list(map(list, one.days))).decode(),
        }
        for one in changed
    ]
    if not rows:
        return
    statement = inserting(connection, clocks)
    new = statement.excluded
    keys = ("node", "listener", "number")
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={name: new[name] for name in rows[0] if name not in keys},
        ),
        rows,
    )


def _clock(row: Any) -> Clock:  # noqa: ANN401  (a row of clocks)
    return Clock(
        node=row.node,
        listener=row.listener,
        number=row.number,
        taken_at=row.taken_at,
        last_ms=row.last_ms,
        offset_ms=row.offset_ms,
        drift_ms=row.drift_ms,
        state=ClockState(row.state),
        since=row.since,
        recent=_pairs(row.recent),
        days=_pairs(row.days),
    )


def _pairs(text: str) -> tuple[tuple[int, int], ...]:
    return tuple((first, second) for first, second in json.loads(text))
