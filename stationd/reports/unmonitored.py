"""The monthly list of locations that are no longer monitored, by city, as ordinances ask for it."""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from stationd.calendars.business import midnight

__all__ = ["HEAD", "Location", "as_csv", "city", "month_before", "span"]

HEAD = ("jurisdiction", "city", "address", "name", "systems", "ended", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A site where service ended, and when."""

    acct: str
    name: str
    address: str
    jurisdiction: str
    zone: str
    systems: tuple[str, ...]
    ended_at: datetime


def month_before(now: datetime, zone: ZoneInfo) -> date:
    """Return the first day of the month before the one that ``now`` is in."""
    first = now.astimezone(zone).date().replace(day=1)
    return (
        (first.replace(year=first.year - 1, month=12))
        if first.month == 1
        else first.replace(month=first.month - 1)
    )


def span(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when a month begins and ends in ``zone``, in UTC."""
    first = month.replace(day=1)
    december = first.month == 12  # noqa: PLR2004  (the last month)
    following = (
        first.replace(year=first.year + 1, month=1)
        if december
        else first.replace(month=first.month + 1)
    )
    return midnight(first, zone).astimezone(UTC), midnight(following, zone).astimezone(UTC)


def city(address: str) -> str:
    """Return the city of an address as people write it, ``Street, City, ST 12345``; else empty.

    It sorts the list; the whole address stands beside it.
    """
    parts = [part.strip() for part in address.split(",")][1:]
    named = [
        re.sub(r"^\d[\d -]*|\s[A-Z]{2}\s+\d[\d-]*$", "", part).strip()
        for part in parts
        if part and not re.fullmatch(r"[A-Z]{2,3}(\s+[\dA-Z][\dA-Z -]*)?|[\d -]+", part)
    ]
    return named[-1] if named else ""


def as_csv(found: Iterable[Location]) -> str:
    """Return the list, by jurisdiction and city."""
    rows = sorted(
        (
            one.jurisdiction,
            city(one.address),
            one.address,
            one.name,
            " ".join(one.systems),
            f"{one.ended_at.astimezone(ZoneInfo(one.zone)):%Y-%m-%d}",
            one.acct,
        )
        for one in found
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEAD)
    writer.writerows(rows)
    return text.getvalue()
