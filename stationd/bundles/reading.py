"""SQL of what is frozen into a bundle besides its records: case, custody, gaps, people.

These are read-only looks at tables of other subjects; what they hold is explained there.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import JsonValue
from stationd.access.model import READ
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.db.purging import PURGED_FACT
from stationd.db.schema import (
    about,
    approvals,
    case_facts,
    case_steps,
    cases,
    checkpoints,
    lines,
    listeners,
    published,
    records,
    staff,
)
from stationd.errors import NotFoundError
from stationd.gaps import store as gaps
from stationd.gaps.model import Gap
from stationd.holds.store import held_accounts
from stationd.ledger.compartments import Compartment, stricter_compartment
from stationd.ledger.model import STATION

__all__ = [
    "gap_row",
    "groups",
    "read_case_facts",
    "read_covered",
    "read_custody",
    "read_gaps",
    "read_line_periods",
    "read_newest_checkpoint",
    "read_people",
    "records_hold",
    "shown",
]


def shown(moment: datetime) -> str:
    """Return a moment as facts show it."""
    return iso(moment)


def read_newest_checkpoint(connection: Connection) -> int | None:
    """Return the number of the newest checkpoint; None: there is none."""
    newest: int | None = connection.execute(sa.select(sa.func.max(checkpoints.c.n))).scalar_one()
    return newest


def read_covered(connection: Connection, acct: str, epoch: int) -> tuple[int, bytes]:
    """Return size and head of a chain as the newest checkpoint covers it."""
    query = sa.select(published.c.size, published.c.head).where(
        published.c.acct == acct, published.c.epoch == epoch
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFoundError(f"No checkpoint covers epoch {epoch} of account {acct} yet.")
    return row.size, row.head


def read_case_facts(connection: Connection, case_id: str | None) -> dict[str, Any]:
    """Return a case with its steps and facts, as plain values; empty where there is no case."""
    if case_id is None:
        return {}
    row = connection.execute(sa.select(cases).where(cases.c.id == case_id)).one()
    return {
        "id": row.id,
        "reason": row.reason,
        "state": row.state,
        "opened_at": row.opened_at,
        "opened_by": row.opened_by,
        "noticed_at": row.noticed_at,
        "effective_at": row.effective_at,
        "ended_at": row.ended_at,
        "steps": _steps(connection, case_id),
        "facts": _facts(connection, case_id),
        "approvals": _approvals(connection, case_id),
    }


def _steps(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    query = (
        sa.select(case_steps).where(case_steps.c.case_id == case_id).order_by(case_steps.c.version)
    )
    return [
        {
            "version": row.version,
            "row": row.row,
            "event": row.event,
            "from": row.from_state,
            "to": row.to_state,
            "by": row.by,
            "at": row.at,
            "guards": json.loads(row.results),
            "guards_hash": row.results_hash.hex(),
        }
        for row in connection.execute(query)
    ]


def _facts(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    query = (
        sa.select(case_facts)
        .where(case_facts.c.case_id == case_id, case_facts.c.fact != PURGED_FACT)
        .order_by(case_facts.c.seq, case_facts.c.at, case_facts.c.id)
    )
    return [_fact(row) for row in connection.execute(query)]


def _fact(row: Any) -> dict[str, Any]:  # noqa: ANN401  (a row has the shape of its query)
    """Return a fact; of one that is not produced only that it is, and its compartment."""
    where = stricter_compartment(row.kind, row.compartment)
    produced = where == Compartment.PRODUCIBLE
    return {
        "id": row.id,
        "kind": row.kind,
        "fact": json.loads(row.fact) if produced else {"compartment": where},
        "doc": None if row.doc is None else row.doc.hex(),
        "by": row.author,
        "at": row.at,
    }


def _approvals(connection: Connection, case_id: str) -> list[dict[str, Any]]:
    """Return what two persons approved or refused; what was written lies in the documents."""
    query = (
        sa.select(approvals)
        .where(approvals.c.case_id == case_id)
        .order_by(approvals.c.asked_at, approvals.c.id)
    )
    return [
        {
            "id": row.id,
            "purpose": row.purpose,
            "row": row.row,
            "waived": json.loads(row.guards),
            "code": row.code,
            "shown": row.results_hash.hex(),
            "asked_by": row.asked_by,
            "asked_at": row.asked_at,
            "decided_by": row.decided_by,
            "decided_at": row.decided_at,
            "approved": row.approved,
            "sole_operator": row.alone,
            "used_at": row.used_at,
        }
        for row in connection.execute(query)
    ]


def read_custody(connection: Connection, acct: str) -> list[dict[str, Any]]:
    """Return the `station` chain's custody records about an account, as rows for people.

    Corrections of its closed epochs are among them: an epoch takes none after its `close`.  Who
    read the account is not: that tells the other side what counsel looked at (`account custody`).
    """
    query = (
        sa.select(records.c.seq, records.c.t.label("at"), records.c.body)
        .join(about, sa.and_(records.c.acct == STATION, records.c.seq == about.c.seq))
        .where(
            about.c.acct == acct,
            records.c.epoch == 1,
            records.c.type.in_(("custody", "correction")),
        )
        .order_by(records.c.seq)
    )
    told = [
        (row.seq, row.at, json.loads(row.body))
        for row in connection.execute(query)
        if row.body is not None
    ]
    return [
        shown
        for seq, at, body in told
        if body.get("kind") != READ
        for shown in _custody_rows(seq, at, body)
    ]


def _custody_rows(seq: int, t: str, body: Mapping[str, Any]) -> list[dict[str, Any]]:
    row = {
        "seq": seq,
        "t": t,
        "act": body.get("kind"),
        "by": body.get("by"),
        "order": body.get("order"),
        "bundle": body.get("bundle"),
    }
    if "corrects" in body:
        return [{**row, **_correction(body)}]
    stored = body.get("objects") or []
    if not stored:
        return [row]
    return [
        {
            **row,
            "object": one["key"],
            "version_id": one["version_id"],
            "sha256": one["sha256"],
        }
        for one in stored
    ]


def _correction(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a correction in the station's chain says of a record of a closed epoch."""
    said = {key: value for key, value in body.items() if key not in _NOT_SAID}
    return {**said, "epoch": body["of"]["epoch"]}


_NOT_SAID = frozenset({"acct", "epoch", "seq", "t", "salt", "type", "origin", "kind", "of", "by"})


def groups(known: Mapping[str, JsonValue]) -> set[str]:
    """Return the receiver groups of an account's transmitters."""
    transmitters = known.get("transmitters")
    if not isinstance(transmitters, list):
        return set()
    return {str(row.get("group")) for row in transmitters if isinstance(row, Mapping)}


def read_gaps(connection: Connection, groups: set[str], acct: str) -> list[dict[str, Any]]:
    """Return the gaps of whole nodes, of the listeners of ``groups``, and of ``acct``'s before."""
    names = _listeners(connection, groups) | set(gaps.read_heard_on(connection, acct))
    return [gap_row(gap) for gap in gaps.read_gaps(connection, listeners=sorted(names))]


def gap_row(gap: Gap) -> dict[str, Any]:
    """Return a gap as line status has it."""
    return {
        "kind": gap.cause,
        "listener": gap.listener or (f"node {gap.node}" if gap.node else ""),
        "from": gap.began_at,
        "to": gap.ended_at,
        "cause": gap.cause,
        "detail": gap.detail,
    }


def read_line_periods(connection: Connection, groups: set[str]) -> list[dict[str, Any]]:
    """Return the lines of ``groups`` that are down now; what is over stands in the gaps."""
    names = _listeners(connection, groups)
    query = sa.select(lines).where(lines.c.up.is_(False)).order_by(lines.c.listener)
    return [
        {
            "kind": "line_down",
            "listener": row.listener,
            "from": row.since,
            "to": None,
            "cause": row.why,
            "detail": "still down when this was written",
        }
        for row in connection.execute(query)
        if row.listener in names
    ]


def _listeners(connection: Connection, groups: set[str]) -> set[str]:
    query = sa.select(listeners.c.listener).where(listeners.c.receiver_group.in_(groups))
    return set(connection.execute(query).scalars())


def read_people(
    connection: Connection, case: Mapping[str, Any], ordered_by: str
) -> list[dict[str, str]]:
    """Return the staff that had to do with a case and this order, by login."""
    logins = {ordered_by, *(step["by"] for step in case.get("steps", []))}
    logins |= {fact["by"] for fact in case.get("facts", [])}
    for one in case.get("approvals", []):
        logins |= {one["asked_by"], one["decided_by"] or one["asked_by"]}
    query = sa.select(staff).where(staff.c.login.in_(logins)).order_by(staff.c.login)
    return [
        {"login": row.login, "name": row.name, "role": row.role}
        for row in connection.execute(query)
    ]


def records_hold(connection: Connection, acct: str) -> bool:
    """Tell whether a `records` hold other than a case's own reaches an account."""
    held = held_accounts().subquery()
    query = sa.select(held.c.acct).where(held.c.acct == acct).limit(1)
    return connection.execute(query).first() is not None
