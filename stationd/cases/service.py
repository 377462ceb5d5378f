"""Cases: opened and moved.  `step` is the only way a case moves.

It loads the case, evaluates every guard of the row, moves or refuses, does what the row does
besides, and appends the ledger record, in one transaction.  Console, command line and the
worker's wake-up call it and no other.  No argument, flag or role takes a guard away; two persons
can waive some, by an approval of exactly what the guards show.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.model import RecordState
from stationd.accounts.store import read_account, read_contract, read_site
from stationd.approvals.model import Approval, Purpose
from stationd.approvals.store import record_approval_used
from stationd.cases import store
from stationd.cases.chronicle import append_gathered, record_step
from stationd.cases.contacting import plan_contact
from stationd.cases.effects import EFFECTS, Scene
from stationd.cases.facts import account_fact, contract_fact, read_facts
from stationd.cases.guards import approvable, counting, evaluate
from stationd.cases.kinds import KINDS
from stationd.cases.looking import CaseView, Possible, cases, look
from stationd.cases.model import (
    Attachment,
    Case,
    Facts,
    GuardResult,
    Reason,
    RecordedFact,
    StepTaken,
)
from stationd.cases.reasons import opening_documents
from stationd.cases.recording import (
    decide_payment,
    keep_document,
    place_fact,
    read_attachment,
    record_declaration,
    record_fact,
    record_notice,
)
from stationd.cases.results import refusals
from stationd.cases.states import OVER, Event, Row, State, opening_row, returns_to, row, target
from stationd.cases.store import StoredFact
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.staff.model import Person, Role
from stationd.staff.rights import title

__all__ = [
    "CaseView",
    "Opened",
    "Possible",
    "StoredFact",
    "cases",
    "decide_payment",
    "look",
    "open_case",
    "open_cases",
    "opening_kinds",
    "read_attachment",
    "record_declaration",
    "record_fact",
    "record_notice",
    "step",
    "step_within",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What became of one account of many: its case, or why none was opened."""

    acct: str
    case: Case | None
    why: str = ""
    results: tuple[object, ...] = ()


# --- Opening ---


def opening_kinds(desk: Desk, acct: str, reason: Reason) -> tuple[str, ...]:
    """Return the kinds of document of which one opens a case on an account for ``reason``."""
    with desk.database.reading() as connection:
        contract = read_contract(connection, read_account(connection, acct).contract_id)
        return opening_documents(reason, contract.party)


def open_case(
    desk: Desk, acct: str, reason: Reason, by: Person, *, kind: str, document: Attachment
) -> Case:
    """Open a case (T1) on the ground of ``document``, a fact of ``kind``; set the case's hold.

    Raises `RefusedError` where the document is not one that the reason needs, and `MistakeError`
    where the contract has an open case.
    """
    with desk.database.writing() as connection:
        case, _ = _open(connection, desk, acct, reason, by, kind=kind, document=document)
        return case


def open_cases(
    desk: Desk, accts: Iterable[str], reason: Reason, by: Person, *, kind: str, document: Attachment
) -> list[Opened]:
    """Open one case for each account, each in a transaction and with guards of its own.

    What one account refuses stops no other.  The document is kept once, and named by every case.
    """
    done: list[Opened] = []
    doc: bytes | None = None
    for acct in dict.fromkeys(accts):
        try:
            with desk.database.writing() as connection:
                case, doc = _open(
                    connection, desk, acct, reason, by, kind=kind, document=document, known=doc
                )
        except (MistakeError, RefusedError) as error:
            results = tuple(getattr(error, "results", ()))
            done.append(Opened(acct=acct, case=None, why=str(error), results=results))
        else:
            done.append(Opened(acct=acct, case=case))
    return done


def _open(  # noqa: PLR0913  (what a case is opened with)
    connection: Connection,
    desk: Desk,
    acct: str,
    reason: Reason,
    by: Person,
    *,
    kind: str,
    document: Attachment,
    known: bytes | None = None,
) -> tuple[Case, bytes]:
    """Open a case in the caller's transaction; return it and the hash of its document."""
    found = opening_row(reason)
    _authorise(found, by)
    if kind not in KINDS:
        raise MistakeError(f"There is no fact of kind {kind}.")
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
    facts = _opening_facts(connection, case, kind)
    results = _passed(found, facts, case)
    store.record_case(connection, case)
    scene = Scene(connection=connection, desk=desk, case=case, facts=facts, by=by)
    _, fields = EFFECTS[found.id](scene)
    record_step(scene, found, results, source="", fields=fields)
    doc = known or keep_document(scene, kind, document, compartment=KINDS[kind].compartment)
    place_fact(scene, kind, {}, document, known=doc)
    append_gathered(scene)
    return case, doc


def _opening_facts(connection: Connection, case: Case, kind: str) -> Facts:
    contract = read_contract(connection, case.contract_id)
    site = read_site(connection, contract.site_id)
    ground = RecordedFact(
        id="document", kind=kind, at=case.opened_at, author=case.opened_by, has_document=True
    )
    return Facts(
        now=case.opened_at,
        reason=case.reason,
        state=case.state,
        recorded=(ground,),
        contract=contract_fact(contract),
        account=account_fact(read_account(connection, case.acct), site),
    )


def _check_free(connection: Connection, contract_id: str, record: RecordState) -> None:
    if record is not RecordState.OPEN:
        raise MistakeError(f"The account's record is {record}; there is nothing to terminate.")
    other = store.find_case(connection, contract_id)
    if other is not None:
        msg = f"The contract has an open case already: {other.id}, {other.state}."
        raise MistakeError(msg)


# --- Moving ---


def step(desk: Desk, case_id: str, event: str, by: Person) -> Case:
    """Move a case along a row of the table, or raise `RefusedError` with every guard's result.

    Raises `StepUnknownError` where the state has no such row and `NotAuthorisedError` where the
    person may not take it.
    """
    if event == Event.REINSTATED:
        raise MistakeError("A reinstated customer gets a new account: `case reinstate` opens it.")
    with desk.database.writing() as connection:
        scene = step_within(connection, desk, case_id, event, by)
        append_gathered(scene)
        return scene.case


def step_within(connection: Connection, desk: Desk, case_id: str, event: str, by: Person) -> Scene:
    """Move a case in the caller's transaction; the caller appends what the scene has gathered."""
    now = desk.clock.now()
    case = store.read_case(connection, case_id)
    source = State(case.state)
    facts = read_facts(connection, desk, case, now)
    if event == Event.CLOSE and source is not State.SEALED and source not in OVER:
        raise _not_sealed(case, facts)
    found = row(source, event, case.reason)
    _authorise(found, by)
    results = _passed(found, facts, case)
    used = _approvals(found, facts)
    moved = _moved(connection, found, case, now)
    scene = Scene(connection=connection, desk=desk, case=moved, facts=facts, by=by)
    fields: dict[str, JsonValue] = {}
    if found.id in EFFECTS:
        moved, fields = EFFECTS[found.id](scene)
    store.record_moved(connection, moved, over=moved.state in OVER)
    scene = replace(scene, case=moved)
    record_step(scene, found, results, source=source.value, fields={**fields, **_told(used)})
    for one in used:
        record_approval_used(connection, one.id, at=now)
    plan_contact(connection, desk, scene.case)
    return scene


def _approvals(found: Row, facts: Facts) -> Sequence[Approval]:
    """Return the approvals that a step rests on."""
    _, shown = approvable(found, facts)
    given = counting(facts, Purpose.OVERRIDE, found.id, shown)
    return (*given, *counting(facts, Purpose.STEP, found.id, shown)) if found.approval else given


def _told(used: Sequence[Approval]) -> dict[str, JsonValue]:
    """Return what a step's record says of its approvals."""
    fields: dict[str, JsonValue] = {}
    waived = sorted({guard for one in used for guard in one.guards})
    if used:
        fields["approvals"] = [one.id for one in used]
    if waived:
        fields["waived"] = list[JsonValue](waived)
    if any(one.alone for one in used):
        fields["sole_operator"] = True
    return fields


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
