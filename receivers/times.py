"""Times that protocols carry, as moments: of a sender in UTC, of a receiver by its own clock."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType

__all__ = ["Told", "receiver_moment", "sender_moment"]

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_SHORT = 4  # hours and minutes, or month and day
_DIGITS = re.compile(r"(?P<date>[0-9]{4}|[0-9]{6}) (?P<time>[0-9]{4}|[0-9]{6})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Told:
    """What a clock showed: the middle of the second, or minute, that a text can mean."""

    moment: datetime
    resolution: timedelta


def sender_moment(text: str) -> Told | None:
    """Return the moment of a DC-09 time, ``HH:MM:SS,MM-DD-YYYY`` in UTC; None: it is none."""
    try:
        moment = datetime.strptime(text, "%H:%M:%S,%m-%d-%Y").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Told(moment + _SECOND / 2, _SECOND)


def receiver_moment(receiver: str, text: str, zone: tzinfo, near: datetime) -> Told | None:
    """Return the moment of a receiver's own time; None: it is none, or its form is not known.

    Such times name no zone, and some no year: of all moments that one can mean it is the one that
    is nearest to ``near``, when it was received.
    """
    match, dated = _DIGITS.fullmatch(text), _DATES.get(receiver)
    if match is None or dated is None:
        return None
    short = len(match["time"]) == _SHORT
    resolution = _MINUTE if short else _SECOND
    clock = match["time"] + ("00" if short else "")
    local = near.astimezone(zone)
    found = [
        day.replace(tzinfo=zone, fold=fold)
        for date in dated(match["date"], local.year)
        if (day := _moment(f"{date}{clock}")) is not None
        for fold in (0, 1)
    ]
    if not found:
        return None
    nearest = min(found, key=lambda one: abs(one.astimezone(UTC) - near))
    return Told(nearest.astimezone(UTC) + resolution / 2, resolution)


def _moment(digits: str) -> datetime | None:
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007  (its zone comes after)
    except ValueError:
        return None


def _month_first(date: str, year: int) -> list[str]:
    """Return the dates that ``MMDDYY`` can be."""
    return [f"20{date[4:]}{date[:4]}"] if len(date) > _SHORT else []


def _year_first_or_none(date: str, year: int) -> list[str]:
    """Return the dates that ``YYMMDD`` or ``MMDD`` can be."""
    if len(date) > _SHORT:
        return [f"20{date}"]
    return [f"{one}{date}" for one in (year - 1, year, year + 1)]


_DATES: Mapping[str, Callable[[str, int], list[str]]] = MappingProxyType(
    {"mx8000": _month_first, "sk9000": _month_first, "iti": _year_first_or_none}
)
