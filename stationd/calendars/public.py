"""Public holidays of a jurisdiction: the library's, and the days an operator adds.

A jurisdiction is a country's code, and a state or province after a hyphen: ``US-CA``, ``CA-ON``,
``DE-BY``, ``GB``.  More after another hyphen (a county) is left to whoever adds days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

from stationd.errors import MistakeError

__all__ = ["EVERYWHERE", "Calendar", "calendar_of", "named", "public_calendar"]

EVERYWHERE = "*"
"""What days of an operator are under that count in every jurisdiction."""

_FIRST, _LAST = 1990, 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The days on which no business is done, but for weekends; ``name`` is empty: only own days.

    ``source`` is the library and its version, for whoever computes it again.
    """

    name: str
    source: str
    days: frozenset[date]


def named(jurisdiction: str) -> str:
    """Return the calendar that a jurisdiction has, or raise `MistakeError`; empty: it is empty."""
    if not jurisdiction:
        return ""
    for name in _shorter(jurisdiction):
        if _is_known(name):
            return name
    msg = (
        f"No calendar of holidays is known for {jurisdiction!r}. A jurisdiction begins with a "
        "country's code, such as US-CA, CA-ON, DE-BY."
    )
    raise MistakeError(msg)


def calendar_of(
    jurisdiction: str, own: Mapping[str, Iterable[date]], first: date, last: date
) -> Calendar:
    """Return the holidays of a jurisdiction from the year of ``first`` to that of ``last``.

    Of ``own`` days those count that stand under the jurisdiction, under what it belongs to, or
    under ``*``.  One that no calendar is known for has these alone, and an empty name.
    """
    days = {
        day
        for name in (EVERYWHERE, *_shorter(jurisdiction))
        for day in own.get(name, ())
        if first.year <= day.year <= last.year
    }
    try:
        name = named(jurisdiction)
    except MistakeError:
        name = ""
    public = public_calendar(name, max(first.year, _FIRST), min(last.year, _LAST))
    return Calendar(name=name, source=_source() if name else "", days=public | days)


@lru_cache(maxsize=256)
def public_calendar(name: str, first: int, last: int) -> frozenset[date]:
    """Return the library's days from year to year; none for an empty name."""
    if not name:
        return frozenset()
    from holidays import country_holidays  # noqa: PLC0415  (it takes a fifth of a second)

    country, _, part = name.partition("-")
    years = range(first, last + 1)
    return frozenset(country_holidays(country, subdiv=part or None, years=years))


@lru_cache(maxsize=256)
def _is_known(name: str) -> bool:
    from holidays import list_supported_countries  # noqa: PLC0415  (likewise)

    country, _, part = name.partition("-")
    known = list_supported_countries(include_aliases=False)
    return country in known and (not part or part in known[country])


@lru_cache(maxsize=1)
def _source() -> str:
    return f"holidays {version('holidays')}"


def _shorter(jurisdiction: str) -> list[str]:
    """Return a jurisdiction and what it belongs to, the nearest first."""
    parts = jurisdiction.split("-")
    return ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
