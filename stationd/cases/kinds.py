"""What can be recorded about a case: the kinds of fact, and which of them a reason asks for."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from stationd.cases.model import Reason
from stationd.errors import MistakeError

__all__ = [
    "CHANNELS",
    "KINDS",
    "FactKind",
    "documents_for",
    "kind_named",
    "notice_kind",
    "recordable",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactKind:
    """A kind of fact; one with ``needs_document`` is worth nothing without a file."""

    title: str
    needs_document: bool = False
    by_program: bool = False


KINDS: Mapping[str, FactKind] = MappingProxyType(
    {
        "billing_statement": FactKind(
            title="billing statement that shows the default", needs_document=True
        ),
        "customer_writing": FactKind(
            title="the customer's request in writing", needs_document=True
        ),
        "recorded_call": FactKind(title="recording of the customer's request", needs_document=True),
        "contact": FactKind(title="contact with the customer: channel, person, outcome"),
        "promise": FactKind(title="promise to pay, with its date"),
        "dispute": FactKind(title="dispute by the customer"),
        "dispute_decision": FactKind(title="decision of a dispute"),
        "referral": FactKind(title="referral to an attorney or agency"),
        "clearance": FactKind(title="clearance by the attorney for this contract and date"),
        "attorney_instruction": FactKind(title="the attorney's written instruction"),
        "collection_return": FactKind(title="return of the matter from collection"),
        "cure_accepted": FactKind(title="payment or agreement that puts the default right"),
        "notice_returned": FactKind(title="notice that came back undelivered"),
        "note": FactKind(title="note of staff"),
        "notice": FactKind(title="notice sent", needs_document=True, by_program=True),
        "declaration": FactKind(
            title="declaration of sending", needs_document=True, by_program=True
        ),
        "effective": FactKind(title="computation of the effective instant", by_program=True),
        "followed": FactKind(title="how far journals were followed", by_program=True),
        "retention": FactKind(title="retention date of the closed record", by_program=True),
    }
)

# How a notice travels, and whether the mail allowance is added.
CHANNELS: Mapping[str, bool] = MappingProxyType(
    {"post": True, "certified": True, "courier": True, "email": False, "hand": False}
)

_DOCUMENTS: Mapping[Reason, tuple[str, ...]] = MappingProxyType(
    {
        Reason.NONPAYMENT: ("billing_statement",),
        Reason.CUSTOMER_REQUEST: ("customer_writing", "recorded_call"),
    }
)

_NOTICES: Mapping[Reason, str] = MappingProxyType(
    {Reason.NONPAYMENT: "termination", Reason.CUSTOMER_REQUEST: "confirmation"}
)


def documents_for(reason: Reason) -> tuple[str, ...]:
    """Return the kinds of document of which ``reason`` needs one (G2)."""
    return _DOCUMENTS[reason]


def notice_kind(reason: Reason) -> str:
    """Return which notice goes out for ``reason``."""
    return _NOTICES[reason]


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
