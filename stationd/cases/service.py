"""Cases: opened, told facts, and moved.  `step` is the only way a case moves.

It loads the case, evaluates every guard of the row, moves or refuses, does what the row does
besides, and appends the ledger record, in one transaction.  Console, command line and the
worker's wake-up call it and no other.  No argument, flag or role takes a guard away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from archive.canonical import JsonValue, encode
from stationd.accounts.model import RecordState
from stationd.accounts.store import read_account
from stationd.bundles import store as bundles
from stationd.bundles.model import Order
from stationd.cases import store
from stationd.cases.effects import EFFECTS, Scene
from stationd.cases.facts import closing_epoch, read_facts
from stationd.cases.guards import as_json, evaluate, evaluate_all, refusals, results_hash
from stationd.cases.kinds import CHANNELS, KINDS, kind_named, notice_kind
from stationd.cases.model import (
    Attachment,
    Case,
    Facts,
    GuardResult,
    Reason,
    RecordedFact,
    StepTaken,
)
from stationd.cases.states import (
    OVER,
    Event,
    Row,
    State,
    events_from,
    opening_row,
    returns_to,
    row,
    target,
)
from stationd.cases.store import StoredFact
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.ledger.compartments import compartment_of_fact
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.schedule.checks import read_check
from stationd.schedule.store import Due, read_steps
from stationd.staff.model import Person, Role
from stationd.staff.rights import Right, require, title

__all__ = [
    "CaseView",
    "Possible",
    "StoredFact",
    "cases",
    "look",
    "open_case",
    "record_declaration",
    "record_fact",
    "record_notice",
    "step",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """A step from where a case is: who may take it, and what refuses it now."""

    row: Row
    refused_by: tuple[GuardResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with everything that a person looks at before moving it."""

    case: Case
    results: tuple[GuardResult, ...]
    results_hash: bytes
    events: tuple[str, ...]
    possible: tuple[Possible, ...]
    history: tuple[StepTaken, ...]
    facts: tuple[StoredFact, ...]
    due: tuple[Due, ...]
    orders: tuple[Order, ...]
    waits: str


# --- Opening and moving ---


def open_case(
    desk: Desk, acct: str, reason: Reason, by: Person, *, kind: str, document: Attachment
) -> Case:
    """Open a case (T1) on the ground of ``document``, a fact of ``kind``; set the case's hold.

    Raises `RefusedError` where the document is not one that the reason needs, and `MistakeError`
    where the contract has an open case.
    """
    found = opening_row(reason)
    _authorise(found, by)
    with desk.database.writing() as connection:
        now = desk.clock.now()
        account = read_account(connection, acct)
        _check_free(connection, account.contract_id, account.record)
        case = Case(
            id=desk.ids.identifier()[:16],
            acct=acct,
            contract_id=account.contract_id,
            reason=reason,
            state=State.OPENED.value,
            previous_state=None,
            version=1,
            overdue=False,
            opened_at=now,
            opened_by=by.login,
        )
        ground = RecordedFact(id="document", kind=kind, at=now, author=by.login, has_document=True)
        facts = Facts(now=now, reason=reason, recorded=(ground,))
        results = _passed(found, facts, case)
        store.record_case(connection, case)
        scene = Scene(connection=connection, desk=desk, case=case, facts=facts, by=by)
        _, fields = EFFECTS[found.id](scene)
        _record_step(scene, found, results, source="", fields=fields)
        _record_fact(scene, kind, {}, document)
        _append(scene)
        return case


def step(desk: Desk, case_id: str, event: str, by: Person) -> Case:
    """Move a case along a row of the table, or raise `RefusedError` with every guard's result.

    Raises `StepUnknownError` where the state has no such row and `NotAuthorisedError` where the
    person may not take it.
    """
    with desk.database.writing() as connection:
        now = desk.clock.now()
        case = store.read_case(connection, case_id)
        source = State(case.state)
        facts = read_facts(connection, desk, case, now)
        if event == Event.CLOSE and source is not State.SEALED and source not in OVER:
            raise _not_sealed(case, facts)
        found = row(source, event, case.reason)
        _authorise(found, by)
        results = _passed(found, facts, case)
        moved = _moved(connection, found, case, now)
        scene = Scene(connection=connection, desk=desk, case=moved, facts=facts, by=by)
        fields: dict[str, JsonValue] = {}
        if found.id in EFFECTS:
            moved, fields = EFFECTS[found.id](scene)
        store.record_moved(connection, moved, over=moved.state in OVER)
        scene = replace(scene, case=moved)
        _record_step(scene, found, results, source=source.value, fields=fields)
        _append(scene)
        return moved


def _moved(connection: Connection, found: Row, case: Case, now: datetime) -> Case:
    """Return the case as the row itself moves it, before its effects."""
    history = store.read_history(connection, case.id)
    to = target(found, returns_to(history), case.effective_at, now)
    taken = StepTaken(
        version=case.version + 1,
        row=found.id,
        event=found.event.value,
        from_state=case.state,
        to_state=to.value,
        by="",
        at=now,
    )
    previous = returns_to((*history, taken))
    return replace(
        case,
        state=to.value,
        previous_state=None if previous is None else previous.value,
        version=case.version + 1,
    )


def _not_sealed(case: Case, facts: Facts) -> RefusedError:
    """Return the refusal to close before the case is sealed, with every guard of CLOSE."""
    results = evaluate(row(State.SEALED, Event.CLOSE, case.reason), facts)
    msg = f"Case {case.id} is {case.state}; only a sealed case can be closed."
    return RefusedError(msg, results)


def _passed(found: Row, facts: Facts, case: Case) -> tuple[GuardResult, ...]:
    """Return every result of the row's guards, or raise `RefusedError` with them."""
    results = evaluate(found, facts)
    failed = refusals(results)
    if failed:
        named = ", ".join(result.id for result in failed)
        msg = f"{found.id} ({found.event}) of case {case.id} is refused by {named}."
        raise RefusedError(msg, results)
    return results


def _authorise(found: Row, by: Person) -> None:
    if by.role not in found.roles:
        allowed = ", ".join(title(role) for role in Role if role in found.roles)
        msg = (
            f"{by.login} ({title(by.role)}) may not take the step {found.event}. "
            f"Who may: {allowed}."
        )
        raise NotAuthorisedError(msg)


def _check_free(connection: Connection, contract_id: str, record: RecordState) -> None:
    if record is not RecordState.OPEN:
        raise MistakeError(f"The account's record is {record}; there is nothing to terminate.")
    other = store.find_case(connection, contract_id)
    if other is not None:
        msg = f"The contract has an open case already: {other.id}, {other.state}."
        raise MistakeError(msg)


# --- Facts and notices ---


def record_fact(
    desk: Desk,
    case_id: str,
    kind: str,
    fact: Mapping[str, JsonValue],
    by: Person,
    *,
    document: Attachment | None = None,
) -> str:
    """Record a fact about a case that is not over, with its document; return the fact's id."""
    require(by, Right.WORK_CASES)
    if kind_named(kind).needs_document and document is None:
        msg = f"A fact of kind {kind} is a document: {KINDS[kind].title}. Name its file."
        raise MistakeError(msg)
    with desk.database.writing() as connection:
        scene = _scene(connection, desk, case_id, by)
        fact_id = _record_fact(scene, kind, fact, document)
        _append(scene)
        return fact_id


def record_notice(  # noqa: PLR0913  (what a notice is made of)
    desk: Desk,
    case_id: str,
    by: Person,
    *,
    document: Attachment,
    channel: str,
    address: str,
    sent_at: datetime | None = None,
    ends_on: date | None = None,
    declaration: Attachment | None = None,
) -> str:
    """Record that a notice went out: the exact bytes sent, how, where to, and the declaration.

    ``sent_at`` None: now.  ``ends_on`` is the date of ending that the customer asked for.  The
    kind follows from the case's reason.  Returns the fact's id.
    """
    require(by, Right.WORK_CASES)
    if channel not in CHANNELS:
        raise MistakeError(f"There is no channel {channel}; there are: {', '.join(CHANNELS)}.")
    with desk.database.writing() as connection:
        scene = _scene(connection, desk, case_id, by)
        sent = scene.now if sent_at is None else sent_at
        _check_notice(scene, sent)
        signed = None if declaration is None else _keep(scene, "declaration", declaration)
        fact: dict[str, JsonValue] = {
            "kind": notice_kind(scene.case.reason),
            "channel": channel,
            "address": address,
            "sent_at": iso(sent),
            "ends_on": None if ends_on is None else ends_on.isoformat(),
            "declaration": None if signed is None else signed.hex(),
        }
        fact_id = _record_fact(scene, "notice", fact, document)
        _append(scene)
        return fact_id


def record_declaration(
    desk: Desk, case_id: str, notice_id: str, by: Person, *, document: Attachment
) -> str:
    """Record the signed declaration of sending for a notice that was recorded without one."""
    require(by, Right.WORK_CASES)
    with desk.database.writing() as connection:
        scene = _scene(connection, desk, case_id, by)
        notices = [
            row.id
            for row in store.read_fact_rows(connection, scene.case.id)
            if row.kind == "notice" and row.id.startswith(notice_id)
        ]
        if len(notices) != 1 or not notice_id:
            raise MistakeError(f"The case has no notice {notice_id}; `case show` lists them.")
        fact_id = _record_fact(scene, "declaration", {"notice": notices[0]}, document)
        _append(scene)
        return fact_id


def _check_notice(scene: Scene, sent_at: datetime) -> None:
    if scene.case.state not in (State.READY_FOR_NOTICE, State.NOTICED):
        msg = (
            f"The case is {scene.case.state}; a notice is recorded once it is "
            f"{State.READY_FOR_NOTICE.value}."
        )
        raise MistakeError(msg)
    if sent_at > scene.now:
        raise MistakeError("The notice would have been sent in the future; give when it was sent.")
    if sent_at < scene.case.opened_at:
        msg = "The notice would have been sent before the case was opened; it belongs to its case."
        raise MistakeError(msg)


def _scene(connection: Connection, desk: Desk, case_id: str, by: Person) -> Scene:
    case = store.read_case(connection, case_id)
    if case.state in OVER:
        raise MistakeError(f"Case {case.id} is {case.state}; nothing more is recorded about it.")
    facts = Facts(now=desk.clock.now(), reason=case.reason)
    return Scene(connection=connection, desk=desk, case=case, facts=facts, by=by)


def _record_fact(
    scene: Scene, kind: str, fact: Mapping[str, JsonValue], document: Attachment | None
) -> str:
    """Store a fact and its file, and append the record that names both by hash."""
    doc = None if document is None else _keep(scene, kind, document)
    fact_id = scene.desk.ids.identifier()
    told: dict[str, JsonValue] = {
        **fact,
        "id": fact_id,
        "file": None if doc is None else doc.hex(),
        "kind_of_fact": kind,
    }
    from_json = Attachment(
        name=f"{kind}-{fact_id[:8]}.json", media_type="application/json", content=encode(told)
    )
    _keep(scene, kind, from_json, act="fact")
    store.record_fact_row(
        scene.connection,
        fact_id=fact_id,
        case_id=scene.case.id,
        kind=kind,
        fact=fact,
        doc=doc,
        author=scene.by.login,
        at=scene.now,
    )
    return fact_id


def _keep(scene: Scene, kind: str, document: Attachment, *, act: str = "document") -> bytes:
    """Store a document and append the record that names it; what it says stays outside."""
    doc = store_document(
        scene.connection,
        content=document.content,
        media_type=document.media_type,
        name=document.name,
        compartment=compartment_of_fact(kind),
        now=scene.now,
        ids=scene.desk.ids,
    )
    record_type = RecordType.NOTICE if kind in ("notice", "declaration") else RecordType.CASE
    _draft(scene, record_type, {"kind": act, "fact": kind, "doc": doc.hex()})
    return doc


# --- Looking ---


def cases(desk: Desk, *, acct: str | None = None, open_only: bool = False) -> list[Case]:
    """Return cases, the newest first."""
    with desk.database.reading() as connection:
        return store.read_cases(connection, acct=acct, open_only=open_only)


def look(desk: Desk, case_id: str) -> CaseView:
    """Return a case with every guard's result as of now, its past, and what is due."""
    with desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        facts = read_facts(connection, desk, case, desk.clock.now())
        results = evaluate_all(facts)
        rows = [row(State(case.state), event, case.reason) for event in _events(case)]
        return CaseView(
            case=case,
            results=results,
            results_hash=results_hash(results),
            events=_events(case),
            possible=tuple(
                Possible(row=one, refused_by=refusals(evaluate(one, facts))) for one in rows
            ),
            history=store.read_history(connection, case.id),
            facts=tuple(store.read_fact_rows(connection, case.id)),
            due=tuple(read_steps(connection, case.id)),
            orders=tuple(bundles.read_orders(connection, case_id=case.id)),
            waits=_waits(connection, case),
        )


def _events(case: Case) -> tuple[str, ...]:
    return events_from(State(case.state), case.reason)


def _waits(connection: Connection, case: Case) -> str:
    """Return what the worker said the close record waits for; empty: nothing."""
    found = read_check(connection, f"closing {case.id}")
    waiting = case.state == State.ENDED and closing_epoch(connection, case.id) is None
    return found.detail if found is not None and waiting else ""


# --- Records ---


def _record_step(
    scene: Scene,
    found: Row,
    results: tuple[GuardResult, ...],
    *,
    source: str,
    fields: Mapping[str, JsonValue],
) -> None:
    """Add the step to the case's past and to the ledger."""
    digest = results_hash(results)
    taken = StepTaken(
        version=scene.case.version,
        row=found.id,
        event=found.event.value,
        from_state=source,
        to_state=scene.case.state,
        by=scene.by.login,
        at=scene.now,
    )
    listed: list[JsonValue] = [as_json(result) for result in results]
    store.record_step(scene.connection, scene.case.id, taken, listed, digest)
    told: dict[str, JsonValue] = {
        "kind": "step",
        "event": taken.event,
        "from": taken.from_state,
        "guards": digest.hex(),
        "row": taken.row,
        "to": taken.to_state,
        "version": taken.version,
        **fields,
    }
    _draft(scene, RecordType.CASE, told)


def _draft(scene: Scene, record_type: RecordType, fields: Mapping[str, JsonValue]) -> None:
    """Gather a record about a case: for its account's chain, or after `close` for `station`."""
    closed = closing_epoch(scene.connection, scene.case.id)
    told: dict[str, JsonValue] = {**fields, "by": scene.by.login, "case": scene.case.id}
    if closed is not None:
        told["of"] = {"acct": scene.case.acct, "epoch": closed}
    origin = Origin.MACHINE if scene.by.role is Role.NOBODY else Origin.HUMAN
    chain = scene.case.acct if closed is None else STATION
    scene.drafts.append(RecordDraft(chain, record_type, origin, told))


def _append(scene: Scene) -> None:
    """Append what was gathered; the last act of the transaction."""
    append(
        scene.connection,
        scene.drafts,
        station=scene.desk.station,
        # The chain's own time: what the effects appended meanwhile must not stand after it.
        now=scene.desk.clock.now(),
        ids=scene.desk.ids,
    )
