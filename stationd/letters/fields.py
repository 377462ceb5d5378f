"""What a letter may say, and what each kind must hold (terms, 11.2 to 11.4).

A template names fields of this table and nothing else.  ``always`` must stand in the template
outside of every condition; ``somewhere`` may stand under one, because not every case has them.
What a letter needs and the case has not is refused with who can supply it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["FIELDS", "LETTERS", "LISTS", "Field", "LetterKind", "fields_of"]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: what it says, and who supplies it where it is missing."""

    says: str
    supply: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterKind:
    """What a kind of letter must hold.

    ``parts`` are the parts of the data that it may name.  With ``demands`` it asks for money or
    for an act, so no word of it may make the end depend on what the customer does next, but under
    a condition on ``cure``.
    """

    title: str
    always: tuple[str, ...]
    somewhere: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    final: bool = False


_SETTINGS = "an administrator sets it (settings, letters.sender)"
_IMPORT = "a clerk imports it or enters it (`account import`)"
_TERMS = "a clerk enters it (`account terms`)"
_BILLING = "a clerk imports the billing (`billing import`)"
_REVIEW = "it comes from the review of the default (`case facts … breach_review`)"
_TOLD = "a clerk enters whom to tell (`account told`)"
_GIVEN = "whoever drafts the letter gives it (`letter draft --set`)"
_CASE = "it comes with the case"
_PROGRAM = "the program supplies it"

FIELDS: Mapping[str, Field] = MappingProxyType(
    {
        "sender.name": Field("the company that writes", _SETTINGS),
        "sender.license": Field("its license", _SETTINGS),
        "sender.address": Field("its postal address", _SETTINGS),
        "sender.phone": Field("where people answer", _SETTINGS),
        "sender.email": Field("the same by e-mail", _SETTINGS),
        "sender.signer": Field("who signs", _SETTINGS),
        "sender.title": Field("the title of who signs", _SETTINGS),
        "letter.date": Field("the day of drafting, at the site", _PROGRAM),
        "letter.number": Field("the letter's own number", _PROGRAM),
        "letter.way": Field("how it goes", _PROGRAM),
        "letter.to": Field("to whom", _IMPORT),
        "letter.address": Field("where to", _IMPORT),
        "customer.name": Field("the customer", _IMPORT),
        "customer.address": Field("the customer's postal address", _IMPORT),
        "site.name": Field("the protected premises", _IMPORT),
        "site.address": Field("their address", _IMPORT),
        "contract.number": Field("the contract's number", _IMPORT),
        "contract.started": Field("the day it began", _TERMS),
        "contract.termination_clause": Field("the clause on termination", _TERMS),
        "contract.default_clause": Field("the clause on default", _TERMS),
        "contract.late_fee_clause": Field("the clause on late fees", _TERMS),
        "contract.balance": Field("that term and balance stay as agreed, in words", _PROGRAM),
        "account.number": Field("the account's number", _CASE),
        "account.systems": Field("the kinds of system", _IMPORT),
        "account.last_instant": Field("when monitoring ends or ended", _CASE),
        "ground.text": Field("why the contract ends, in a sentence", _CASE),
        "reason.class": Field("the class of reason, with nothing of a debt", _CASE),
        "notice.ends_at": Field("the instant monitoring ends: date, hour, zone, offset", _CASE),
        "notice.sent_on": Field("the day the notice was sent", _CASE),
        "notice.ended_at": Field("the instant monitoring ended", _CASE),
        "cure.days": Field("days to put the default right; none: no such right", _TERMS),
        "cure.amount": Field("what has to be paid for it", _BILLING),
        "cure.last_day": Field("the last day", _CASE),
        "cure.pay": Field("how to pay", "an administrator sets it (settings, letters.sender.pay)"),
        "cure.follows": Field("what follows then, in a sentence", _PROGRAM),
        "money.default_on": Field("the day of default", _REVIEW),
        "money.amount": Field("what was due then", _REVIEW),
        "money.total": Field("what is due now", _BILLING),
        "money.as_of": Field("the day of that", _BILLING),
        "money.charges": Field("charges that are open: a list", _BILLING),
        "money.attempts": Field("attempts to reach the customer: a list", _CASE),
        "equipment.leased": Field("that equipment is the company's; empty: it is not", _TERMS),
        "fire.kinds": Field("systems whose end an authority is told; empty: none", _IMPORT),
        "authority.name": Field("the authority", _TOLD),
        "authority.owner": Field("how the owner is reached", _IMPORT),
        "authority.successor": Field("who monitors from then on; empty: not known", _CASE),
        "issuer.name": Field("who issued the certificate or placard", _TOLD),
        "issuer.certificate": Field("its number", _IMPORT),
        "request.received_on": Field("the day the customer's request came", _CASE),
        "fees.starts_on": Field("the day fees start", _GIVEN),
        "fees.rule": Field("the rule of their amount", _GIVEN),
        "suspension.on": Field("the day service is suspended", _GIVEN),
        "agency.name": Field("the agency or attorney", _GIVEN),
        "agency.on": Field("the day of referral", _GIVEN),
        "agency.reports": Field("that it reports to credit bureaus; empty: it does not", _TERMS),
        "hold.scope": Field("what is held", _GIVEN),
        "hold.classes": Field("which data", _GIVEN),
        "hold.since": Field("from when", _GIVEN),
        "hold.asked_by": Field("who asked for it", _GIVEN),
        "release.to": Field("to whom records are given", _GIVEN),
        "release.ground": Field("consent, subpoena, counsel or policy", _GIVEN),
        "release.what": Field("what is given", _GIVEN),
        "release.redactions": Field("what is masked in it", _GIVEN),
        "sending.who": Field("who declares", _PROGRAM),
        "sending.title": Field("their role", _PROGRAM),
        "sending.when": Field("when it was sent", _PROGRAM),
        "sending.channel": Field("how", _PROGRAM),
        "sending.address": Field("where to, as it stood on file", _PROGRAM),
        "sending.kind": Field("which letter", _PROGRAM),
        "sending.file": Field("the file's name", _PROGRAM),
        "sending.sha256": Field("its SHA-256", _PROGRAM),
        "sending.reference": Field("tracking number or message id", _PROGRAM),
        "sending.act": Field("what the person did, in a sentence", _PROGRAM),
        "sending.declared_at": Field("when it was declared", _PROGRAM),
    }
)
"""Every field by its name."""

LISTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "money.charges": ("number", "what", "dated", "due", "amount", "left"),
        "money.attempts": ("on", "how"),
    }
)
"""The lists, and what each line of one has; every amount is of a line with its number."""

_HEAD = ("sender", "letter", "customer", "site", "contract", "account")
_WRITER = ("sender.name", "sender.license", "letter.date", "letter.to", "letter.address")
_SIGNED = ("sender.phone", "sender.signer")
_ABOUT = ("customer.name", "site.address", "contract.number", "account.number")

LETTERS: Mapping[str, LetterKind] = MappingProxyType(
    {
        "termination": LetterKind(
            title="Notice of termination",
            always=(
                *_WRITER,
                *_ABOUT,
                "contract.termination_clause",
                "ground.text",
                "notice.ends_at",
                *_SIGNED,
            ),
            somewhere=(
                "money.default_on",
                "money.charges",
                "money.total",
                "money.as_of",
                "money.attempts",
                "equipment.leased",
                "fire.kinds",
                "cure.days",
                "cure.amount",
                "cure.last_day",
                "cure.pay",
                "cure.follows",
            ),
            parts=(*_HEAD, "ground", "notice", "money", "equipment", "fire", "cure"),
            final=True,
        ),
        "confirmation": LetterKind(
            title="Confirmation that monitoring ends",
            always=(
                *_WRITER,
                *_ABOUT,
                "ground.text",
                "request.received_on",
                "notice.ends_at",
                "contract.balance",
                *_SIGNED,
            ),
            somewhere=("equipment.leased", "fire.kinds"),
            parts=(*_HEAD, "ground", "request", "notice", "equipment", "fire"),
            final=True,
        ),
        "late_fee": LetterKind(
            title="Late fees",
            always=(
                *_WRITER,
                *_ABOUT,
                "fees.starts_on",
                "fees.rule",
                "contract.late_fee_clause",
                *_SIGNED,
            ),
            somewhere=("money.charges", "money.total", "money.as_of"),
            parts=(*_HEAD, "fees", "money"),
        ),
        "intent_to_suspend": LetterKind(
            title="Intent to suspend service",
            always=(*_WRITER, *_ABOUT, "suspension.on", *_SIGNED),
            somewhere=("money.charges", "money.total", "money.as_of", "fire.kinds"),
            parts=(*_HEAD, "suspension", "money", "fire"),
        ),
        "agency_warning": LetterKind(
            title="Intent to refer to an agency",
            always=(*_WRITER, *_ABOUT, "agency.name", "agency.on", *_SIGNED),
            somewhere=("agency.reports", "money.charges", "money.total", "money.as_of"),
            parts=(*_HEAD, "agency", "money"),
        ),
        "second_notice": LetterKind(
            title="Monitoring has ended",
            always=(*_WRITER, *_ABOUT, "notice.ended_at", *_SIGNED),
            somewhere=("equipment.leased", "fire.kinds"),
            parts=(*_HEAD, "notice", "equipment", "fire"),
            final=True,
        ),
        "withdrawal_of_notice": LetterKind(
            title="Withdrawal of a notice",
            always=(*_WRITER, *_ABOUT, "notice.sent_on", *_SIGNED),
            parts=(*_HEAD, "notice"),
        ),
        "ahj_termination": LetterKind(
            title="Monitoring of a system ends",
            always=(
                *_WRITER,
                "site.address",
                "account.systems",
                "account.last_instant",
                "reason.class",
                "authority.name",
                "authority.owner",
                *_SIGNED,
            ),
            somewhere=("authority.successor",),
            parts=("sender", "letter", "site", "account", "reason", "authority", "customer"),
        ),
        "issuer_cancellation": LetterKind(
            title="Cancellation of a certificate or placard",
            always=(
                *_WRITER,
                "site.address",
                "issuer.name",
                "issuer.certificate",
                "account.last_instant",
                *_SIGNED,
            ),
            parts=("sender", "letter", "site", "account", "issuer", "customer"),
        ),
        "hold_notice": LetterKind(
            title="Hold on records",
            always=(
                *_WRITER,
                "account.number",
                "hold.scope",
                "hold.classes",
                "hold.since",
                "hold.asked_by",
                *_SIGNED,
            ),
            parts=(*_HEAD, "hold"),
        ),
        "release_record": LetterKind(
            title="Release of records",
            always=(
                *_WRITER,
                "account.number",
                "release.to",
                "release.ground",
                "release.what",
                "release.redactions",
                *_SIGNED,
            ),
            parts=(*_HEAD, "release"),
        ),
        "declaration": LetterKind(
            title="Declaration of sending",
            always=(
                "sending.who",
                "sending.title",
                "sender.name",
                "sending.when",
                "sending.channel",
                "sending.address",
                "sending.kind",
                "sending.file",
                "sending.sha256",
                "sending.act",
                "sending.declared_at",
            ),
            somewhere=("sending.reference",),
            parts=("sender", "sending", "contract", "account", "letter"),
        ),
    }
)
"""What each kind must hold."""


def fields_of(kind: str) -> tuple[str, ...]:
    """Return the fields that a template for a kind of letter may name."""
    parts = LETTERS[kind].parts
    return tuple(name for name in FIELDS if name.partition(".")[0] in parts)
