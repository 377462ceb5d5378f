"""What changes a case without moving it: its reason, a later end; and the way back for a customer.

None of them can be used to get around a guard: a new reason runs the guards of every row taken so
far again, an end is only ever put off, and a reinstated customer gets a new contract and account.
"""

from dataclasses import replace
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.model import Account, Opening
from stationd.accounts.service import place_account
from stationd.cases import store
from stationd.cases.chronicle import append_gathered, gather, scene_of
from stationd.cases.effects import EVALUATE, evaluations, keep_fact
from stationd.cases.facts import read_facts
from stationd.cases.guards import GUARDS
from stationd.cases.model import Case, Reason
from stationd.cases.recording import place_fact
from stationd.cases.results import refusals
from stationd.cases.service import step_within
from stationd.cases.states import Event, Gate, State
from stationd.clock import iso
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.model import RecordType
from stationd.schedule.store import cancel_due, record_due
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["change_reason", "lengthen", "reinstate"]

_BEFORE_NOTICE = (State.OPENED, State.VERIFYING, State.CONTACTING, State.READY_FOR_NOTICE)


def change_reason(desk: Desk, case_id: str, reason: Reason, by: Person, *, text: str) -> Case:
    """Give a case another reason, if the guards of all it has passed allow it with that one."""
    require(by, Right.WORK_CASES)
    if not text.strip():
        raise MistakeError("A change of the reason says why.")
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        case = scene.case
        if case.state not in _BEFORE_NOTICE:
            raise MistakeError(
                f"The case is {case.state}; its reason can be changed until a notice is out. After "
                "that it is withdrawn and opened anew."
            )
        if reason is case.reason:
            raise MistakeError(f"The reason is {reason} already.")
        facts = replace(read_facts(connection, desk, case, scene.now), reason=reason)
        results = tuple(GUARDS[name](facts, gate) for name, gate in _passed_so_far(case))
        if refusals(results):
            named = ", ".join(one.id for one in refusals(results))
            raise RefusedError(f"For {reason} the case has not come so far: {named}.", results)
        moved = replace(case, reason=reason, version=case.version + 1)
        store.record_moved(connection, moved, over=False)
        told: dict[str, JsonValue] = {"from": case.reason.value, "to": reason.value}
        place_fact(scene, "reason", {**told, "text": text.strip()}, None)
        gather(scene, RecordType.CASE, {"kind": "reason", **told})
        append_gathered(scene)
        return moved


def _passed_so_far(case: Case) -> list[tuple[str, Gate]]:
    """Return the guards of the rows that led a case to where it is."""
    state = State(case.state)
    if state in (State.OPENED, State.VERIFYING):
        return [("G2", Gate.OPEN)]
    passed = [("G1", Gate.STEP), ("G2", Gate.STEP)]
    if state is State.READY_FOR_NOTICE:
        passed += [("G3", Gate.STEP), ("G8c", Gate.STEP)]
    return passed


def lengthen(desk: Desk, case_id: str, until: datetime, by: Person, *, text: str) -> Case:
    """Put the effective instant off; nobody can bring it forward."""
    require(by, Right.DECIDE)
    if not text.strip():
        raise MistakeError("Putting the end off says why.")
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        case = scene.case
        if case.effective_at is None or case.ended_at is not None:
            raise MistakeError(f"The case is {case.state}; it has no end to put off.")
        if until <= case.effective_at:
            raise RefusedError(
                f"Service ends at {iso(case.effective_at)} at the earliest; that can be put off "
                "and never brought forward."
            )
        moved = replace(case, effective_at=until, overdue=False, version=case.version + 1)
        store.record_moved(connection, moved, over=False)
        cancel_due(connection, case.id, at=scene.now, outcome="the end was put off", step=EVALUATE)
        record_due(connection, case.id, EVALUATE, evaluations(until, scene.now))
        told: dict[str, JsonValue] = {"from": iso(case.effective_at), "effective_at": iso(until)}
        place_fact(scene, "lengthened", {**told, "text": text.strip()}, None)
        gather(scene, RecordType.CASE, {"kind": "lengthened", **told})
        append_gathered(scene)
        return moved


def reinstate(desk: Desk, case_id: str, opening: Opening, by: Person) -> Account:
    """Open a new contract and account for the customer of a closed case (T18); link both.

    The old record stays closed.
    """
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        scene = step_within(connection, desk, case_id, Event.REINSTATED, by)
        old = scene.case
        linked = replace(
            opening, details={**opening.details, "reinstates": {"acct": old.acct, "case": old.id}}
        )
        account, draft = place_account(desk, connection, linked, by=by)
        told: dict[str, JsonValue] = {"acct": account.acct, "contract": account.contract_id}
        keep_fact(scene, "reinstated", told)
        gather(scene, RecordType.CASE, {"kind": "reinstated", "new": told})
        scene.drafts.append(draft)
        append_gathered(scene)
        return account
