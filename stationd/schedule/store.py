"""SQL of due steps, rounds and leases: the scheduler reads these rows and owns nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, inserting, storable
from stationd.db.schema import due_steps, leases, rounds
from stationd.schedule.rounds import Kept

__all__ = [
    "Due",
    "Lease",
    "cancel_due",
    "next_due",
    "read_due",
    "read_lease",
    "read_rounds",
    "read_steps",
    "record_done",
    "record_due",
    "record_round",
    "release_lease",
    "take_lease",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """That a case must be looked at, from an instant on."""

    case_id: str
    step: str
    due_at: datetime
    done_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who works, and until when that holds without renewal."""

    name: str
    holder: str
    until: datetime


def record_due(
    connection: Connection, case_id: str, step: str, instants: Iterable[datetime]
) -> None:
    """Note that a case is due at ``instants``; one that is noted already stays as it is."""
    for instant in instants:
        key = {"case_id": case_id, "step": step, "due_at": iso(instant)}
        known = sa.select(due_steps.c.step).where(
            *(due_steps.c[name] == value for name, value in key.items())
        )
        if connection.execute(known).first() is None:
            connection.execute(sa.insert(due_steps).values(**key))


def read_due(connection: Connection, now: datetime) -> list[Due]:
    """Return what is due by ``now`` and not done, the oldest first."""
    query = (
        sa.select(due_steps)
        .where(due_steps.c.done_at.is_(None), due_steps.c.due_at <= iso(now))
        .order_by(due_steps.c.due_at, due_steps.c.case_id, due_steps.c.step)
    )
    return [_due(row) for row in connection.execute(query)]


def read_steps(connection: Connection, case_id: str) -> list[Due]:
    """Return every due step of a case, done or not, in order of time."""
    query = (
        sa.select(due_steps)
        .where(due_steps.c.case_id == case_id)
        .order_by(due_steps.c.due_at, due_steps.c.step)
    )
    return [_due(row) for row in connection.execute(query)]


def next_due(connection: Connection, after: datetime) -> datetime | None:
    """Return the first instant later than ``after`` at which something is due; None: nothing."""
    query = sa.select(sa.func.min(due_steps.c.due_at)).where(
        due_steps.c.done_at.is_(None), due_steps.c.due_at > iso(after)
    )
    found = connection.execute(query).scalar()
    return None if found is None else parse_iso(found)


def record_done(connection: Connection, due: Due, *, at: datetime, outcome: str) -> None:
    """Note what became of a due step; it is not looked at again."""
    connection.execute(
        sa.update(due_steps)
        .where(
            due_steps.c.case_id == due.case_id,
            due_steps.c.step == due.step,
            due_steps.c.due_at == iso(due.due_at),
            due_steps.c.done_at.is_(None),
        )
        .values(done_at=iso(at), outcome=outcome)
    )


def cancel_due(
    connection: Connection, case_id: str, *, at: datetime, outcome: str, step: str | None = None
) -> None:
    """Note that nothing more is due for a case, and why; ``step``: nothing of this kind."""
    change = sa.update(due_steps).where(
        due_steps.c.case_id == case_id, due_steps.c.done_at.is_(None)
    )
    if step is not None:
        change = change.where(due_steps.c.step == step)
    connection.execute(change.values(done_at=iso(at), outcome=outcome))


def read_rounds(connection: Connection) -> list[Kept]:
    """Return what is known of the rounds, by name."""
    return [
        Kept(
            name=row.name,
            ran_at=None if row.ran_at is None else parse_iso(row.ran_at),
            next_at=parse_iso(row.next_at),
            tries=row.tries,
            said=row.said,
        )
        for row in connection.execute(sa.select(rounds).order_by(rounds.c.name))
    ]


def record_round(connection: Connection, kept: Kept) -> None:
    """Note what is known of a round in place of what was."""
    values = {
        "ran_at": None if kept.ran_at is None else iso(kept.ran_at),
        "next_at": iso(kept.next_at),
        "tries": kept.tries,
        "said": storable(kept.said),
    }
    statement = inserting(connection, rounds).values(name=kept.name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[rounds.c.name], set_=values))


def take_lease(
    connection: Connection, name: str, holder: str, *, now: datetime, length: timedelta
) -> bool:
    """Take or renew a lease; tell whether ``holder`` has it now.

    A lease that ran out is anybody's.  The caller's transaction must be a writing one.
    """
    values = {"holder": holder, "until": iso(now + length)}
    held = connection.execute(
        sa.update(leases)
        .where(
            leases.c.name == name,
            sa.or_(leases.c.holder == holder, leases.c.until < iso(now)),
        )
        .values(**values)
    )
    if held.rowcount:
        return True
    if read_lease(connection, name) is not None:
        return False
    connection.execute(sa.insert(leases).values(name=name, **values))
    return True


def read_lease(connection: Connection, name: str) -> Lease | None:
    """Return who has a lease; None: nobody ever had."""
    row = connection.execute(sa.select(leases).where(leases.c.name == name)).one_or_none()
    if row is None:
        return None
    return Lease(name=row.name, holder=row.holder, until=parse_iso(row.until))


def release_lease(connection: Connection, name: str, holder: str) -> None:
    """Give a lease back, if ``holder`` has it."""
    connection.execute(sa.delete(leases).where(leases.c.name == name, leases.c.holder == holder))


def _due(row: sa.Row[tuple[object, ...]]) -> Due:
    return Due(
        case_id=row.case_id,
        step=row.step,
        due_at=parse_iso(row.due_at),
        done_at=None if row.done_at is None else parse_iso(row.done_at),
        outcome=row.outcome,
    )
