"""The SQL of runaways: runs, and how much accounts have sent lately."""

from collections.abc import Collection, Iterable
from dataclasses import asdict

import sqlalchemy as sa

from stationd.db.engine import Connection, inserting, slices
from stationd.db.schema import runaways, signals
from stationd.runaways.model import Run

__all__ = [
    "count_recent",
    "read_ended",
    "read_open",
    "read_recent",
    "read_runs",
    "record_runs",
]


def read_open(connection: Connection) -> list[Run]:
    """Return the runs that go on."""
    query = sa.select(runaways).where(runaways.c.ended_at.is_(None)).order_by(runaways.c.acct)
    return [Run(**row) for row in connection.execute(query).mappings()]


def read_runs(connection: Connection, acct: str) -> list[Run]:
    """Return every run of an account, oldest first."""
    query = sa.select(runaways).where(runaways.c.acct == acct).order_by(runaways.c.began_at)
    return [Run(**row) for row in connection.execute(query).mappings()]


def read_ended(connection: Connection, accts: Collection[str]) -> dict[str, str]:
    """Return when the last signal of the last run of each account was received."""
    found: dict[str, str] = {}
    for part in slices(sorted(accts)):
        query = (
            sa.select(runaways.c.acct, sa.func.max(runaways.c.last_at))
            .where(runaways.c.acct.in_(part))
            .group_by(runaways.c.acct)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def count_recent(connection: Connection, accts: Collection[str], since: str) -> dict[str, int]:
    """Return how many signals each account has that were received at ``since`` or later."""
    found: dict[str, int] = {}
    for part in slices(sorted(accts)):
        query = (
            sa.select(signals.c.acct, sa.func.count())
            .where(signals.c.acct.in_(part), signals.c.received_at >= since)
            .group_by(signals.c.acct)
        )
        found.update((row[0], row[1]) for row in connection.execute(query))
    return found


def read_recent(connection: Connection, acct: str, since: str, most: int) -> list[str]:
    """Return when the last signals of an account were received, ``most`` of them."""
    query = (
        sa.select(signals.c.received_at)
        .where(signals.c.acct == acct, signals.c.received_at > since)
        .order_by(signals.c.received_at.desc())
        .limit(most)
    )
    return list(connection.execute(query).scalars())


def record_runs(connection: Connection, runs: Iterable[Run]) -> None:
    """Store runs that began, went on or ended."""
    rows = [asdict(run) for run in runs]
    if not rows:
        return
    statement = inserting(connection, runaways)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["acct", "began_at"],
            set_={name: new[name] for name in ("last_at", "ended_at", "count")},
        ),
        rows,
    )
