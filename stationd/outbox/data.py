"""What a letter is filled with: the case, its contract, account, site, customer and billing.

Everything is text, as it will stand on paper.  Codes, call lists and keys are never among it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from stationd.accounts.model import Account, Contract, Customer, Dealer, Party, Site
from stationd.accounts.store import (
    read_account,
    read_contract,
    read_customer,
    read_dealer,
    read_site,
)
from stationd.billing.model import Statement
from stationd.billing.standing import statement
from stationd.billing.store import read_lines
from stationd.cases.model import Case, Facts, Reason
from stationd.cases.reasons import RULES as REASONS
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.letters.templates import Data, Line
from stationd.letters.words import amount, day, listed, moment
from stationd.outbox.model import WAYS

__all__ = ["Known", "Plan", "letter_data", "read_known", "to_whom"]

Part = dict[str, str | Sequence[Line]]

_GROUNDS: Mapping[Reason, tuple[str, str]] = {
    Reason.NONPAYMENT: (
        "You have not paid what is due under the contract.",
        "ended by the monitoring company",
    ),
    Reason.CUSTOMER_REQUEST: (
        "You have ended this contract. This letter confirms it.",
        "ended by the customer",
    ),
    Reason.END_OF_TERM: (
        "The term of this contract ends, and the contract is not continued.",
        "end of the term",
    ),
    Reason.NONRENEWAL_BY_COMPANY: (
        "We do not renew the contract. It ends with its term.",
        "ended by the monitoring company",
    ),
    Reason.DEALER_TRANSFER: (
        "You have instructed us to end the monitoring of this account.",
        "goes to another monitoring company",
    ),
    Reason.DEALER_DEFAULT: (
        "You have not paid what is due for the monitoring of this account.",
        "ended by the monitoring company",
    ),
    Reason.TAKEOVER_BY_OTHER_COMPANY: (
        "You have told us that another company takes the monitoring of these premises over.",
        "goes to another monitoring company",
    ),
    Reason.COMPANY_DECISION: (
        "We have decided to end this contract.",
        "ended by the monitoring company",
    ),
    Reason.PREMISES_GONE: (
        "As far as we know, the premises are no longer in use.",
        "the premises are no longer in use",
    ),
    Reason.SALE_OF_ACCOUNTS: (
        "The monitoring of this account passes to another company.",
        "goes to another monitoring company",
    ),
    Reason.BANKRUPTCY_REJECTION: ("", "the contract has ended"),
    Reason.DEATH_OF_CUSTOMER: ("", "the contract has ended"),
    Reason.DUPLICATE_OR_ERROR: ("", "entered twice or by mistake"),
}
_ASKED = frozenset(
    {Reason.CUSTOMER_REQUEST, Reason.DEALER_TRANSFER, Reason.TAKEOVER_BY_OTHER_COMPANY}
)
_REQUESTS = ("customer_writing", "recorded_call", "dealer_instruction")
_BALANCE = (
    "Term and balance stay as the contract has them. This confirmation is not a release: what is "
    "due under the contract, or becomes due, stays due."
)
_CURED = (
    "If that amount reaches us by the end of that day, the default is put right and this "
    "termination does not take effect. If it does not, monitoring ends at the moment named below."
)
_MONEY = ("money.charges", "money.total", "money.as_of")
_DEMANDS = frozenset({"late_fee", "intent_to_suspend", "agency_warning"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the records have about whom a letter is about."""

    account: Account
    contract: Contract
    site: Site
    customer: Customer
    dealer: Dealer | None
    billing: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is decided about a letter before it is filled.

    ``instant`` is what it states, or None; ``cure_ends`` the last day of a cure; ``given`` what
    whoever drafts it adds, by field.
    """

    kind: str
    number: str
    channel: str
    recipient: str
    address: str
    today: date
    instant: datetime | None = None
    cure_ends: date | None = None
    given: Mapping[str, str]


def read_known(connection: Connection, case: Case, today: date) -> Known:
    """Return what the records have about a case's parties; ``today`` is the site's day."""
    account = read_account(connection, case.acct)
    contract = read_contract(connection, case.contract_id)
    site = read_site(connection, contract.site_id)
    customer = read_customer(connection, site.customer_id)
    dealer = None if customer.dealer_id is None else read_dealer(connection, customer.dealer_id)
    return Known(
        account=account,
        contract=contract,
        site=site,
        customer=customer,
        dealer=dealer,
        billing=statement(read_lines(connection, contract.id), today),
    )


def to_whom(known: Known, to: str, channel: str) -> tuple[str, str]:
    """Return name and address of whom a letter goes to, as they stand on file; empty: not there.

    An e-mail goes to the e-mail address; ``to`` is customer, authority or issuer.
    """
    details: Mapping[str, object] = known.customer.details
    name, postal = known.customer.name, known.site.address
    if to in ("authority", "issuer"):
        told = known.account.details.get(to)
        details = told if isinstance(told, Mapping) else {}
        name, postal = str(details.get("name") or ""), ""
    elif known.contract.party is Party.DEALER:
        # The contract is with the dealer, whose address the records do not have.
        name, postal, details = known.dealer.name if known.dealer else "", "", {}
    key = "email" if channel == "email" else "address"
    found = str(details.get(key) or "")
    return _plain(name), _plain(found or ("" if channel == "email" else postal))


def letter_data(
    desk: Desk, case: Case, facts: Facts, known: Known, plan: Plan
) -> tuple[Data, tuple[str, ...]]:
    """Return what a letter is filled with, and what this one needs besides all of its kind."""
    data: dict[str, Part] = {
        "sender": _all_plain(desk.letters.sender.model_dump()),
        "letter": {
            "date": day(plan.today),
            "number": plan.number,
            "way": WAYS[plan.channel],
            "to": plan.recipient,
            "address": plan.address,
        },
        "customer": {
            "name": _plain(known.customer.name),
            "address": _plain(str(known.customer.details.get("address") or known.site.address)),
        },
        "site": {"name": _plain(known.site.name), "address": _plain(known.site.address)},
        "contract": _contract(known),
        "account": _account(case, known, plan),
        "ground": {"text": _GROUNDS[case.reason][0]},
        # Apart from the ground, because it goes to authorities, who are told of no debt.
        "reason": {"class": _GROUNDS[case.reason][1]},
        "notice": _notice(case, facts, known, plan),
        "equipment": {"leased": _leased(desk, known)},
        "fire": {"kinds": listed(sorted(facts.account.systems & facts.told_systems))},
        "request": {"received_on": _received(facts, known)},
        "authority": {
            "name": to_whom(known, "authority", plan.channel)[0],
            "owner": _owner(known),
            "successor": _successor(facts),
        },
        "issuer": {
            "name": to_whom(known, "issuer", plan.channel)[0],
            "certificate": _plain(str(known.account.details.get("certificate") or "")),
        },
        "money": _money(desk, facts, known),
        "cure": _cure(desk, case, known, plan),
    }
    for name, value in plan.given.items():
        part, _, field = name.partition(".")
        data.setdefault(part, {})[field] = _given(value)
    if plan.kind == "agency_warning":
        data["agency"]["reports"] = _reports(known, data["agency"])
    return data, _needed(case, known, plan)


def _needed(case: Case, known: Known, plan: Plan) -> tuple[str, ...]:
    owes = plan.kind in _DEMANDS or (plan.kind == "termination" and REASONS[case.reason].ladder)
    needed: list[str] = list(_MONEY) if owes else []
    if plan.kind == "termination" and REASONS[case.reason].ladder:
        needed += ["money.default_on", "money.amount", "contract.default_clause"]
        if known.contract.cure_days is not None:
            needed += ["cure.amount", "cure.last_day", "cure.pay", "cure.follows"]
    if plan.kind == "confirmation" and case.reason in _ASKED:
        needed.append("request.received_on")
    return tuple(needed)


def _plain(text: str) -> str:
    """Return a text on one line; two blanks would part columns."""
    return " ".join(text.split())


def _all_plain(told: Mapping[str, object]) -> Part:
    return {name: _plain(str(value or "")) for name, value in told.items()}


def _given(value: str) -> str:
    try:
        return day(date.fromisoformat(value))
    except ValueError:
        return _plain(value)


def _contract(known: Known) -> Part:
    terms = known.contract.terms
    clauses = ("termination_clause", "default_clause", "late_fee_clause")
    started = terms.get("started")
    return {
        "number": known.contract.number,
        "started": day(date.fromisoformat(started)) if isinstance(started, str) else "",
        "balance": _BALANCE,
        **{name: _plain(str(terms.get(name) or "")) for name in clauses},
    }


def _account(case: Case, known: Known, plan: Plan) -> Part:
    systems = known.account.details.get("systems")
    last = case.ended_at or plan.instant
    return {
        "number": known.account.acct,
        "systems": listed([str(one) for one in systems] if isinstance(systems, list) else []),
        "last_instant": "" if last is None else moment(last, known.site.zone),
    }


def _notice(case: Case, facts: Facts, known: Known, plan: Plan) -> Part:
    zone = known.site.zone
    sent = facts.notices[-1].sent_at if facts.notices else None
    return {
        "ends_at": "" if plan.instant is None else moment(plan.instant, zone),
        "sent_on": "" if sent is None else day(sent.astimezone(ZoneInfo(zone)).date()),
        "ended_at": "" if case.ended_at is None else moment(case.ended_at, zone),
    }


def _leased(desk: Desk, known: Known) -> str:
    if known.contract.terms.get("equipment") != "company":
        return ""
    owner = _plain(desk.letters.sender.name) or "the company"
    return (
        f"Equipment at the premises that the contract names as the property of {owner} stays its "
        "property. It is given back, or its return is allowed, as the contract says."
    )


def _owner(known: Known) -> str:
    """Return the owner's name and the address and telephone that the authority can use."""
    told = [known.customer.name, str(known.customer.details.get("address") or known.site.address)]
    phone = known.customer.details.get("phone")
    return _plain(", ".join([*told, *([f"telephone {phone}"] if phone else [])]))


def _received(facts: Facts, known: Known) -> str:
    found = facts.newest(*_REQUESTS)
    if found is None:
        return ""
    told = found.told.get("received_on")
    if told:
        return day(date.fromisoformat(str(told)))
    return day(found.at.astimezone(ZoneInfo(known.site.zone)).date())


def _successor(facts: Facts) -> str:
    found = facts.newest("receiving_station")
    return "" if found is None else _plain(str(found.told.get("name") or ""))


def _reports(known: Known, agency: Part) -> str:
    if known.contract.terms.get("reports_to_bureau") != "yes":
        return ""
    return (
        f"{agency.get('name')} reports to credit bureaus. What stays unpaid may be reported to "
        "them."
    )


# --- Money ---


def _money(desk: Desk, facts: Facts, known: Known) -> Part:
    found = known.billing
    currency = found.currency or desk.letters.currency
    due = [one for one in found.unpaid if one.line.due <= found.on]
    review = facts.newest("breach_review")
    told = {} if review is None else review.told
    default_on = told.get("default_on")
    return {
        "default_on": day(date.fromisoformat(str(default_on))) if default_on else "",
        "amount": f"{currency} {told['amount']}" if told.get("amount") else "",
        "total": amount(sum(one.amount for one in due), currency) if due else "",
        "as_of": day(found.on),
        "charges": [
            {
                "number": _plain(one.line.number),
                "what": _plain(one.line.text or one.line.kind.value),
                "dated": one.line.on.isoformat(),
                "due": one.line.due.isoformat(),
                "amount": amount(one.line.amount, currency),
                "left": amount(one.amount, currency),
            }
            for one in due
        ],
        "attempts": _attempts(facts, known),
    }


def _attempts(facts: Facts, known: Known) -> list[Line]:
    zone = ZoneInfo(known.site.zone)
    return [
        {
            "on": day(one.at.astimezone(zone).date()),
            "how": _plain(str(one.told.get("step") or "contact")).replace("-", " "),
        }
        for one in facts.of("contact", after=facts.contacting_since)
    ]


def _cure(desk: Desk, case: Case, known: Known, plan: Plan) -> Part:
    days = known.contract.cure_days
    if days is None or plan.cure_ends is None or not REASONS[case.reason].ladder:
        return {}
    currency = known.billing.currency or desk.letters.currency
    due = sum(one.amount for one in known.billing.unpaid if one.line.due <= known.billing.on)
    return {
        "days": str(days),
        "amount": amount(due, currency) if due else "",
        "last_day": day(plan.cure_ends),
        "pay": _plain(desk.letters.sender.pay),
        "follows": _CURED,
    }
