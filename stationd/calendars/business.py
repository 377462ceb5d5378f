"""Business days: pure, in the zone of whoever is to be reached."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["business_day_after", "is_business_day", "midnight"]

_DAY = timedelta(days=1)
_SATURDAY = 5


def is_business_day(day: date, holidays: AbstractSet[date]) -> bool:
    """Tell whether business is done on ``day``."""
    return day.weekday() < _SATURDAY and day not in holidays


def business_day_after(day: date, holidays: AbstractSet[date], count: int = 1) -> date:
    """Return the ``count``-th business day after ``day``; 0: the day itself, or the next one."""
    while not is_business_day(day, holidays):
        day += _DAY
        if count and is_business_day(day, holidays):
            count -= 1
    for _ in range(count):
        day += _DAY
        while not is_business_day(day, holidays):
            day += _DAY
    return day


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when ``day`` begins in ``zone``, in UTC."""
    return _at(day, 0, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
