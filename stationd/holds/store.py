"""SQL of holds."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import holds
from stationd.errors import NotFoundError
from stationd.holds.model import Hold, HoldKind

__all__ = ["read_hold", "read_holds", "record_hold", "record_lifting"]


def read_hold(connection: Connection, hold_id: str) -> Hold:
    """Return a hold, or raise `NotFoundError`."""
    row = connection.execute(sa.select(holds).where(holds.c.id == hold_id)).one_or_none()
    if row is None:
        msg = f"There is no hold {hold_id}. `stationctl hold list` shows those there are."
        raise NotFoundError(msg)
    return _hold(row)


def read_holds(
    connection: Connection, acct: str | None = None, *, in_force: bool = True
) -> list[Hold]:
    """Return holds in the order they were set: of an account or all, in force or ever."""
    query = sa.select(holds).order_by(holds.c.set_at, holds.c.id)
    if acct is not None:
        query = query.where(holds.c.acct == acct)
    if in_force:
        query = query.where(holds.c.lifted_at.is_(None))
    return [_hold(row) for row in connection.execute(query)]


def record_hold(connection: Connection, hold: Hold) -> None:
    """Add a hold."""
    connection.execute(
        sa.insert(holds).values(
            id=hold.id,
            kind=hold.kind.value,
            acct=hold.acct,
            case_id=hold.case_id,
            ground=hold.ground,
            author=hold.author,
            set_at=iso(hold.set_at),
            review_at=None if hold.review_at is None else iso(hold.review_at),
            lifted_at=None,
            lifted_by=None,
        )
    )


def record_lifting(connection: Connection, hold_id: str, *, by: str, at: datetime) -> None:
    """Note that a hold was lifted."""
    connection.execute(
        sa.update(holds).where(holds.c.id == hold_id).values(lifted_at=iso(at), lifted_by=by)
    )


def _hold(row: Any) -> Hold:  # noqa: ANN401  (a row has the shape of its query)
    return Hold(
        id=row.id,
        kind=HoldKind(row.kind),
        acct=row.acct,
        case_id=row.case_id,
        ground=row.ground,
        author=row.author,
        set_at=parse_iso(row.set_at),
        review_at=None if row.review_at is None else parse_iso(row.review_at),
        lifted_at=None if row.lifted_at is None else parse_iso(row.lifted_at),
        lifted_by=row.lifted_by,
    )
