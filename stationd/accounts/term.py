"""When a contract renews, by its terms.

The initial term begins with the day the contract started.  A contract that renews by the month
renews on each month's same day after it, one that renews for a fixed time after each such time
(``renewal_term``, 12 months where it is not told).  A month that is too short has its last day.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

__all__ = ["renewal_from"]

_TERM = re.compile(r"\s*([0-9]{1,3})\s*(y|yr|yrs|year|years|m|mo|month|months)?\s*", re.IGNORECASE)
_YEAR = 12


def renewal_from(terms: Mapping[str, Any], day: date = date.min) -> date | None:
    """Return the first renewal on ``day`` or later; None: it does not renew, or is not known."""
    started, initial = _day(terms.get("started")), _months(terms.get("initial_term"))
    if started is None or initial is None or terms.get("renewal") not in {"month", "fixed"}:
        return None
    every = 1 if terms["renewal"] == "month" else _months(terms.get("renewal_term")) or _YEAR
    elapsed = (day.year - started.year) * _YEAR + day.month - started.month
    rounds = max((elapsed - initial) // every - 1, 0)
    while (found := _after(started, initial + rounds * every)) is not None and found < day:
        rounds += 1
    return found


def _after(started: date, months: int) -> date | None:
    years, month = divmod(started.month - 1 + months, _YEAR)
    year = started.year + years
    if year > date.max.year:
        return None
    return date(year, month + 1, min(started.day, monthrange(year, month + 1)[1]))


def _months(told: object) -> int | None:
    found = _TERM.fullmatch(told) if isinstance(told, str) else None
    if found is None:
        return None
    count = int(found[1]) * (_YEAR if (found[2] or "m").lower().startswith("y") else 1)
    return count or None


def _day(told: object) -> date | None:
    try:
        return date.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
