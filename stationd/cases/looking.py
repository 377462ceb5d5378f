"""Looking at a case: where it stands, what is missing, who can supply it, what is due."""

from dataclasses import dataclass

from stationd.approvals.model import Approval
from stationd.billing.model import Statement
from stationd.billing.standing import statement
from stationd.billing.store import read_lines
from stationd.bundles import store as bundles
from stationd.bundles.model import Order
from stationd.cases import store
from stationd.cases.contacting import read_task
from stationd.cases.facts import closing_epoch, read_facts
from stationd.cases.grounds import site_day
from stationd.cases.guards import evaluate, evaluate_all
from stationd.cases.ladder import Task
from stationd.cases.model import Case, Facts, GuardResult, StepTaken
from stationd.cases.results import at, refusals, results_hash
from stationd.cases.states import OVER, Event, Row, State, events_from, row
from stationd.cases.store import StoredFact
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.schedule.checks import read_check
from stationd.schedule.store import Due, read_steps

__all__ = ["AHEAD", "CaseView", "Possible", "cases", "look"]

AHEAD = {
    State.OPENED: Event.START,
    State.VERIFYING: Event.FACTS_OK,
    State.CONTACTING: Event.LADDER_DONE,
    State.DISPUTE_HOLD: Event.RESOLVED,
    State.COLLECTION_HOLD: Event.RETURNED,
    State.READY_FOR_NOTICE: Event.NOTICE_SENT,
    State.NOTICED: Event.TIME_OVER,
    State.ENDED: Event.COVERED,
    State.SEALED: Event.CLOSE,
}
"""The step that takes a case on from each state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Possible:
    """A step from where a case is: who may take it, and what refuses it now."""

    row: Row
    refused_by: tuple[GuardResult, ...]
    results: tuple[GuardResult, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseView:
    """A case with everything that a person looks at before moving it.

    ``missing`` says in plain words what keeps the case from going on, and who can supply it;
    ``task`` what its contact ladder asks for next, ``stands`` what its billing lines come to.
    """

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
    approvals: tuple[Approval, ...] = ()
    missing: tuple[str, ...] = ()
    task: Task | None = None
    stands: Statement | None = None


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
        possible = tuple(_possible(facts, event) for event in _events(case))
        waits = _waits(connection, case)
        return CaseView(
            case=case,
            results=results,
            results_hash=results_hash(results),
            events=_events(case),
            possible=possible,
            history=store.read_history(connection, case.id),
            facts=tuple(store.read_fact_rows(connection, case.id)),
            due=tuple(read_steps(connection, case.id)),
            orders=tuple(bundles.read_orders(connection, case_id=case.id)),
            waits=waits,
            approvals=facts.approvals,
            missing=tuple(_missing(case, facts, possible, waits)),
            task=read_task(connection, desk, case),
            stands=_stands(connection, case, facts),
        )


def _stands(connection: Connection, case: Case, facts: Facts) -> Statement | None:
    """Return what the contract's billing lines come to today; None: there are none."""
    lines = read_lines(connection, case.contract_id)
    return statement(lines, site_day(facts)) if lines else None


def _possible(facts: Facts, event: str) -> Possible:
    found = row(State(facts.state), event, facts.reason)
    results = evaluate(found, facts)
    return Possible(row=found, refused_by=refusals(results), results=results)


def _events(case: Case) -> tuple[str, ...]:
    return events_from(State(case.state), case.reason)


def _missing(case: Case, facts: Facts, possible: tuple[Possible, ...], waits: str) -> list[str]:
    """Return what the step that takes the case on still waits for, a sentence each."""
    if case.state in OVER:
        return []
    ahead = next(one for one in possible if one.row.event == AHEAD[State(case.state)])
    said = [one.text for one in ahead.refused_by]
    if waits:
        said.append(waits)
    if case.ended_at is not None and facts.newest("second_notice") is None:
        said.append(
            "The customer was not told yet that monitoring has ended. A clerk or manager sends the "
            "second notice and records it (`case facts … second_notice --file`)."
        )
    if not said:
        said.append(_next(case, ahead))
    return said


def _next(case: Case, ahead: Possible) -> str:
    """Return what happens next where nothing is missing."""
    if ahead.row.id in {"T14", "T16"}:
        return "Nothing is missing; the worker takes the next step by itself."
    if case.effective_at is not None and ahead.row.id == "T7":
        return f"Nothing is missing; the notice runs until {at(case.effective_at)}."
    return f"Nothing is missing: the step {ahead.row.event} can be taken."


def _waits(connection: Connection, case: Case) -> str:
    """Return what the worker said the close record waits for; empty: nothing."""
    found = read_check(connection, f"closing {case.id}")
    waiting = case.state == State.ENDED and closing_epoch(connection, case.id) is None
    return found.detail if found is not None and waiting else ""
