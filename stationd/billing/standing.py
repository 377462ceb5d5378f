"""What a contract's billing lines come to on a day.

Money that came in pays what was due first: every payment and credit goes into one sum, and that sum
pays invoices and fees in the order of their last day to pay, then of their own day, then of their
number.  No payment is tied to an invoice, so it does not matter what it was meant for, and a
contract's oldest debt is the one that is open.

A reversal (a cheque that came back) or a refund takes from the sum what it names.  What the
payment had paid is open again, with its own last day to pay: a payment that bounced makes no debt
younger.  Where more is taken back than ever came in, the rest is owed from the day it was taken.

The last day to pay counts in full: a line is overdue from the next day on.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from stationd.billing.model import CREDITS, DEBITS, Line, LineKind, Open, Statement

__all__ = ["statement"]


def statement(lines: Iterable[Line], on: date) -> Statement:
    """Return what ``lines``, all of one contract and one currency, come to at the end of ``on``."""
    counted = tuple(sorted((line for line in lines if line.on <= on), key=_order))
    came_in = sum(line.amount for line in counted if line.kind in CREDITS)
    taken_back = [line for line in counted if line.kind not in DEBITS | CREDITS]
    pays = came_in - sum(line.amount for line in taken_back)
    owed = [Open(line=line, amount=line.amount) for line in counted if line.kind in DEBITS]
    owed = sorted([*owed, *_beyond(taken_back, came_in)], key=lambda one: _order(one.line))
    unpaid, left = _unpaid(owed, max(pays, 0))
    overdue = [one for one in unpaid if one.line.due < on]
    oldest = overdue[0].line.due if overdue else None
    return Statement(
        on=on,
        lines=counted,
        balance=sum(one.amount for one in unpaid) - left,
        overdue=sum(one.amount for one in overdue),
        days_past_due=0 if oldest is None else (on - oldest).days,
        oldest_due=oldest,
        paid_through=_paid_through(counted, {one.line.id for one in unpaid}),
        unpaid=unpaid,
        currency=counted[0].currency if counted else "",
    )


def _order(line: Line) -> tuple[date, date, str, str, str]:
    return (line.due, line.on, line.number, line.kind.value, line.id)


def _beyond(taken_back: Iterable[Line], came_in: int) -> Iterator[Open]:
    """Yield what was taken back beyond all that ever came in: that is owed."""
    left = came_in
    for line in sorted(taken_back, key=lambda one: (one.on, one.number, one.id)):
        if line.amount > left:
            yield Open(line=line, amount=line.amount - left)
        left = max(left - line.amount, 0)


def _unpaid(owed: Iterable[Open], pays: int) -> tuple[tuple[Open, ...], int]:
    """Return what is still open once ``pays`` has paid the first of it, and what is left over."""
    unpaid: list[Open] = []
    for one in owed:
        paid = min(one.amount, pays)
        pays -= paid
        if paid < one.amount:
            unpaid.append(Open(line=one.line, amount=one.amount - paid))
    return tuple(unpaid), pays


def _paid_through(lines: Iterable[Line], open_ids: AbstractSet[str]) -> date | None:
    """Return the last day before the first period that is not paid for whole.

    Of a period that is open, the day before its first day; of one without a first day, nothing can
    be said but what the periods before it say.
    """
    periods = sorted(
        (line for line in lines if line.kind is LineKind.INVOICE and line.period_through),
        key=lambda line: (line.period_through or date.max, _order(line)),
    )
    paid: date | None = None
    for line in periods:
        if line.id in open_ids:
            begins = line.period_from
            return paid if begins is None or paid is not None else begins - timedelta(days=1)
        paid = line.period_through
    return paid
