"""Rows of the standing board, and what may be asked of it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from stationd.accounts.model import Service, Standing

__all__ = ["NO_BUNDLE", "NO_CASE", "Asked", "Row", "Sort"]

NO_CASE = "none"
"""The case state of a contract without an open case."""

NO_BUNDLE = "none"
"""The bundle state of an account of which no bundle was ordered."""


class Sort(StrEnum):
    """What the board is sorted by."""

    DAYS = "days"
    BALANCE = "balance"
    RENEWAL = "renewal"
    NEXT = "next"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which rows are wanted; None or empty: any.

    ``over`` is days past due that are exceeded, ``renews_within`` days from today, ``due`` rows
    whose next step is due by now.
    """

    state: str = ""
    standing: Standing | None = None
    over: int | None = None
    tier: str = ""
    dealer: str = ""
    renews_within: int | None = None
    due: bool = False
    bundle: str = ""
    sort: Sort = Sort.DAYS
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One contract; amounts in cents.  ``balance`` None: it has no billing lines."""

    contract: str
    acct: str
    customer: str
    site: str
    dealer: str
    tier: str
    service: Service
    standing: Standing
    balance: int | None
    overdue: int
    currency: str
    days_past_due: int
    renews_on: date | None
    case_id: str
    case_state: str
    case_overdue: bool
    next_step: str
    next_due: datetime | None
    bundle: str
