"""Rounds: what is done station-wide every hour, day, week or month, whatever became of the clock.

A round's next instant is a row.  A new round, and one whose row was lost, is due within a day, an
hourly one within the hour.  A clock that was set forward makes a round due once, not once for each
time that was skipped; one that was set back brings the instant back with it, so that nothing waits
for a date that was a mistake.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

__all__ = ["Every", "Kept", "Round", "after", "first", "is_astray", "rest"]

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_SHORTEST_REST = timedelta(minutes=1)
_LONGEST_REST = timedelta(hours=1)
_MOST_DOUBLINGS = 10


class Every(StrEnum):
    """How often a round is made."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round by its name; ``hour`` is the local hour of those that are made by the day.

    Weekly rounds are made on Mondays, monthly ones on the first.
    """

    name: str
    every: Every
    hour: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is known of a round: its last run, its next instant, and how the last try went."""

    name: str
    ran_at: datetime | None
    next_at: datetime
    tries: int
    said: str


def after(one: Round, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant of a round that is later than ``moment``, in UTC.

    An hour that a daylight-saving change skips is made up for right after it, and one that comes
    twice counts the first time: there is one instant a day, whatever the day.
    """
    if one.every is Every.HOUR:
        return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + _HOUR
    day = moment.astimezone(zone).date() - _DAY
    while True:
        instant = datetime.combine(day, time(one.hour), tzinfo=zone).astimezone(UTC)
        if instant > moment and _is_day(one.every, day):
            return instant
        day += _DAY


def _is_day(every: Every, day: date) -> bool:
    if every is Every.WEEK:
        return day.weekday() == 0
    return every is not Every.MONTH or day.day == 1


def first(one: Round, moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when a round is due of which nothing is known: soon, for it may be long overdue."""
    often = one if one.every is Every.HOUR else replace(one, every=Every.DAY)
    return after(often, moment, zone)


def is_astray(one: Round, kept: Kept, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a round waits for an instant that the clock, set back, has put too far off."""
    return kept.next_at > after(one, now, zone)


def rest(tries: int) -> timedelta:
    """Return how long a round rests that has failed ``tries`` times in a row."""
    doublings = min(max(tries - 1, 0), _MOST_DOUBLINGS)
    return min(_SHORTEST_REST * (1 << doublings), _LONGEST_REST)
