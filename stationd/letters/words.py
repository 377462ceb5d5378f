"""How dates, instants, hours and amounts are written in a letter, so that nobody can read two."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

__all__ = ["amount", "day", "listed", "moment"]


def day(when: date) -> str:
    """Return a day with its weekday: ``Tuesday, April 7, 2026``."""
    return f"{when:%A}, {when:%B} {when.day}, {when.year}"


def moment(when: datetime, zone: str) -> str:
    """Return an instant as the clock on a site's wall shows it, with zone and offset."""
    local = when.astimezone(ZoneInfo(zone))
    offset = f"{local:%z}"
    hour = local.hour % 12 or 12
    half = "a.m." if local.hour < 12 else "p.m."  # noqa: PLR2004
    named = f"{local:%Z}".strip("+-0123456789")
    known = f"{named}, " if named else ""
    at = f"{hour}:{local:%M} {half}"
    if (local.hour, local.minute) == (12, 0):
        at = "12:00 noon"
    return f"{day(local.date())}, {at} ({known}{zone}, UTC{offset[:3]}:{offset[3:5]})"


def amount(cents: int, currency: str) -> str:
    """Return an amount with its currency: ``USD 1,234.50``."""
    sign = "-" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{currency} {whole:,}.{rest:02}"


def listed(names: list[str]) -> str:
    """Return names as a sentence lists them."""
    if len(names) < 2:  # noqa: PLR2004
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
