"""Business days and business hours: pure, in the zone of whoever is to be reached."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

__all__ = ["business_day_after", "in_business_hours", "is_business_day", "midnight"]

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


def in_business_hours(
    moment: datetime, zone: ZoneInfo, holidays: AbstractSet[date], hours: tuple[int, int]
) -> datetime:
    """Return ``moment`` if it is within the hours of a business day, else when the next begin.

    ``hours`` are the first (inclusive) and the last (exclusive), by the clock on the wall.
    """
    begins, ends = hours
    local = moment.astimezone(zone)
    if is_business_day(local.date(), holidays):
        if begins <= local.hour < ends:
            return moment
        if local.hour < begins:
            return _at(local.date(), begins, zone)
    return _at(business_day_after(local.date(), holidays), begins, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when ``day`` begins in ``zone``, in UTC."""
    return _at(day, 0, zone)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=zone).astimezone(UTC)
