"""What a contract's billing lines come to on a day.

Money that came in pays what was due first: every payment and credit goes into one sum, and that sum
pays invoices and fees in the order of their last day to pay, then of their own day, then of their
number.  No payment is tied to an invoice, so it does not matter what it was meant for, and a
contract's oldest debt is the one that is open.

A reversal (a cheque that came back) or a refund takes from the sum what it names.  What the
payment had paid is open again, with its own last day to pay: a payment that bounced makes no debt
younger.  Where more is taken back than ever came in, the rest is owed from the day it was taken.

How a contract stands follows from the days past due, within what people have not decided: billing
moves it between `current`, `past_due` and `in_default` and never out of another standing.  While
a case is open billing only ever worsens it; what puts a default right is the case's to say.

The last day to pay counts in full: a line is overdue from the next day on.
"""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from archive.canonical import JsonValue
from stationd.accounts.model import Standing
from stationd.billing.model import (
    CREDITS,
    DEBITS,
    Balance,
    Line,
    LineKind,
    Open,
    Statement,
)

__all__ = [
    "BY_BILLING",
    "balance",
    "by_days",
    "moved",
    "policy_name",
    "statement",
    "statement_json",
]

BY_BILLING = (Standing.CURRENT, Standing.PAST_DUE, Standing.IN_DEFAULT)
"""The standings that billing moves, from the best to the worst."""

_DAY = timedelta(days=1)


def statement(lines: Iterable[Line], on: date) -> Statement:
    """Return what ``lines``, all of one contract and one currency, come to at the end of ``on``."""
    counted = tuple(sorted((line for line in lines if line.on <= on), key=_order))
    unpaid, left = _applied(counted)
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


def statement_json(stands: Statement) -> dict[str, JsonValue]:
    """Return a statement as plain values, for records and programs; amounts in cents."""
    return {
        "on": stands.on.isoformat(),
        "currency": stands.currency,
        "balance": stands.balance,
        "overdue": stands.overdue,
        "days_past_due": stands.days_past_due,
        "oldest_due": _told(stands.oldest_due),
        "paid_through": _told(stands.paid_through),
        "unpaid": [
            {
                "source": one.line.source,
                "kind": one.line.kind.value,
                "number": one.line.number,
                "amount": one.amount,
            }
            for one in stands.unpaid
        ],
        "lines": [
            {
                "kind": line.kind.value,
                "number": line.number,
                "source": line.source,
                "on": line.on.isoformat(),
                "due_on": line.due.isoformat(),
                "amount": line.amount,
                "currency": line.currency,
                "text": line.text,
                "period_from": _told(line.period_from),
                "period_through": _told(line.period_through),
            }
            for line in stands.lines
        ],
    }


def _told(day: date | None) -> JsonValue:
    return None if day is None else day.isoformat()


def _order(line: Line) -> tuple[date, date, str, str, str]:
    return (line.due, line.on, line.number, line.kind.value, line.id)


def _applied(counted: Sequence[Line]) -> tuple[tuple[Open, ...], int]:
    """Return what is open once the sum that came in has paid, and what is left of the sum."""
    came_in = sum(line.amount for line in counted if line.kind in CREDITS)
    taken_back = [line for line in counted if line.kind not in DEBITS | CREDITS]
    pays = came_in - sum(line.amount for line in taken_back)
    owed = [Open(line=line, amount=line.amount) for line in counted if line.kind in DEBITS]
    owed = sorted([*owed, *_beyond(taken_back, came_in)], key=lambda one: _order(one.line))
    return _unpaid(owed, max(pays, 0))


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
            return paid if begins is None or paid is not None else begins - _DAY
        paid = line.period_through
    return paid


# --- Standing ---


def by_days(days_past_due: int, *, grace_days: int, default_days: int) -> Standing:
    """Return how a contract stands by its days past due alone."""
    if days_past_due > default_days:
        return Standing.IN_DEFAULT
    return Standing.PAST_DUE if days_past_due > grace_days else Standing.CURRENT


def moved(now: Standing, by_billing: Standing, *, has_case: bool) -> Standing:
    """Return how a contract stands once billing has been looked at."""
    if now not in BY_BILLING:
        return now
    if has_case:
        return max(now, by_billing, key=BY_BILLING.index)
    return by_billing


def balance(
    lines: Sequence[Line], contract_id: str, day: date, *, grace_days: int, default_days: int
) -> Balance:
    """Return what is kept of a contract's statement on a day, and when it changes by itself."""
    stands = statement(lines, day)
    oldest = stands.unpaid[0].line.due if stands.unpaid else None
    changes = [line.on for line in lines]
    changes += [one.line.due + _DAY for one in stands.unpaid]
    if oldest is not None:
        changes += [oldest + days * _DAY + _DAY for days in (grace_days, default_days)]
    return Balance(
        contract_id=contract_id,
        currency=stands.currency or (lines[0].currency if lines else ""),
        balance=stands.balance,
        overdue=stands.overdue,
        oldest_due=oldest,
        paid_through=stands.paid_through,
        standing=by_days(stands.days_past_due, grace_days=grace_days, default_days=default_days),
        on_day=day,
        look_on=min((one for one in changes if one > day), default=None),
        policy=policy_name(grace_days, default_days),
    )


def policy_name(grace_days: int, default_days: int) -> str:
    """Return what a balance says of the policy that it stands on."""
    return f"{grace_days}/{default_days}"
