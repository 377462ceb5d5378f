"""SQL of checks: the last outcome of each look at our surroundings."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting, storable
from stationd.db.schema import checks

__all__ = [
    "ANCHORING",
    "ARCHIVE",
    "HOLDS",
    "LETTERS",
    "LOCKS",
    "READ_BACK",
    "RENEWAL",
    "Check",
    "read_check",
    "read_checks",
    "record_check",
]

ARCHIVE = "archive"
ANCHORING = "anchoring"
HOLDS = "holds"
LETTERS = "letters"
LOCKS = "locks"
READ_BACK = "read back"
RENEWAL = "renewal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a check came to; ``outcome`` is passed, failed, unavailable or waits."""

    name: str
    outcome: str
    detail: str
    at: datetime


def record_check(connection: Connection, check: Check) -> None:
    """Note a check's last outcome in place of the one before."""
    values = {"outcome": check.outcome, "detail": storable(check.detail), "at": iso(check.at)}
    statement = inserting(connection, checks).values(name=check.name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[checks.c.name], set_=values))


def read_check(connection: Connection, name: str) -> Check | None:
    """Return the last outcome of a check; None: it was never made."""
    row = connection.execute(sa.select(checks).where(checks.c.name == name)).one_or_none()
    return None if row is None else _check(row)


def read_checks(connection: Connection) -> list[Check]:
    """Return all checks by name."""
    return [_check(row) for row in connection.execute(sa.select(checks).order_by(checks.c.name))]


def _check(row: sa.Row[tuple[object, ...]]) -> Check:
    return Check(name=row.name, outcome=row.outcome, detail=row.detail, at=parse_iso(row.at))
