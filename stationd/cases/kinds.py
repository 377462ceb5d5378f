"""What can be recorded about a case: kinds of fact, their fields, and the compartment of each.

A fact lands in the compartment of its kind: what leaves the house after redaction (``producible``),
what stays there (``internal``), what only counsel sees (``privileged``).  Whoever records one may
choose a stricter compartment, never a wider one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

from archive.canonical import JsonValue
from stationd.errors import MistakeError
from stationd.ledger.compartments import compartment_of_fact
from stationd.staff.model import Role

__all__ = [
    "CHANNELS",
    "COMPARTMENTS",
    "DECISIONS",
    "KINDS",
    "OUTCOMES",
    "FactKind",
    "Field",
    "check_fields",
    "kind_named",
    "recordable",
    "stricter",
]

COMPARTMENTS = ("producible", "internal", "privileged")
"""From the widest to the strictest."""

CHANNELS: Mapping[str, bool] = MappingProxyType(
    {"post": True, "certified": True, "courier": True, "email": False, "hand": False}
)
"""How a notice travels, and whether the mail allowance is added."""

DECISIONS = ("accept_as_cure", "reject_and_return", "partial_not_cure")
"""What may be decided about a payment that came after the notice."""

OUTCOMES = ("captured", "none", "lost")
"""What became of what a vendor kept."""

_LONGEST = 500

Read = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a fact: how what was typed is checked, and what it means."""

    read: Read
    help: str
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind:
    """A kind of fact.

    One with ``needs_document`` is worth nothing without a file, unless an attorney who is logged in
    says it (``or_attorney``).  ``roles`` may record it; ``by_program``: only the program does.
    """

    title: str
    needs_document: bool = False
    or_attorney: bool = False
    by_program: bool = False
    compartment: str = "producible"
    roles: frozenset[Role] = frozenset({Role.CLERK, Role.MANAGER})
    fields: Mapping[str, Field] = field(default_factory=dict)


def _text(said: str) -> str:
    if not said.strip() or len(said) > _LONGEST or not said.isprintable():
        msg = f"must be 1 to {_LONGEST} printable characters"
        raise ValueError(msg)
    return said.strip()


def _date(said: str) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        msg = f"is {said!r}, but must be a date such as 2026-07-31"
        raise ValueError(msg) from None


def _amount(said: str) -> str:
    whole, _, cents = said.partition(".")
    if not (whole.isdecimal() and whole.isascii() and (cents == "" or len(cents) == 2)):  # noqa: PLR2004
        msg = f"is {said!r}, but must be an amount such as 129.50"
        raise ValueError(msg)
    if cents and not (cents.isdecimal() and cents.isascii()):
        msg = f"is {said!r}, but must be an amount such as 129.50"
        raise ValueError(msg)
    return f"{int(whole)}.{cents or '00'}"


def _one_of(*words: str) -> Read:
    def read(said: str) -> str:
        if said not in words:
            msg = f"is {said!r}, but must be one of: {', '.join(words)}"
            raise ValueError(msg)
        return said

    return read


def _a(read: Read, meaning: str) -> Field:
    return Field(read=read, help=meaning)


def _maybe(read: Read, meaning: str) -> Field:
    return Field(read=read, help=meaning, needed=False)


_MANAGER = frozenset({Role.MANAGER})
_COUNSEL = frozenset({Role.MANAGER, Role.ATTORNEY})
_ANY_CONTRACT = {"contract": _maybe(_text, "number of the contract it is about; else the case's")}
_RECEIVED = {"received_on": _maybe(_date, "the day it came; else the day it is recorded")}
_SENT = {
    "channel": _a(_one_of(*CHANNELS), "how it went"),
    "address": _a(_text, "where to, as it stood on file"),
    "sent_on": _a(_date, "the day it was sent"),
}

_GROUNDS: Mapping[str, FactKind] = {
    "billing_statement": FactKind(
        title="billing statement that shows the default",
        needs_document=True,
        fields=_ANY_CONTRACT,
    ),
    "breach_review": FactKind(
        title="review of the default by somebody other than the opener",
        fields={
            "contract": _a(_text, "number of the contract in default"),
            "default_on": _a(_date, "the day of default"),
            "amount": _a(_amount, "what was due then"),
            "clause": _a(_text, "the default clause of the contract, as cited"),
            "paid_through": _maybe(_date, "the last day paid for; else the contract's"),
            "lines": _maybe(_text, "numbers of the billing lines in default, with commas between"),
        },
    ),
    "customer_writing": FactKind(
        title="the customer's request in writing", needs_document=True, fields=_RECEIVED
    ),
    "recorded_call": FactKind(
        title="recording of the customer's request", needs_document=True, fields=_RECEIVED
    ),
    "ending_statement": FactKind(
        title="statement that the customer ended it and that the balance is not released"
    ),
    "renewal_facts": FactKind(
        title="renewal clause, term and notice dates",
        needs_document=True,
        fields={
            "window_opens": _maybe(_date, "first day on which notice may be given"),
            "window_closes": _maybe(_date, "last day on which notice may be given"),
        },
    ),
    "dealer_instruction": FactKind(title="the dealer's written instruction", needs_document=True),
    "receiving_station": FactKind(
        title="the station that receives the account", fields={"name": _a(_text, "its name")}
    ),
    "dealer_billing": FactKind(
        title="billing of the dealer that shows the default",
        needs_document=True,
        fields=_ANY_CONTRACT,
    ),
    "manager_grounds": FactKind(title="a manager's grounds", needs_document=True, roles=_MANAGER),
    "counsel_note": FactKind(
        title="note of counsel",
        needs_document=True,
        or_attorney=True,
        roles=_COUNSEL,
    ),
    "supervision_evidence": FactKind(
        title="evidence that the premises are dead: supervision, tests", needs_document=True
    ),
    "premises_visit": FactKind(title="visit to the premises"),
    "returned_mail": FactKind(title="mail that came back", needs_document=True),
    "sale_schedule": FactKind(title="schedule of the sale", needs_document=True),
    "court_notice": FactKind(title="notice of the court", needs_document=True),
    "representative_authority": FactKind(
        title="authority of the representative", needs_document=True
    ),
    "continuity_proof": FactKind(title="proof that service goes on elsewhere", needs_document=True),
}

_CONTACTS: Mapping[str, FactKind] = {
    "contact": FactKind(
        title="contact with the customer",
        fields={
            "step": _maybe(_text, "the step of the ladder it was"),
            "person": _maybe(_text, "who was spoken to or written to"),
            "outcome": _maybe(_text, "what came of it"),
        },
    ),
    "promise": FactKind(
        title="promise to pay",
        fields={
            "due": _maybe(_date, "the day that was promised"),
            "amount": _maybe(_amount, "how much"),
        },
    ),
    "nonpayment_reason": FactKind(
        title="why the customer does not pay", fields={"why": _a(_text, "as said")}
    ),
    "ladder_waiver": FactKind(
        title="step of the ladder that is waived",
        roles=_MANAGER,
        fields={
            "step": _a(_text, "the step; reason: nobody could say why"),
            "why": _a(_text, "why it is left out"),
        },
    ),
    "dispute": FactKind(
        title="dispute by the customer",
        fields={
            "since": _maybe(_date, "first day of what is disputed"),
            "until": _maybe(_date, "last day of it"),
        },
    ),
    "dispute_decision": FactKind(title="decision of a dispute", roles=_MANAGER),
}

_COLLECTION: Mapping[str, FactKind] = {
    "referral": FactKind(
        title="referral to an attorney or agency",
        fields={
            "to": _maybe(_text, "to whom"),
            "matter": _maybe(_text, "their matter number"),
        },
    ),
    "proceedings": FactKind(
        title="date of the proceedings", fields={"on": _a(_date, "the date that is set")}
    ),
    "clearance": FactKind(
        title="clearance by the attorney for this contract and date",
        needs_document=True,
        or_attorney=True,
        roles=_COUNSEL,
        fields={
            "contract": _a(_text, "number of the contract it is for"),
            "valid_from": _a(_date, "first day it is good"),
            "valid_until": _a(_date, "last day it is good"),
        },
    ),
    "attorney_instruction": FactKind(
        title="the attorney's written instruction",
        needs_document=True,
        or_attorney=True,
        roles=_COUNSEL | {Role.CLERK},
    ),
    "collection_return": FactKind(title="return of the matter from collection"),
    "cure_accepted": FactKind(
        title="payment or agreement that puts the default right", roles=_MANAGER
    ),
    "stay_review": FactKind(
        title="counsel's review that no document asks for debt from before the stay",
        needs_document=True,
        or_attorney=True,
        roles=_COUNSEL,
    ),
}

_NOTICES: Mapping[str, FactKind] = {
    "notice_draft": FactKind(
        title="draft of the notice",
        needs_document=True,
        fields={
            "channel": _a(_one_of(*CHANNELS), "how it will go"),
            "address": _a(_text, "where to"),
            "form": _maybe(_text, "version of the form it was made from; none for counsel's text"),
        },
    ),
    "notice_delivered": FactKind(
        title="delivery of a notice, as the carrier or the reader tells",
        fields={"on": _maybe(_date, "the day it was delivered")},
    ),
    "notice_returned": FactKind(title="notice that came back undelivered"),
    "withdrawal_letter": FactKind(
        title="letter that withdraws the notice", needs_document=True, fields=_SENT
    ),
    "second_notice": FactKind(
        title="second notice, that monitoring has ended", needs_document=True, fields=_SENT
    ),
    "authority_draft": FactKind(title="draft of the letter to the authority", needs_document=True),
    "authority_letter": FactKind(
        title="letter to the authority, with proof of sending", needs_document=True, fields=_SENT
    ),
    "issuer_cancellation": FactKind(
        title="cancellation of the certificate or placard, told to its issuer",
        needs_document=True,
        fields={"number": _a(_text, "the certificate's or placard's number")},
    ),
    "payment": FactKind(
        title="payment or credit",
        fields={
            "amount": _a(_amount, "how much"),
            "received_on": _a(_date, "the day it came"),
            "line": _maybe(_text, "the billing line it is"),
        },
    ),
    "payment_decision": FactKind(
        title="decision about a payment after the notice",
        by_program=True,
        fields={
            "payment": _a(_text, "the payment's fact"),
            "decision": _a(_one_of(*DECISIONS), "what becomes of it"),
        },
    ),
    "refund": FactKind(
        title="refund of what was paid ahead",
        needs_document=True,
        fields={"amount": _a(_amount, "how much")},
    ),
    "welfare_contact": FactKind(
        title="attempt to reach a person who depends on the service",
        fields={
            "outcome": _a(_text, "what came of it"),
            "manager": _a(_text, "the manager who answers for it"),
        },
    ),
    "local_operation": FactKind(
        title="statement that the customer's equipment is left working locally"
    ),
    "vendor": FactKind(
        title="what became of what a vendor keeps",
        fields={
            "vendor": _a(_text, "the vendor; all, where there is none"),
            "outcome": _a(_one_of(*OUTCOMES), "captured, none or lost; lost needs a text"),
        },
    ),
    "note": FactKind(title="note of staff"),
}

_BY_PROGRAM: Mapping[str, FactKind] = {
    "notice": FactKind(title="notice sent", needs_document=True, by_program=True),
    "declaration": FactKind(title="declaration of sending", needs_document=True, by_program=True),
    **{
        name: FactKind(title=title, by_program=True)
        for name, title in {
            "snapshot": "account, contract and billing as they stood at the opening",
            "preflight": "what there was at the opening: records, gaps, vendors",
            "ladder": "contact ladder of the case",
            "reason": "change of the reason",
            "effective": "computation of the effective instant",
            "lengthened": "effective instant put off",
            "functioning_report": "functioning report of what is disputed",
            "followed": "how far journals were followed",
            "letter_draft": "draft of a letter, made from a signed form",
            "letter_sent": "letter sent",
            "letter_returned": "letter that came back undelivered",
            "tracking": "tracking number of what was posted",
            "retention": "retention date of the closed record",
            "quarantine": "numbers that are nobody else's for a while",
            "reinstated": "new contract and account of the customer",
        }.items()
    },
}

KINDS: Mapping[str, FactKind] = MappingProxyType(
    {
        name: replace(kind, compartment=compartment_of_fact(name).value)
        for name, kind in {
            **_GROUNDS,
            **_CONTACTS,
            **_COLLECTION,
            **_NOTICES,
            **_BY_PROGRAM,
        }.items()
    }
)


def recordable() -> tuple[str, ...]:
    """Return the kinds that people record, in the table's order."""
    return tuple(name for name, kind in KINDS.items() if not kind.by_program)


def kind_named(name: str) -> FactKind:
    """Return the kind that people may record under ``name``, or raise `MistakeError`."""
    kind = KINDS.get(name)
    if kind is None or kind.by_program:
        msg = f"There is no fact of kind {name} to record; there are: {', '.join(recordable())}."
        raise MistakeError(msg)
    return kind


def check_fields(name: str, told: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what was told as the kind's fields have it, or raise `MistakeError` with each fault.

    ``text`` belongs to every kind.
    """
    fields = KINDS[name].fields
    faults: list[str] = []
    checked: dict[str, JsonValue] = {}
    for key, value in told.items():
        if key == "text":
            checked[key] = value
        elif key not in fields:
            faults.append(f"{key} is no field of {name}")
        else:
            try:
                checked[key] = fields[key].read(str(value))
            except ValueError as error:
                faults.append(f"{key} {error}")
    missing = [key for key, one in fields.items() if one.needed and key not in told]
    faults += [f"{key} is missing: {fields[key].help}" for key in missing]
    if faults:
        raise MistakeError(f"A fact of kind {name} cannot be recorded so: {'; '.join(faults)}.")
    return checked


def stricter(kind: str, asked: str | None) -> str:
    """Return the compartment of a fact: its kind's, or a stricter one that was asked for."""
    own = KINDS[kind].compartment
    if asked is None:
        return own
    if asked not in COMPARTMENTS:
        raise MistakeError(
            f"There is no compartment {asked}; there are: {', '.join(COMPARTMENTS)}."
        )
    if COMPARTMENTS.index(asked) < COMPARTMENTS.index(own):
        raise MistakeError(f"A fact of kind {kind} is {own}; it cannot be made {asked}.")
    return asked
