"""SQL of approvals."""

import json
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import JsonValue, encode
from stationd.approvals.model import Approval, Purpose
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import approvals
from stationd.errors import NotFoundError

__all__ = [
    "read_approval",
    "read_approvals",
    "record_approval",
    "record_approval_used",
    "record_decision",
]


def read_approval(connection: Connection, approval_id: str) -> Approval:
    """Return an approval by its id or the beginning of it, or raise `NotFoundError`."""
    query = sa.select(approvals).where(approvals.c.id.startswith(approval_id, autoescape=True))
    rows = connection.execute(query.limit(2)).all() if approval_id else []
    if len(rows) != 1:
        msg = f"There is no approval {approval_id}. `stationctl case approvals` shows what is open."
        raise NotFoundError(msg)
    return _approval(rows[0])


def read_approvals(
    connection: Connection, *, case_id: str | None = None, undecided: bool = False
) -> list[Approval]:
    """Return approvals in the order they were asked for: of a case, or those nobody decided."""
    query = sa.select(approvals).order_by(approvals.c.asked_at, approvals.c.id)
    if case_id is not None:
        query = query.where(approvals.c.case_id == case_id)
    if undecided:
        query = query.where(approvals.c.approved.is_(None))
    return [_approval(row) for row in connection.execute(query)]


def record_approval(connection: Connection, asked: Approval) -> None:
    """Add what was asked for."""
    guards: list[JsonValue] = [*asked.guards]
    results: list[JsonValue] = [dict(one) for one in asked.results]
    connection.execute(
        sa.insert(approvals).values(
            id=asked.id,
            case_id=asked.case_id,
            purpose=asked.purpose.value,
            row=asked.row,
            guards=encode(guards).decode(),
            results=encode(results).decode(),
            results_hash=asked.results_hash,
            code=asked.code,
            doc=asked.doc,
            file=asked.file,
            asked_by=asked.asked_by,
            asked_at=iso(asked.asked_at),
            alone=asked.alone,
        )
    )


def record_decision(
    connection: Connection,
    approval_id: str,
    *,
    by: str,
    at: datetime,
    approved: bool,
    alone: bool,
) -> None:
    """Note what the second person said."""
    connection.execute(
        sa.update(approvals)
        .where(approvals.c.id == approval_id)
        .values(decided_by=by, decided_at=iso(at), approved=approved, alone=alone)
    )


def record_approval_used(connection: Connection, approval_id: str, *, at: datetime) -> None:
    """Note that the step was taken: what was approved is approved for no other."""
    connection.execute(
        sa.update(approvals).where(approvals.c.id == approval_id).values(used_at=iso(at))
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _approval(row: Any) -> Approval:  # noqa: ANN401  (a row has the shape of its query)
    return Approval(
        id=row.id,
        case_id=row.case_id,
        purpose=Purpose(row.purpose),
        row=row.row,
        guards=tuple(json.loads(row.guards)),
        results=tuple(json.loads(row.results)),
        results_hash=row.results_hash,
        doc=row.doc,
        asked_by=row.asked_by,
        asked_at=parse_iso(row.asked_at),
        code=row.code,
        file=row.file,
        decided_by=row.decided_by,
        decided_at=_moment(row.decided_at),
        approved=row.approved,
        alone=row.alone,
        used_at=_moment(row.used_at),
    )
