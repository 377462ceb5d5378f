"""Call cards: what to say and ask, whom to call, and what came of it.

What a call brought is recorded in one transaction: the contact, the reason, the promise.  "Problem
with the service" is a dispute, and the case goes there in the same transaction (`T6`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from archive.canonical import JsonValue
from stationd.accounts.store import (
    read_account,
    read_contract,
    read_customer,
    read_site,
)
from stationd.billing.model import Statement, money
from stationd.billing.standing import statement
from stationd.billing.store import read_lines
from stationd.cases import store
from stationd.cases.chronicle import append_gathered, scene_of
from stationd.cases.contacting import plan_contact, read_task
from stationd.cases.effects import Scene
from stationd.cases.kinds import check_fields
from stationd.cases.ladder import Task
from stationd.cases.model import Case
from stationd.cases.recording import check_told, place_fact
from stationd.cases.service import step_within
from stationd.cases.states import Event, State
from stationd.cases.store import StoredFact
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.staff.model import Person
from stationd.staff.rights import Right, may, require

__all__ = ["Call", "CallCard", "Outcome", "call_card", "record_call"]

_CONTACTS = ("contact", "promise", "nonpayment_reason", "ladder_waiver")


class Outcome(StrEnum):
    """What came of a call."""

    REACHED = "reached"
    NO_ANSWER = "no-answer"
    LEFT_MESSAGE = "left-message"
    WRONG_NUMBER = "wrong-number"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """What somebody needs who calls a customer.

    ``people`` are those to call, as they stand on file; of the station's own call list only for
    those who may see it.  ``task`` None: the ladder asks for nothing.
    """

    case: Case
    contract: str
    customer: str
    site: str
    local_time: datetime
    people: tuple[Mapping[str, str], ...]
    task: Task | None
    say: tuple[str, ...]
    before: tuple[StoredFact, ...]
    stands: Statement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a call brought; empty or None: it did not come up.

    ``step`` of the ladder; empty: the one that is next.  ``problem`` is what is wrong with the
    service or the debt, as the customer says: it opens the dispute.
    """

    outcome: Outcome
    person: str = ""
    step: str = ""
    reason: str = ""
    promised_on: date | None = None
    promised: str = ""
    problem: str = ""
    text: str = ""


# --- The card ---


def call_card(desk: Desk, case_id: str, by: Person) -> CallCard:
    """Return what somebody needs who calls the customer of a case."""
    require(by, Right.SEE_MONEY, Right.LOG_CONTACTS)
    with desk.database.reading() as connection:
        case = store.read_case(connection, case_id)
        contract = read_contract(connection, case.contract_id)
        site = read_site(connection, contract.site_id)
        customer = read_customer(connection, site.customer_id)
        local = desk.clock.now().astimezone(ZoneInfo(site.zone))
        lines = read_lines(connection, contract.id)
        stands = statement(lines, local.date()) if lines else None
        rows = store.read_fact_rows(connection, case.id)
        task = read_task(connection, desk, case)
        people: list[Mapping[str, str]] = [{"name": customer.name, **_texts(customer.details)}]
        if may(by, Right.SEE_CODES):
            people += _listed(read_account(connection, case.acct).details.get("call_list"))
    return CallCard(
        case=case,
        contract=contract.number,
        customer=customer.name,
        site=f"{site.name}, {site.address}",
        local_time=local,
        people=tuple(people),
        task=task,
        say=tuple(_say(customer.name, contract.number, stands)),
        before=tuple(row for row in rows if row.kind in _CONTACTS),
        stands=stands,
    )


def _texts(details: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: str(details[name]) for name in ("phone", "email", "address") if details.get(name)}


def _listed(told: JsonValue) -> list[Mapping[str, str]]:
    """Return the people of an account's call list, in its order."""
    people = told if isinstance(told, list) else []
    return [
        {name: str(value) for name, value in one.items()}
        if isinstance(one, dict)
        else {"name": str(one)}
        for one in people
    ]


def _say(customer: str, contract: str, stands: Statement | None) -> list[str]:
    said = [f"Ask for {customer}; say who you are, and that it is about contract {contract}."]
    if stands is not None and stands.overdue:
        numbers = ", ".join(one.line.number for one in stands.unpaid if one.line.due < stands.on)
        said.append(
            f"{money(stands.overdue)} {stands.currency} is overdue since {stands.oldest_due} "
            f"({numbers})."
        )
    return [
        *said,
        "Ask why it was not paid, and write it down as it is said.",
        "Ask on which day it will be paid, and how much.",
        (
            "Ask whether anything is wrong with the service.  If so, promise nothing and threaten "
            "nothing: record the problem, and the dispute is open."
        ),
    ]


# --- What came of it ---


def record_call(desk: Desk, case_id: str, call: Call, by: Person) -> Case:
    """Record a call, and all it brought, in one transaction; return the case as it leaves it."""
    require(by, Right.WORK_CASES, Right.LOG_CONTACTS)
    _check(call)
    with desk.database.writing() as connection:
        scene = scene_of(connection, desk, case_id, by)
        contact: dict[str, JsonValue] = {"outcome": call.outcome.value}
        step = call.step or _next_call(connection, desk, scene.case)
        told = {"step": step, "person": call.person, "text": call.text.strip()}
        contact |= {name: value for name, value in told.items() if value}
        _place(scene, "contact", contact)
        if call.reason:
            _place(scene, "nonpayment_reason", {"why": call.reason})
        if call.promised_on is not None:
            promise: dict[str, JsonValue] = {"due": call.promised_on.isoformat()}
            _place(scene, "promise", promise | ({"amount": call.promised} if call.promised else {}))
        if call.problem:
            _place(scene, "dispute", {"text": call.problem.strip()})
            moved = _dispute(connection, desk, scene, by)
        else:
            plan_contact(connection, desk, scene.case)
            moved = scene
        append_gathered(moved)
        return moved.case


def _dispute(connection: Connection, desk: Desk, scene: Scene, by: Person) -> Scene:
    """Take T6, unless the case is in dispute already; what was gathered before goes with it."""
    if scene.case.state == State.DISPUTE_HOLD:
        return scene
    moved = step_within(connection, desk, scene.case.id, Event.DISPUTE, by)
    moved.drafts[:0] = scene.drafts
    return moved


def _next_call(connection: Connection, desk: Desk, case: Case) -> str:
    """Return the step that a call is, where the ladder asks for one next; else none."""
    task = read_task(connection, desk, case)
    return task.step if task is not None and task.kind == "call" else ""


def _place(scene: Scene, kind: str, told: Mapping[str, JsonValue]) -> None:
    checked = check_fields(kind, told)
    check_told(scene, kind, checked)
    place_fact(scene, kind, checked, None)


def _check(call: Call) -> None:
    said = call.reason or call.promised_on or call.problem
    if said and call.outcome is not Outcome.REACHED:
        raise MistakeError(
            f"The outcome is {call.outcome}: nobody was reached who could give a reason, promise "
            "a day or name a problem.  Say --outcome reached, or leave those away."
        )
    if call.promised and call.promised_on is None:
        raise MistakeError("An amount is promised for a day: say --promise-on too.")
