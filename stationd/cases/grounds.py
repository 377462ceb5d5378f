"""Guards of the ground: why the company may end this contract, and whether all of it is there.

``G1`` breach, ``G2`` authority, ``G3`` ladder, ``G8c`` contract data, ``G14`` bankruptcy, ``G15``
own ground, ``G16`` prepaid.
"""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from stationd.accounts.model import Party, Standing
from stationd.cases.kinds import KINDS
from stationd.cases.model import Facts, GuardResult, RecordedFact
from stationd.cases.reasons import RULES, documents_for
from stationd.cases.results import failed, listed, not_asked, passed
from stationd.cases.states import Gate

__all__ = [
    "breach_verified",
    "contract_complete",
    "ground",
    "ladder_done",
    "no_stay",
    "not_prepaid",
    "own_ground",
    "paid_through",
    "site_day",
]

_TERMS = ("form", "started", "notice_methods", "termination_clause", "form_signed_off")
_GROUND_KINDS = (
    *("billing_statement", "breach_review", "dealer_billing"),
    *("renewal_facts", "supervision_evidence"),
)


def site_day(facts: Facts) -> date:
    """Return today's date at the site."""
    return facts.now.astimezone(ZoneInfo(facts.account.zone)).date()


def paid_through(facts: Facts) -> date | None:
    """Return the last day that is paid for; None: not known.

    Billing knows it where there are lines with periods, else the reviewer, else the contract.
    """
    if facts.billing is not None and facts.billing.paid_through is not None:
        return facts.billing.paid_through
    review = facts.newest("breach_review")
    told = None if review is None else review.told.get("paid_through")
    return _date(told or facts.contract.terms.get("paid_through"))


def _date(told: Any) -> date | None:  # noqa: ANN401  (a term may be anything)
    try:
        return date.fromisoformat(str(told))
    except ValueError:
        return None


def breach_verified(facts: Facts, _gate: Gate) -> GuardResult:
    """G1: the default is in the past, not paid through, cited, and reviewed by a second person."""
    if not RULES[facts.reason].ladder:
        return not_asked("G1", f"{facts.reason} rests on no default of payment.")
    statement = facts.newest("billing_statement", "dealer_billing")
    if statement is None or not statement.has_document:
        text = (
            "No billing statement of the default is recorded. A clerk or manager records it "
            "(`case facts … billing_statement --file`)."
        )
        return failed("G1", text)
    review = facts.newest("breach_review")
    if review is None:
        text = (
            "Nobody has reviewed the default. A clerk or manager who did not open the case does "
            "(`case facts … breach_review`): contract, day of default, amount, clause."
        )
        return failed("G1", text, statement)
    fault = _review_fault(facts, review)
    if fault is not None:
        return failed("G1", fault, statement, review)
    cited = f" ({review.told['lines']})" if review.told.get("lines") else ""
    text = (
        f"In default since {review.told['default_on']} with {review.told['amount']}{cited}, by the "
        f"clause {review.told['clause']!r}; reviewed by {review.author}."
    )
    return passed("G1", text, statement, review)


def _review_fault(facts: Facts, review: RecordedFact) -> str | None:
    if review.author == facts.opened_by and not _alone(facts, review):
        return (
            f"{review.author} opened the case and reviewed the default; somebody else reviews it "
            "(`case facts … breach_review`)."
        )
    if facts.billing is not None and facts.billing.overdue == 0:
        return (
            "Nothing is overdue by the contract's billing lines; nothing ends for it. Billing "
            "shows why (`billing show`)."
        )
    default = _date(review.told["default_on"])
    paid = paid_through(facts)
    if default is None or default >= site_day(facts):
        return f"The default of {review.told['default_on']} is not in the past; nothing ends yet."
    if paid is None:
        return (
            "The last day paid for is not known. The reviewer says it (`paid_through`), or it is "
            "imported with the contract."
        )
    if paid >= site_day(facts):
        return f"The contract is paid through {paid}; there is no default while it is."
    return None


def _alone(facts: Facts, review: RecordedFact) -> bool:
    """Tell whether a sole operator reviewed their own case, long enough after its opening."""
    opened = facts.opened_at
    return facts.alone and opened is not None and review.at - opened >= facts.sole_wait


def ground(facts: Facts, gate: Gate) -> GuardResult:
    """G2: the documents that give ground and authority for the reason are on the case."""
    rule = RULES[facts.reason]
    if rule.dealers and facts.contract.party is not Party.DEALER:
        text = (
            f"{facts.reason} is for contracts with a dealer, and {facts.contract.number} is with "
            "the station. A clerk or manager changes the reason."
        )
        return failed("G2", text)
    groups = documents_for(facts.reason, facts.contract.party)
    wanted = groups[:1] if gate is Gate.OPEN else groups
    found = [_documented(facts, group) for group in wanted]
    there = [one for one in found if one is not None]
    missing = [group for group, one in zip(wanted, found, strict=True) if one is None]
    if missing:
        text = (
            f"Ground and authority for {facts.reason} are not complete. A clerk or manager "
            f"records: {'; '.join(map(_either, missing))}."
        )
        return failed("G2", text, *there)
    titles = listed(KINDS[one.kind].title for one in there)
    return passed("G2", f"The ground is documented: {titles}.", *there)


def _either(group: tuple[str, ...]) -> str:
    return " or ".join(f"{KINDS[kind].title} ({kind})" for kind in group)


def _documented(facts: Facts, group: tuple[str, ...]) -> RecordedFact | None:
    found = facts.of(*group)
    return next((one for one in found if one.has_document or not _needs(one.kind)), None)


def _needs(kind: str) -> bool:
    return KINDS[kind].needs_document and not KINDS[kind].or_attorney


def ladder_done(facts: Facts, _gate: Gate) -> GuardResult:
    """G3: every step of the contact ladder is done or waived, and why nothing is paid is known."""
    if not RULES[facts.reason].ladder:
        return not_asked("G3", f"{facts.reason} has no contact ladder.")
    contacts = facts.of("contact", after=facts.contacting_since)
    waivers = facts.of("ladder_waiver", after=facts.contacting_since)
    done = {one.told.get("step") for one in contacts} | {one.told.get("step") for one in waivers}
    missing = [step for step in facts.ladder if step not in done]
    why = facts.newest("nonpayment_reason")
    if why is None and "reason" not in done:
        missing.append("the reason for not paying (`case facts … nonpayment_reason`)")
    if missing:
        text = (
            f"Not done: {', '.join(missing)}. A clerk or manager records each contact (`case facts "
            "… contact --set step=…`); a manager waives a step (`ladder_waiver`)."
        )
        return failed("G3", text, *contacts, *waivers)
    text = (
        f"{len(contacts)} contact(s), {len(waivers)} step(s) waived; every step is accounted for."
    )
    return passed("G3", text, *contacts, *waivers)


def contract_complete(facts: Facts, _gate: Gate) -> GuardResult:
    """G8c: the contract's terms that the notice rests on are known."""
    wanted = (*_TERMS, *RULES[facts.reason].terms)
    missing = [name for name in wanted if facts.contract.terms.get(name) in (None, "", [])]
    if missing:
        text = (
            f"Of contract {facts.contract.number} is not known: {', '.join(missing)}. A clerk or "
            "manager enters it (`account terms`, `account import`)."
        )
        return failed("G8c", text)
    return passed("G8c", f"The terms of contract {facts.contract.number} are complete.")


def no_stay(facts: Facts, _gate: Gate) -> GuardResult:
    """G14: no bankruptcy stay; with one, counsel has seen that nothing asks for older debt."""
    if facts.contract.standing is not Standing.BANKRUPTCY_STAY:
        return passed("G14", "No bankruptcy stay is on the contract.")
    review = facts.newest("stay_review", after=facts.since)
    if review is None:
        text = (
            "A bankruptcy stay is on the contract: no document may ask for older debt. Counsel "
            "reviews the letter, and a manager or attorney records it (`case facts … stay_review`)."
        )
        return failed("G14", text)
    return passed(
        "G14", f"Counsel reviewed the letter under the stay on {review.at:%Y-%m-%d}.", review
    )


def own_ground(facts: Facts, _gate: Gate) -> GuardResult:
    """G15: no ground is another contract's, unless a cross-default clause is attached."""
    own = facts.contract.number
    named = [one for one in facts.of(*_GROUND_KINDS) if one.told.get("contract") not in (None, own)]
    if not named:
        return passed("G15", f"Every ground is contract {own}'s own.")
    if facts.contract.terms.get("cross_default_clause"):
        return passed("G15", f"Contract {own} has a cross-default clause.", *named)
    others = listed(str(one.told["contract"]) for one in named)
    text = (
        f"A ground is of contract {others}, and {own} has no cross-default clause. A manager "
        "withdraws the case and opens one on that contract, or counsel decides."
    )
    return failed("G15", text, *named)


def not_prepaid(facts: Facts, gate: Gate) -> GuardResult:
    """G16: nothing is paid beyond the end of service, or it was refunded."""
    refund = facts.newest("refund")
    if refund is not None:
        return passed("G16", f"A refund of {refund.told.get('amount')} is recorded.", refund)
    paid = paid_through(facts)
    if paid is None:
        text = (
            "The last day paid for is not known. Billing supplies it: a clerk or manager enters it "
            "(`account terms … paid_through=`)."
        )
        return failed("G16", text)
    end = (
        facts.projected if gate is Gate.NOTICE or facts.effective_at is None else facts.effective_at
    )
    if end is not None and paid > end.astimezone(ZoneInfo(facts.account.zone)).date():
        text = (
            f"The contract is paid through {paid}, beyond the end of service. Billing refunds the "
            "rest and a clerk or manager records it (`case facts … refund`), or a later end is "
            "asked for."
        )
        return failed("G16", text)
    return passed("G16", f"Paid through {paid}, not beyond the end of service.")
