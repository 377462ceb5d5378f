"""The guards: pure functions of frozen facts, and what a row makes of them.

The docstring of a guard states its rule; the text of its result is what a person reads, and says
what is missing and who can supply it.  All guards of a row are evaluated and reported, not the
first that fails.  The same facts give the same results and the same hash of them.

A failed guard that two persons waived is `waived`: their approval carries the hash of what they
were shown, and counts while the guards still say exactly that.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from stationd.approvals.model import Approval, Purpose
from stationd.cases import grounds, notices, proofs, stops
from stationd.cases.kinds import KINDS
from stationd.cases.model import Facts, GuardResult, Status
from stationd.cases.overrides import Class, class_of
from stationd.cases.results import restated, results_hash
from stationd.cases.states import BEFORE_ENDED, Gate, Row

__all__ = ["GUARDS", "approvable", "counting", "evaluate", "evaluate_all"]

Guard = Callable[[Facts, Gate], GuardResult]

GUARDS: Mapping[str, Guard] = MappingProxyType(
    {
        "G1": grounds.breach_verified,
        "G2": grounds.ground,
        "G3": grounds.ladder_done,
        "G4": stops.no_dispute,
        "G5": stops.attorney_agrees,
        "G6p": notices.notice_ready,
        "G6": notices.notice_sent,
        "G7": notices.time_over,
        "G8": notices.payments_decided,
        "G8c": grounds.contract_complete,
        "G9p": notices.authority_drafted,
        "G9": notices.authority_told,
        "G10": stops.no_hold,
        "G11": proofs.bundle_verified,
        "G12": proofs.covered,
        "G13": stops.quiet,
        "G14": grounds.no_stay,
        "G15": grounds.own_ground,
        "G16": grounds.not_prepaid,
        "G17": proofs.local_operation,
        "G18": proofs.vendors_settled,
        "G19": proofs.local_copy,
        "G20": stops.vulnerable_told,
    }
)

_APPROVAL = "approval"


def evaluate(found: Row, facts: Facts) -> tuple[GuardResult, ...]:
    """Return the result of every guard, warning, fact and approval that ``found`` asks for."""
    results, shown = approvable(found, facts)
    decided = tuple(_waived(one, found, facts, shown) for one in results)
    return (*decided, _approved(found, facts, shown)) if found.approval else decided


def approvable(found: Row, facts: Facts) -> tuple[tuple[GuardResult, ...], bytes]:
    """Return what the row's guards say by themselves, and the hash that an approval carries."""
    blocking = [_blocking(GUARDS[name](facts, found.gate), found) for name in found.guards]
    warning = [_warning(GUARDS[name](facts, found.gate)) for name in found.warns]
    needed = [_needed(found, facts, kinds) for kinds in _kinds(found, facts)]
    results = (*blocking, *warning, *needed)
    return results, results_hash(tuple(one for one in results if one.id not in found.unshown))


def evaluate_all(facts: Facts) -> tuple[GuardResult, ...]:
    """Return every guard's result: as END asks before service has ended, as CLOSE asks after."""
    gate = Gate.END if facts.state in BEFORE_ENDED else Gate.CLOSE
    return tuple(guard(facts, gate) for guard in GUARDS.values())


def counting(facts: Facts, purpose: Purpose, row: str, shown: bytes) -> tuple[Approval, ...]:
    """Return the approvals that count for a row now: of what is shown, unused and not too old."""
    return tuple(
        one
        for one in facts.approvals
        if (one.purpose, one.row) == (purpose, row)
        and one.approved
        and one.used_at is None
        and one.results_hash == shown
        and one.decided_at is not None
        and facts.now - one.decided_at <= facts.approval_valid
    )


def _waived(result: GuardResult, found: Row, facts: Facts, shown: bytes) -> GuardResult:
    if result.status is not Status.FAILED or class_of(result.id, found.id) is Class.NEVER:
        return result
    for one in counting(facts, Purpose.OVERRIDE, found.id, shown):
        if result.id in one.guards:
            text = f"Waived ({one.code}): {one.asked_by} asked, {one.decided_by} approved. "
            return restated(result, Status.WAIVED, blocks=result.blocks, text=text + result.text)
    return result


def _approved(found: Row, facts: Facts, shown: bytes) -> GuardResult:
    """A second person, who drafted nothing of it, has approved what the guards show."""
    authors = {one.author for one in facts.of("notice_draft", after=facts.since)}
    given = [
        one
        for one in counting(facts, Purpose.STEP, found.id, shown)
        if one.alone or one.decided_by not in authors
    ]
    if not given:
        text = (
            f"A second person approves the step {found.event}: whoever works the case asks (`case "
            "ask`), and a manager who did not draft the letter approves (`case approve`)."
        )
        asked = [one for one in facts.approvals if one.row == found.id and one.approved is None]
        if asked:
            text = (
                f"{asked[-1].asked_by} asked for approval; a manager who did not draft the letter "
                f"approves (`case approve {asked[-1].id[:8]}`)."
            )
        return GuardResult(id=_APPROVAL, status=Status.FAILED, text=text, blocks=(found.id,))
    one = given[-1]
    alone = ", as sole operator" if one.alone else ""
    return GuardResult(
        id=_APPROVAL,
        status=Status.PASSED,
        text=f"{one.asked_by} asked, {one.decided_by} approved{alone}.",
        facts=(one.id,),
        since=one.decided_at,
        blocks=(found.id,),
    )


def _blocking(result: GuardResult, found: Row) -> GuardResult:
    return restated(result, result.status, blocks=(found.id,))


def _warning(result: GuardResult) -> GuardResult:
    status = Status.WARNED if result.status is Status.FAILED else result.status
    return restated(result, status)


def _kinds(found: Row, facts: Facts) -> list[tuple[str, ...]]:
    """Return the groups of facts of which the row needs one each."""
    noticed = facts.effective_at is not None
    return [kinds for kinds in (found.facts, found.once_noticed if noticed else ()) if kinds]


def _needed(found: Row, facts: Facts, kinds: tuple[str, ...]) -> GuardResult:
    """A step that rests on a fact needs one recorded since the case entered its state."""
    since = facts.noticed_since if kinds == found.once_noticed else facts.entered_at
    recorded = facts.of(*kinds, after=since)
    if not recorded:
        text = (
            f"No fact of kind {', '.join(kinds)} is recorded. A clerk or manager records it (`case "
            "facts`)."
        )
        return GuardResult(id="fact", status=Status.FAILED, text=text, blocks=(found.id,))
    last = recorded[-1]
    return GuardResult(
        id="fact",
        status=Status.PASSED,
        text=f"Recorded: {KINDS[last.kind].title}, by {last.author}.",
        facts=(last.id,),
        since=last.at,
        blocks=(found.id,),
    )
