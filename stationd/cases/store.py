"""SQL of cases, their facts, steps and holds; nothing is decided here."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import JsonValue, encode
from stationd.cases.ladder import Task
from stationd.cases.model import Case, HoldFact, Reason, RecordedFact, StepTaken
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.purging import PURGED_FACT
from stationd.db.schema import case_facts, case_steps, cases, contact_tasks, records
from stationd.errors import NotFoundError, UnavailableError
from stationd.holds.store import read_holds_on
from stationd.ledger.compartments import stricter_compartment

__all__ = [
    "StoredFact",
    "find_case",
    "find_task",
    "read_case",
    "read_cases",
    "read_ends",
    "read_fact_rows",
    "read_history",
    "read_holds",
    "read_results",
    "record_case",
    "record_fact_row",
    "record_moved",
    "record_step",
    "record_task",
]


class StoredFact:
    """A fact's row: what was recorded, by whom, with which document."""

    __slots__ = ("at", "author", "compartment", "doc", "fact", "id", "kind", "version")

    def __init__(self, row: Any) -> None:  # noqa: ANN401  (a row has the shape of its query)
        self.id: str = row.id
        self.kind: str = row.kind
        self.fact: Mapping[str, Any] = json.loads(row.fact)
        self.doc: bytes | None = row.doc
        self.author: str = row.author
        self.at: datetime = parse_iso(row.at)
        self.version: int = row.version
        self.compartment: str = stricter_compartment(row.kind, row.compartment)

    @property
    def recorded(self) -> RecordedFact:
        """What guards see of it."""
        return RecordedFact(
            id=self.id,
            kind=self.kind,
            at=self.at,
            author=self.author,
            has_document=self.doc is not None,
            told=self.fact,
            version=self.version,
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def read_case(connection: Connection, case_id: str) -> Case:
    """Return a case by its id or the beginning of it, or raise `NotFoundError`."""
    # The full id or any beginning that is only one case's: people type the first characters.
    query = sa.select(cases).where(cases.c.id.startswith(case_id, autoescape=True)).limit(2)
    rows = connection.execute(query).all() if case_id else []
    if len(rows) != 1:
        how_many = "more than one case begins with" if rows else "there is no case"
        msg = f"{how_many} {case_id}. `stationctl case list` shows those there are."
        raise NotFoundError(msg[0].upper() + msg[1:])
    return _case(rows[0])


def find_case(connection: Connection, contract_id: str) -> Case | None:
    """Return the open case of a contract; None: there is none."""
    query = sa.select(cases).where(cases.c.open_contract_id == contract_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _case(row)


def read_cases(
    connection: Connection,
    *,
    acct: str | None = None,
    state: str | None = None,
    open_only: bool = False,
) -> list[Case]:
    """Return cases, the newest first."""
    query = sa.select(cases).order_by(cases.c.opened_at.desc(), cases.c.id)
    if acct is not None:
        query = query.where(cases.c.acct == acct)
    if state is not None:
        query = query.where(cases.c.state == state)
    if open_only:
        query = query.where(cases.c.open_contract_id.is_not(None))
    return [_case(row) for row in connection.execute(query)]


def record_case(connection: Connection, case: Case) -> None:
    """Add a case that is open."""
    connection.execute(
        sa.insert(cases).values(
            id=case.id,
            acct=case.acct,
            contract_id=case.contract_id,
            open_contract_id=case.contract_id,
            reason=case.reason.value,
            state=case.state,
            version=case.version,
            overdue=case.overdue,
            opened_at=iso(case.opened_at),
            opened_by=case.opened_by,
        )
    )


def record_moved(connection: Connection, case: Case, *, over: bool) -> None:
    """Write a case as a step left it, if nobody else moved it meanwhile."""
    moved = connection.execute(
        sa.update(cases)
        .where(cases.c.id == case.id, cases.c.version == case.version - 1)
        .values(
            open_contract_id=None if over else case.contract_id,
            reason=case.reason.value,
            state=case.state,
            previous_state=case.previous_state,
            version=case.version,
            overdue=case.overdue,
            noticed_at=_text(case.noticed_at),
            effective_at=_text(case.effective_at),
            ended_at=_text(case.ended_at),
            closed_at=_text(case.closed_at),
        )
    )
    if not moved.rowcount:
        msg = f"Somebody else moved case {case.id} meanwhile; look at it again."
        raise UnavailableError(msg)


def record_step(
    connection: Connection,
    case_id: str,
    taken: StepTaken,
    results: list[JsonValue],
    results_hash: bytes,
) -> None:
    """Add a step to a case's past."""
    connection.execute(
        sa.insert(case_steps).values(
            case_id=case_id,
            version=taken.version,
            row=taken.row,
            event=taken.event,
            from_state=taken.from_state,
            to_state=taken.to_state,
            by=taken.by,
            at=iso(taken.at),
            results=encode(results).decode(),
            results_hash=results_hash,
        )
    )


def read_history(connection: Connection, case_id: str) -> tuple[StepTaken, ...]:
    """Return every step a case took, in order."""
    query = (
        sa.select(case_steps).where(case_steps.c.case_id == case_id).order_by(case_steps.c.version)
    )
    return tuple(
        StepTaken(
            version=row.version,
            row=row.row,
            event=row.event,
            from_state=row.from_state,
            to_state=row.to_state,
            by=row.by,
            at=parse_iso(row.at),
        )
        for row in connection.execute(query)
    )


def read_results(connection: Connection, case_id: str, version: int) -> tuple[str, bytes]:
    """Return the guards' results of one step, as stored, and their hash."""
    query = sa.select(case_steps.c.results, case_steps.c.results_hash).where(
        case_steps.c.case_id == case_id, case_steps.c.version == version
    )
    row = connection.execute(query).one()
    return row.results, row.results_hash


def record_fact_row(  # noqa: PLR0913  (the columns of the table)
    connection: Connection,
    *,
    fact_id: str,
    case_id: str,
    kind: str,
    fact: Mapping[str, JsonValue],
    doc: bytes | None,
    author: str,
    at: datetime,
    compartment: str = "producible",
) -> None:
    """Add a fact to a case, behind those that are there: a clock may have been set back."""
    last = sa.select(sa.func.max(case_facts.c.seq)).where(case_facts.c.case_id == case_id)
    version = sa.select(cases.c.version).where(cases.c.id == case_id)
    connection.execute(
        sa.insert(case_facts).values(
            seq=(connection.execute(last).scalar_one() or 0) + 1,
            version=connection.execute(version).scalar_one(),
            id=fact_id,
            case_id=case_id,
            kind=kind,
            fact=encode(dict(fact)).decode(),
            doc=doc,
            author=author,
            at=iso(at),
            compartment=compartment,
        )
    )


def read_fact_rows(connection: Connection, case_id: str) -> list[StoredFact]:
    """Return what was recorded about a case, in order; what is purged is not there."""
    query = (
        sa.select(case_facts)
        .where(case_facts.c.case_id == case_id, case_facts.c.fact != PURGED_FACT)
        .order_by(case_facts.c.seq, case_facts.c.at, case_facts.c.id)
    )
    return [StoredFact(row) for row in connection.execute(query)]


def find_task(connection: Connection, case_id: str) -> Task | None:
    """Return what a case's ladder was last said to ask for; None: nothing."""
    query = sa.select(contact_tasks).where(contact_tasks.c.case_id == case_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Task(step=row.step, title=row.title, due_at=parse_iso(row.due_at), kind=row.kind)


def record_task(connection: Connection, case_id: str, task: Task | None) -> None:
    """Keep what a case's ladder asks for next, in place of what it asked for."""
    connection.execute(sa.delete(contact_tasks).where(contact_tasks.c.case_id == case_id))
    if task is not None:
        connection.execute(
            sa.insert(contact_tasks).values(
                case_id=case_id,
                step=task.step,
                kind=task.kind,
                title=task.title,
                due_at=iso(task.due_at),
            )
        )


def read_holds(connection: Connection, case: Case) -> tuple[HoldFact, ...]:
    """Return the holds in force that reach a case's account."""
    return tuple(
        HoldFact(
            id=one.id,
            kind=one.kind.value,
            own=one.case_id == case.id,
            set_at=one.set_at,
            author=one.author,
        )
        for one in read_holds_on(connection, case.acct)
    )


def read_ends(connection: Connection, acct: str, epoch: int, size: int) -> tuple[str, str]:
    """Return the types of a chain's first and last record; empty where there is none."""
    query = sa.select(records.c.seq, records.c.type).where(
        records.c.acct == acct, records.c.epoch == epoch, records.c.seq.in_([1, size])
    )
    types = {row.seq: row.type for row in connection.execute(query)}
    return types.get(1, ""), types.get(size, "")


def _case(row: Any) -> Case:  # noqa: ANN401  (a row has the shape of its query)
    return Case(
        id=row.id,
        acct=row.acct,
        contract_id=row.contract_id,
        reason=Reason(row.reason),
        state=row.state,
        previous_state=row.previous_state,
        version=row.version,
        overdue=row.overdue,
        opened_at=parse_iso(row.opened_at),
        opened_by=row.opened_by,
        noticed_at=_moment(row.noticed_at),
        effective_at=_moment(row.effective_at),
        ended_at=_moment(row.ended_at),
        closed_at=_moment(row.closed_at),
    )
