"""SQL of what the pattern of dead premises is read from."""

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection, slices
from stationd.db.schema import signals, silences, supervision, tasks
from stationd.premises.pattern import CODES, Sign, Silent

__all__ = ["read_signs", "read_silent"]


def read_silent(
    connection: Connection, now: datetime, *, least: int, job: str, acct: str | None = None
) -> list[Silent]:
    """Return accounts that missed so many tests in a row, the longest silent first.

    Without ``acct`` those are left out for whose silence the job has made a task already.
    """
    query = (
        sa.select(silences)
        .join(
            supervision,
            sa.and_(supervision.c.acct == silences.c.acct, supervision.c.way == silences.c.way),
        )
        .where(
            silences.c.way == "tests",
            silences.c.ended_at.is_(None),
            supervision.c.state == "missed",
            silences.c.listener != "",
        )
        .order_by(silences.c.began_at, silences.c.acct)
    )
    if acct is not None:
        query = query.where(silences.c.acct == acct)
    else:
        known = sa.exists().where(
            tasks.c.job == job,
            tasks.c.subject == silences.c.acct,
            tasks.c.due_at == silences.c.began_at,
        )
        query = query.where(~known)
    found = [
        Silent(
            acct=row.acct,
            since=parse_iso(row.began_at),
            interval=timedelta(seconds=row.interval),
            listener=row.listener,
        )
        for row in connection.execute(query)
        if row.interval > 0
    ]
    return [one for one in found if now - one.since >= least * one.interval]


def read_signs(
    connection: Connection, accts: Collection[str], since: datetime
) -> tuple[dict[str, list[Sign]], dict[str, datetime]]:
    """Return signals of power, battery and path by account, and since when polls fail."""
    signs: dict[str, list[Sign]] = {}
    polls: dict[str, datetime] = {}
    for part in slices(sorted(accts)):
        query = (
            sa.select(signals.c.acct, signals.c.received_at, signals.c.code, signals.c.signal_class)
            .where(
                signals.c.acct.in_(part),
                signals.c.received_at >= iso(since),
                signals.c.code.in_(sorted(CODES)),
            )
            .order_by(signals.c.acct, signals.c.epoch, signals.c.seq)
        )
        for row in connection.execute(query):
            lost = CODES[row.code][1]
            restored = row.signal_class == "restore" if lost is None else not lost
            sign = Sign(at=parse_iso(row.received_at), code=row.code, restored=restored)
            signs.setdefault(row.acct, []).append(sign)
        failing = sa.select(silences.c.acct, sa.func.min(silences.c.began_at)).where(
            silences.c.acct.in_(part), silences.c.way == "polls", silences.c.ended_at.is_(None)
        )
        for acct, began in connection.execute(failing.group_by(silences.c.acct)):
            polls[acct] = parse_iso(began)
    return signs, polls
