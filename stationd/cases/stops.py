"""Guards of what stops an ending: dispute, attorney, holds, an alarm, people who depend on it.

These are ``G4``, ``G5``, ``G10``, ``G13`` and ``G20``.
"""

from datetime import date

from stationd.accounts.model import Standing
from stationd.cases.grounds import site_day
from stationd.cases.model import BundleFact, Facts, GuardResult, HoldFact, RecordedFact, Status
from stationd.cases.results import at, failed, not_asked, passed
from stationd.cases.states import Gate

__all__ = ["attorney_agrees", "no_dispute", "no_hold", "quiet", "vulnerable_told"]

_IN_COLLECTION = frozenset({Standing.IN_COLLECTION, Standing.IN_LITIGATION})
_VULNERABLE = frozenset({"medical", "holdup", "duress"})


def no_dispute(facts: Facts, _gate: Gate) -> GuardResult:
    """G4: no dispute is open."""
    dispute = _last(facts, "dispute")
    decision = _last(facts, "dispute_decision")
    if dispute is None and facts.contract.standing is Standing.DISPUTED and decision is None:
        text = (
            "The contract stands as disputed. A clerk or manager records the dispute and takes the "
            "step dispute, or a manager records its decision."
        )
        return failed("G4", text)
    if dispute is None:
        return passed("G4", "No dispute is on the case.")
    if decision is None or _place(facts, decision) < _place(facts, dispute):
        text = (
            f"The customer disputes the service or the debt, recorded by {dispute.author} on "
            f"{dispute.at:%Y-%m-%d}. A manager decides it (`case facts … dispute_decision`)."
        )
        return failed("G4", text, dispute)
    return passed("G4", f"The dispute was decided by {decision.author}.", decision, dispute)


def attorney_agrees(facts: Facts, _gate: Gate) -> GuardResult:
    """G5: never referred; or proceedings and clearance; or instructed; or returned."""
    referral = _last(facts, "referral")
    standing = facts.contract.standing
    if referral is None and standing not in _IN_COLLECTION:
        return passed("G5", "The case was never referred to an attorney or agency.")
    after = -1 if referral is None else _place(facts, referral)
    for kind, said in (
        ("collection_return", "The matter was returned from collection"),
        ("attorney_instruction", "The attorney instructed it in writing"),
    ):
        found = _last(facts, kind)
        if found is not None and _place(facts, found) > after:
            return passed("G5", f"{said} on {found.at:%Y-%m-%d}.", found)
    proceedings, clearance = _last(facts, "proceedings"), _last(facts, "clearance")
    fault = _clearance_fault(facts, proceedings, clearance, after)
    if fault is not None:
        there = [one for one in (referral, proceedings, clearance) if one is not None]
        return failed("G5", fault, *there)
    assert proceedings is not None  # noqa: S101  (else there was a fault)
    assert clearance is not None  # noqa: S101  (likewise)
    text = f"Proceedings are set for {proceedings.told['on']}, and clearance is recorded."
    return passed("G5", text, proceedings, clearance)


def _clearance_fault(
    facts: Facts,
    proceedings: RecordedFact | None,
    clearance: RecordedFact | None,
    after: int,
) -> str | None:
    lead = "The contract is with an attorney or agency, who may want monitoring kept."
    if clearance is None or _place(facts, clearance) < after:
        return (
            f"{lead} An attorney gives clearance for this contract and date (`case facts … "
            "clearance`), or a written instruction, or the matter is returned."
        )
    own = facts.contract.number
    if clearance.told["contract"] != own:
        return f"{lead} The clearance is for contract {clearance.told['contract']}, not for {own}."
    first, last = (date.fromisoformat(clearance.told[name]) for name in _VALID)
    if not first <= site_day(facts) <= last:
        return f"{lead} The clearance is good from {first} to {last}, and not today."
    if proceedings is None or _place(facts, proceedings) < after:
        return (
            f"{lead} Clearance is there, but no date of the proceedings. A clerk or manager "
            "records what the attorney says (`case facts … proceedings`)."
        )
    return None


_VALID = ("valid_from", "valid_until")


def no_hold(facts: Facts, gate: Gate) -> GuardResult:
    """G10: no `service` hold at END; at CLOSE no foreign `records` hold, or all objects flagged."""
    if gate is Gate.PURGE:
        return _holds("records or service", list(facts.holds), "Two persons lift it (`hold lift`).")
    kind = "service" if gate is Gate.END else "records"
    holds = [hold for hold in facts.holds if hold.kind == kind and not hold.own]
    if kind == "service":
        return _holds(kind, holds, "Two persons lift it (`hold lift`).")
    if _all_flagged(facts):
        helps = "Every object of every bundle carries the legal-hold flag."
        return _holds(kind, holds, helps, status=Status.PASSED)
    helps = "Two persons lift it (`hold lift`), or the worker flags every stored object."
    return _holds(kind, holds, helps)


def _holds(
    kind: str, holds: list[HoldFact], helps: str, *, status: Status = Status.FAILED
) -> GuardResult:
    """Return what holds in force mean; none passes."""
    if not holds:
        return GuardResult(id="G10", status=Status.PASSED, text=f"No {kind} hold is in force.")
    first = holds[0]
    return GuardResult(
        id="G10",
        status=status,
        text=f"{len(holds)} {kind} hold(s) in force, the first set by {first.author}. {helps}",
        facts=tuple(hold.id for hold in holds),
        since=first.set_at,
    )


def _all_flagged(facts: Facts) -> bool:
    return bool(facts.stored) and all(_flagged(bundle) for bundle in facts.stored)


def _flagged(bundle: BundleFact) -> bool:
    return bool(bundle.objects) and all(stored.legal_hold for stored in bundle.objects)


def quiet(facts: Facts, _gate: Gate) -> GuardResult:
    """G13: no alarm is in progress, and the account is not on test."""
    if facts.alarm is not None:
        text = (
            f"An alarm is in progress: {facts.alarm.name} at {at(facts.alarm.received_at)}, "
            "without restore or cancel. It settles by itself, or operators settle it."
        )
        return GuardResult(id="G13", status=Status.FAILED, text=text, since=facts.alarm.received_at)
    if facts.on_test_until is not None and facts.now < facts.on_test_until:
        text = (
            f"The account is on test until {at(facts.on_test_until)}. An operator ends the test, "
            "or it ends by itself."
        )
        return GuardResult(id="G13", status=Status.FAILED, text=text)
    return passed("G13", "No alarm is in progress, and the account is not on test.")


def vulnerable_told(facts: Facts, _gate: Gate) -> GuardResult:
    """G20: whoever depends on the service was tried to be reached, and a manager is named."""
    depends = facts.account.systems & _VULNERABLE
    if not depends:
        return not_asked("G20", "The account has no medical or duress service.")
    contact = facts.newest("welfare_contact")
    if contact is None:
        text = (
            f"Somebody may depend on the service ({', '.join(sorted(depends))}). A clerk or "
            "manager tries to reach them and names the manager who answers for it (`case facts … "
            "welfare_contact`)."
        )
        return failed("G20", text)
    text = (
        f"Tried on {contact.at:%Y-%m-%d}: {contact.told.get('outcome')}; "
        f"{contact.told.get('manager')} answers for it."
    )
    return passed("G20", text, contact)


def _last(facts: Facts, kind: str) -> RecordedFact | None:
    return facts.newest(kind)


def _place(facts: Facts, one: RecordedFact) -> int:
    """Return where a fact stands among all: what was recorded later stands later."""
    return facts.recorded.index(one)
