"""Billing lines and what they come to."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["CREDITS", "DEBITS", "Line", "LineKind", "Open", "Statement", "money"]


class LineKind(StrEnum):
    """What a billing line is."""

    INVOICE = "invoice"
    FEE = "fee"
    PAYMENT = "payment"
    CREDIT = "credit"
    REVERSAL = "reversal"
    REFUND = "refund"


DEBITS = frozenset({LineKind.INVOICE, LineKind.FEE})
"""What the customer owes."""

CREDITS = frozenset({LineKind.PAYMENT, LineKind.CREDIT})
"""What pays it.  A reversal or a refund takes such a thing back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a contract's billing, as another system told it; it never changes.

    ``number`` is that system's, and unique with ``source`` and ``kind``.  ``amount`` is in cents
    and positive: the kind says which way it goes.  An invoice's period is what it pays for.
    """

    id: str
    contract_id: str
    kind: LineKind
    number: str
    on: date
    amount: int
    currency: str
    imported_at: datetime
    due_on: date | None = None
    text: str = ""
    period_from: date | None = None
    period_through: date | None = None
    source: str = ""
    import_id: str = ""

    @property
    def due(self) -> date:
        """The last day to pay it: the day it is due, else its own."""
        return self.on if self.due_on is None else self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is still to be paid of a line."""

    line: Line
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the lines of a contract come to on a day; amounts in cents.

    ``balance`` is negative where more was paid than billed.  ``overdue`` is the part whose last
    day to pay is over, ``oldest_due`` the first of those days and ``days_past_due`` how long ago
    it was (0: nothing is overdue).  ``paid_through`` is the last day that is paid for; None: no
    invoice has a period.  ``unpaid`` has what is still to be paid, in the order it is paid in.
    """

    on: date
    lines: tuple[Line, ...] = ()
    balance: int = 0
    overdue: int = 0
    days_past_due: int = 0
    oldest_due: date | None = None
    paid_through: date | None = None
    unpaid: tuple[Open, ...] = ()
    currency: str = ""


def money(cents: int) -> str:
    """Return an amount as people write it: ``129.50``, ``-4.00``."""
    whole, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{whole}.{rest:02}"
