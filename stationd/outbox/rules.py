"""Which letter may go in which state of its case, and what must hold at the instant it goes.

Pure: the same facts give the same answer.  It is asked when a letter is ordered to be sent, in the
transaction that takes it up, and once more before the act that cannot be taken back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from stationd.cases.guards import GUARDS, evaluate
from stationd.cases.model import Case, Facts, GuardResult, RecordedFact, Status
from stationd.cases.reasons import RULES as REASONS
from stationd.cases.results import refusals
from stationd.cases.states import BEFORE_ENDED, Event, Gate, State, row
from stationd.clock import iso
from stationd.outbox.model import Letter

__all__ = ["NOTICES", "RULES", "LetterRule", "form_fault", "sending_fault"]

NOTICES = frozenset({"termination", "confirmation"})

_RUNNING = frozenset(BEFORE_ENDED)
_AFTER_NOTICE = frozenset(
    {State.NOTICED, State.DISPUTE_HOLD, State.COLLECTION_HOLD, State.ENDED, State.SEALED}
)
_WHILE_NOTICED = ("G4", "G5", "G14", "G15", "G16")
_OLDER = "It was drafted before the case was made ready for a notice again."
_DUNNING = frozenset({State.CONTACTING, State.READY_FOR_NOTICE})


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterRule:
    """What a kind of letter is in a case.

    ``draft`` and ``sent`` are the kinds of fact of its draft and of its sending.  ``to`` says whose
    name and address it takes from the records: customer, authority, issuer, or given by hand.
    ``decides``: a manager orders it.  ``guards`` must pass when it goes.
    """

    states: frozenset[State]
    draft: str = "letter_draft"
    sent: str = "letter_sent"
    to: str = "customer"
    drafted_in: frozenset[State] = frozenset()
    decides: bool = False
    guards: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    step: str = ""
    optional: tuple[str, ...] = field(default=())


_NOTICE = LetterRule(
    states=frozenset({State.READY_FOR_NOTICE, State.NOTICED}),
    drafted_in=frozenset({State.READY_FOR_NOTICE}),
    draft="notice_draft",
    sent="notice",
    optional=("request.received_on",),
)

RULES: Mapping[str, LetterRule] = MappingProxyType(
    {
        "termination": _NOTICE,
        "confirmation": _NOTICE,
        "late_fee": LetterRule(
            states=_DUNNING,
            guards=("G4", "G5", "G14"),
            given=("fees.starts_on", "fees.rule"),
            step="late-fee",
        ),
        "intent_to_suspend": LetterRule(
            states=_DUNNING,
            guards=("G4", "G5", "G14"),
            given=("suspension.on",),
            step="intent-to-suspend",
        ),
        "agency_warning": LetterRule(
            states=_DUNNING,
            guards=("G4", "G14"),
            given=("agency.name", "agency.on"),
            step="agency-warning",
        ),
        "second_notice": LetterRule(
            states=frozenset({State.ENDED, State.SEALED}), sent="second_notice"
        ),
        "withdrawal_of_notice": LetterRule(
            states=frozenset({State.NOTICED, State.DISPUTE_HOLD, State.COLLECTION_HOLD}),
            sent="withdrawal_letter",
            decides=True,
        ),
        "ahj_termination": LetterRule(
            states=frozenset({State.NOTICED, State.ENDED, State.SEALED}),
            drafted_in=frozenset(
                {State.READY_FOR_NOTICE, State.NOTICED, State.ENDED, State.SEALED}
            ),
            draft="authority_draft",
            sent="authority_letter",
            to="authority",
            optional=("authority.successor",),
        ),
        "issuer_cancellation": LetterRule(
            states=frozenset({State.NOTICED, State.ENDED, State.SEALED}),
            sent="issuer_cancellation",
            to="issuer",
        ),
        "hold_notice": LetterRule(
            states=_RUNNING | _AFTER_NOTICE,
            to="given",
            given=("hold.scope", "hold.classes", "hold.since", "hold.asked_by"),
        ),
        "release_record": LetterRule(
            states=_RUNNING | _AFTER_NOTICE,
            to="given",
            given=("release.to", "release.ground", "release.what", "release.redactions"),
        ),
    }
)
"""Every kind that belongs to a case."""


def sending_fault(
    letter: Letter, case: Case, facts: Facts, *, computed: datetime | None
) -> str | None:
    """Return why a letter may not go out now; None: it may.

    ``computed`` is the instant that a notice which goes now leads to, by its channel.
    """
    rule = RULES[letter.kind]
    state = State(case.state)
    if state not in rule.states:
        return f"The case is {case.state}, and a {letter.kind} letter does not go out then."
    fault = form_fault(letter, facts)
    if fault is not None:
        return fault
    if letter.kind in NOTICES and state is State.NOTICED:
        return _noticed_fault(letter, case, facts)
    if letter.kind in NOTICES:
        late_or_paid = _time_fault(letter, facts) or _paid_fault(case, facts)
        return late_or_paid or _notice_fault(letter, case, facts, computed)
    if letter.stated_at is not None and letter.stated_at != _instant(case):
        return (
            f"It states {iso(letter.stated_at)}, and the case has another instant now. It is "
            "drafted anew."
        )
    return _dunning_fault(rule, case, facts) or _said(facts, rule.guards)


def _dunning_fault(rule: LetterRule, case: Case, facts: Facts) -> str | None:
    """Return why a letter of a ladder does not go out; None: it does, or is none."""
    return _paid_fault(case, facts) if rule.step else None


def _paid_fault(case: Case, facts: Facts) -> str | None:
    """Return that nothing is owed any more of what a letter would ask for; None: something is."""
    if not REASONS[case.reason].ladder or facts.billing is None or facts.billing.overdue > 0:
        return None
    return (
        "Nothing is overdue by the contract's billing lines any more. A manager looks whether that "
        "cures the default (`billing show`, `case step … cure`)."
    )


def form_fault(letter: Letter, facts: Facts) -> str | None:
    """Return why the form of a letter counts no longer; None: it counts."""
    form = next((one for one in facts.forms if one.id == letter.form_id), None)
    if form is None:
        return "Its form is not among the signed ones."
    if form.withdrawn_at is not None:
        return f"The form {form.version} was withdrawn; the letter is drafted from another."
    if form.expires_at <= facts.now:
        return (
            f"Counsel's sign-off of the form {form.version} expired on {form.expires_at:%Y-%m-%d}."
        )
    return None


def _time_fault(letter: Letter, facts: Facts) -> str | None:
    if letter.send_by is not None and facts.now >= letter.send_by:
        return (
            f"It was to be sent before {iso(letter.send_by)}: the instant it states was computed "
            "for that. It is drafted anew, with a later --send-by."
        )
    return None


def _instant(case: Case) -> datetime | None:
    return case.ended_at or case.effective_at


def _notice_fault(
    letter: Letter, case: Case, facts: Facts, computed: datetime | None
) -> str | None:
    if REASONS[case.reason].notice != letter.kind:
        return f"For {case.reason} the notice is another letter than {letter.kind}."
    stated = letter.stated_at
    if stated is None or computed is None or computed > stated:
        at = "no instant" if computed is None else iso(computed)
        return f"Sent now it would lead to {at}, later than it states. It is drafted anew."
    draft = _draft(letter, facts)
    if draft is None:
        return _OLDER
    drafts = facts.of("notice_draft", after=facts.since)
    newest = [one for one in drafts if one.told.get("channel") == draft.told.get("channel")][-1]
    if newest.id != draft.id:
        return "A newer draft for this channel is recorded; that one goes out."
    found = row(State.READY_FOR_NOTICE, Event.NOTICE_SENT, case.reason)
    failing = [one for one in refusals(evaluate(found, facts)) if one.id not in found.unshown]
    return _first(failing)


def _noticed_fault(letter: Letter, case: Case, facts: Facts) -> str | None:
    """Once T12 was taken, only what was approved for it goes out, by other ways too.

    The case has its instant, and a copy that goes later does not move it.
    """
    draft = _draft(letter, facts)
    if draft is None:
        return _OLDER
    if draft.version >= facts.renoticed_version:
        return "It was drafted after the notice, and nobody approved it."
    if case.effective_at is None or case.effective_at != letter.stated_at:
        return "It states another instant than the case has."
    if facts.now >= case.effective_at:
        return "The instant it states has come."
    return _said(facts, _WHILE_NOTICED)


def _draft(letter: Letter, facts: Facts) -> RecordedFact | None:
    """Return the draft of a letter, if it is of this round."""
    drafts = facts.of("notice_draft", after=facts.since)
    return next((one for one in drafts if one.id == letter.fact_id), None)


def _said(facts: Facts, guards: tuple[str, ...]) -> str | None:
    return _first(
        [
            result
            for result in (GUARDS[name](facts, Gate.NOTICE) for name in guards)
            if result.status is Status.FAILED
        ]
    )


def _first(failing: list[GuardResult]) -> str | None:
    return f"{failing[0].id}: {failing[0].text}" if failing else None
