"""The case table: every state, every event, every row.

The table is data.  The manual's table and the diagram are made from it, a test walks it, and the
database stores the states' values.  `stationd.cases.service.step` is the only code that moves a
case, and it moves it along a row of this table or not at all.

Nothing leaves ``cured`` and ``withdrawn``.  A closed case stays closed: a reinstated customer gets
a new contract and account (T18), and a purge takes the record's bytes and nothing of the case
(T19).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stationd.cases.model import Reason, StepTaken
from stationd.errors import StepUnknownError
from stationd.staff.model import Role

__all__ = [
    "BEFORE_ENDED",
    "CLOSE_GUARDS",
    "END_GUARDS",
    "NOTICE_GUARDS",
    "OVER",
    "STATES",
    "TABLE",
    "Event",
    "Gate",
    "Row",
    "State",
    "events_from",
    "opening_row",
    "returns_to",
    "row",
    "target",
]


class State(StrEnum):
    """Where a case stands."""

    OPENED = "opened"
    VERIFYING = "verifying"
    CONTACTING = "contacting"
    DISPUTE_HOLD = "dispute_hold"
    COLLECTION_HOLD = "collection_hold"
    READY_FOR_NOTICE = "ready_for_notice"
    NOTICED = "noticed"
    ENDED = "ended"
    SEALED = "sealed"
    CLOSED = "closed"
    CURED = "cured"
    WITHDRAWN = "withdrawn"


STATES = {
    State.OPENED: "The case exists; the account's records may not be destroyed from here on.",
    State.VERIFYING: "The facts that the reason needs are checked.",
    State.CONTACTING: "Non-payment: the customer is contacted, step by step.",
    State.DISPUTE_HOLD: "The customer disputes the service or the debt; service goes on.",
    State.COLLECTION_HOLD: "With an attorney or agency; service goes on.",
    State.READY_FOR_NOTICE: "All facts are there; the notice may go out.",
    State.NOTICED: "The notice is sent and its time runs; the primary bundle is made.",
    State.ENDED: "Monitoring has stopped; after the late buffer the chain gets its close record "
    "and the closing bundle is made.",
    State.SEALED: "The closing bundle is verified and covers everything from open to close.",
    State.CLOSED: "The record is closed.",
    State.CURED: "The default was put right; service stays.",
    State.WITHDRAWN: "We gave up the termination; service stays.",
}


class Event(StrEnum):
    """What moves a case."""

    OPEN = "open"
    START = "start"
    FACTS_OK = "facts_ok"
    LADDER_DONE = "ladder_done"
    DISPUTE = "dispute"
    RESOLVED = "resolved"
    REFERRED = "referred"
    RETURNED = "returned"
    CURE = "cure"
    WITHDRAW = "withdraw"
    NOTICE_SENT = "notice_sent"
    NOTICE_RETURNED = "notice_returned"
    TIME_OVER = "time_over"
    OVERDUE = "overdue"
    COVERED = "covered"
    CLOSE = "close"
    REINSTATED = "reinstated"
    PURGE = "purge"


class Gate(StrEnum):
    """What a guard's result blocks: the same guard asks for less at END than at CLOSE."""

    OPEN = "OPEN"
    NOTICE = "NOTICE"
    END = "END"
    SEAL = "SEAL"
    CLOSE = "CLOSE"
    PURGE = "PURGE"
    STEP = "STEP"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Every guard of ``guards`` must pass; those of ``warns`` are evaluated and shown.  ``facts``
    names kinds of which one must be recorded since the case entered the state, ``once_noticed``
    those that are asked for only where a notice is out.  With ``approval`` a second person approves
    what the guards show, but for ``unshown``: what comes about after that.
    """

    id: str
    source: State | None
    event: Event
    to: tuple[State, ...]
    roles: frozenset[Role]
    effect: str
    gate: Gate = Gate.STEP
    guards: tuple[str, ...] = ()
    warns: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    once_noticed: tuple[str, ...] = ()
    approval: bool = False
    unshown: tuple[str, ...] = ()
    reasons: frozenset[Reason] = frozenset(Reason)


OVER = frozenset({State.CLOSED, State.CURED, State.WITHDRAWN})
BEFORE_ENDED = (
    State.OPENED,
    State.VERIFYING,
    State.CONTACTING,
    State.DISPUTE_HOLD,
    State.COLLECTION_HOLD,
    State.READY_FOR_NOTICE,
    State.NOTICED,
)
NOTICE_GUARDS = ("G4", "G5", "G6p", "G9p", "G14", "G15", "G16")
END_GUARDS = (
    *("G4", "G5", "G6", "G7", "G8", "G9", "G10"),
    *("G13", "G15", "G16", "G19", "G20"),
)
CLOSE_GUARDS = ("G4", "G5", "G6", "G9", "G10", "G11", "G12", "G17", "G18")

_STAFF = frozenset({Role.CLERK, Role.MANAGER})
_MANAGER = frozenset({Role.MANAGER})
# What is due may be done by the worker, which is nobody, or by hand.
_DUE = frozenset({Role.NOBODY, Role.MANAGER})
_LADDER = frozenset({Reason.NONPAYMENT, Reason.DEALER_DEFAULT})
_OTHER_REASONS = frozenset(Reason) - _LADDER


def _from_many(sources: tuple[State, ...], pattern: Row) -> tuple[Row, ...]:
    """Return ``pattern`` once for each state it leaves."""
    return tuple(
        Row(
            id=pattern.id,
            source=source,
            event=pattern.event,
            to=pattern.to,
            roles=pattern.roles,
            effect=pattern.effect,
            facts=pattern.facts,
            once_noticed=pattern.once_noticed,
        )
        for source in sources
    )


def _without(state: State) -> tuple[State, ...]:
    return tuple(source for source in BEFORE_ENDED if source is not state)


TABLE: tuple[Row, ...] = (
    Row(
        id="T1",
        source=None,
        event=Event.OPEN,
        to=(State.OPENED,),
        roles=_STAFF,
        gate=Gate.OPEN,
        guards=("G2",),
        effect="A `records` hold of the case begins: nothing of the account may be destroyed.",
    ),
    Row(
        id="T2",
        source=State.OPENED,
        event=Event.START,
        to=(State.VERIFYING,),
        roles=_STAFF,
        effect="",
    ),
    Row(
        id="T3",
        source=State.VERIFYING,
        event=Event.FACTS_OK,
        to=(State.CONTACTING,),
        roles=_STAFF,
        guards=("G1", "G2"),
        reasons=_LADDER,
        effect="The contact ladder in force is kept with the case.",
    ),
    Row(
        id="T4",
        source=State.VERIFYING,
        event=Event.FACTS_OK,
        to=(State.READY_FOR_NOTICE,),
        roles=_STAFF,
        guards=("G2", "G8c"),
        reasons=_OTHER_REASONS,
        effect="",
    ),
    Row(
        id="T5",
        source=State.CONTACTING,
        event=Event.LADDER_DONE,
        to=(State.READY_FOR_NOTICE,),
        roles=_STAFF,
        guards=("G3", "G4", "G8c"),
        effect="",
    ),
    *_from_many(
        _without(State.DISPUTE_HOLD),
        Row(
            id="T6",
            source=None,
            event=Event.DISPUTE,
            to=(State.DISPUTE_HOLD,),
            roles=_STAFF,
            facts=("dispute",),
            effect="END cannot happen while the dispute is open; the state is remembered; the "
            "contract stands as disputed; the functioning report of what is disputed is made.",
        ),
    ),
    Row(
        id="T7",
        source=State.DISPUTE_HOLD,
        event=Event.RESOLVED,
        to=(*_without(State.DISPUTE_HOLD),),
        roles=_MANAGER,
        facts=("dispute_decision",),
        effect="Back to the remembered state; to `contacting` if the effective instant has "
        "passed meanwhile, and then a new notice is needed.",
    ),
    *_from_many(
        _without(State.COLLECTION_HOLD),
        Row(
            id="T8",
            source=None,
            event=Event.REFERRED,
            to=(State.COLLECTION_HOLD,),
            roles=_STAFF,
            facts=("referral",),
            effect="END cannot happen while the case is in collection; the state is remembered; "
            "the contract stands as in collection.",
        ),
    ),
    Row(
        id="T9",
        source=State.COLLECTION_HOLD,
        event=Event.RETURNED,
        to=(State.READY_FOR_NOTICE, State.NOTICED, State.DISPUTE_HOLD),
        roles=_STAFF,
        guards=("G1", "G2", "G5", "G8c"),
        facts=("clearance", "attorney_instruction", "collection_return"),
        effect="To `noticed` if a notice still runs, to `dispute_hold` if a dispute is still "
        "open, else to `ready_for_notice`, and then a new notice is needed.",
    ),
    *_from_many(
        BEFORE_ENDED,
        Row(
            id="T10",
            source=None,
            event=Event.CURE,
            to=(State.CURED,),
            roles=_MANAGER,
            facts=("cure_accepted",),
            effect="The case's hold is released; service stays; the contract stands as current.",
        ),
    ),
    *_from_many(
        BEFORE_ENDED,
        Row(
            id="T11",
            source=None,
            event=Event.WITHDRAW,
            to=(State.WITHDRAWN,),
            roles=_MANAGER,
            once_noticed=("withdrawal_letter",),
            effect="The case's hold is released; service stays.",
        ),
    ),
    Row(
        id="T12",
        source=State.READY_FOR_NOTICE,
        event=Event.NOTICE_SENT,
        to=(State.NOTICED,),
        roles=_STAFF,
        gate=Gate.NOTICE,
        guards=(*NOTICE_GUARDS, "G6"),
        approval=True,
        unshown=("G6",),
        effect="The effective instant is computed and stored with its inputs; the primary "
        "bundle is ordered; evaluations are due 72 h, 24 h and 1 h before the instant and at it.",
    ),
    Row(
        id="T13",
        source=State.NOTICED,
        event=Event.NOTICE_RETURNED,
        to=(State.NOTICED,),
        roles=_STAFF,
        facts=("notice_returned",),
        effect="Nothing is reset; another channel has to be tried.",
    ),
    Row(
        id="T14",
        source=State.NOTICED,
        event=Event.TIME_OVER,
        to=(State.ENDED,),
        roles=_DUE,
        gate=Gate.END,
        guards=END_GUARDS,
        warns=("G11", "G18"),
        effect="Service is `ended`, the contract's standing too; the close record and the closing "
        "bundle are due after the late buffer; a second notice is asked for.",
    ),
    Row(
        id="T15",
        source=State.NOTICED,
        event=Event.OVERDUE,
        to=(State.NOTICED,),
        roles=_DUE,
        guards=("G7",),
        effect="The case is marked overdue: service runs past the date told to the customer.",
    ),
    Row(
        id="T16",
        source=State.ENDED,
        event=Event.COVERED,
        to=(State.SEALED,),
        roles=_DUE,
        gate=Gate.SEAL,
        guards=("G11", "G12"),
        effect="",
    ),
    Row(
        id="T17",
        source=State.SEALED,
        event=Event.CLOSE,
        to=(State.CLOSED,),
        roles=_MANAGER,
        gate=Gate.CLOSE,
        guards=CLOSE_GUARDS,
        effect="The account's record is `closed`; the retention date is set and the locks of its "
        "other bundles are extended to it; its numbers are nobody else's for a while; the case's "
        "hold is released.",
    ),
    Row(
        id="T18",
        source=State.CLOSED,
        event=Event.REINSTATED,
        to=(State.CLOSED,),
        roles=_MANAGER,
        effect="A new contract and account are opened (`case reinstate`); both sides name each "
        "other; the old record stays closed.",
    ),
    Row(
        id="T19",
        source=State.CLOSED,
        event=Event.PURGE,
        to=(State.CLOSED,),
        roles=frozenset({Role.NOBODY}),
        gate=Gate.PURGE,
        guards=("G10",),
        effect="The purge procedure takes this row for each case of an account whose record it "
        "removes; the account's record is `purged`.",
    ),
)


def opening_row(reason: Reason) -> Row:
    """Return the row that opens a case."""
    return next(found for found in TABLE if found.source is None and reason in found.reasons)


def row(state: State, event: str, reason: Reason) -> Row:
    """Return the row for ``event`` in ``state``, or raise `StepUnknownError`."""
    for found in TABLE:
        if found.source is state and found.event == event and reason in found.reasons:
            return found
    raise StepUnknownError(state.value, event, events_from(state, reason))


def events_from(state: State, reason: Reason) -> tuple[str, ...]:
    """Return the events that have a row in ``state``, in the table's order."""
    return tuple(
        found.event.value for found in TABLE if found.source is state and reason in found.reasons
    )


def returns_to(history: tuple[StepTaken, ...]) -> State | None:
    """Return the state that the hold a case is in was entered from; None: it is in no hold."""
    entered: list[State] = []
    for taken in history:
        if taken.row in {"T6", "T8"}:
            entered.append(State(taken.from_state))
        elif taken.row in {"T7", "T9"} and entered:
            entered.pop()
    return entered[-1] if entered else None


def target(
    found: Row, previous: State | None, effective_at: datetime | None, now: datetime
) -> State:
    """Return the state that ``found`` leads to; only T7 and T9 depend on more than the row."""
    running = effective_at is not None and now < effective_at
    if found.id == "T7":
        returned = previous or State.CONTACTING
        passed = effective_at is not None and not running
        return State.CONTACTING if passed and returned is State.NOTICED else returned
    if found.id == "T9":
        if previous is State.DISPUTE_HOLD:
            return State.DISPUTE_HOLD
        return State.NOTICED if running else State.READY_FOR_NOTICE
    return found.to[0]
