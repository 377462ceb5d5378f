"""`stationctl account unmonitored`."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.reports.service import unmonitored as listed
from stationd.reports.unmonitored import as_csv, city, month_before

__all__ = ["unmonitored"]


@click.command(
    name="unmonitored", epilog="Example: stationctl account unmonitored --month 2026-04 --csv"
)
@click.option("--month", metavar="YYYY-MM", help="Which month.  [default: the one before this]")
@click.option("--city", "of", help="Only this city.")
@click.option("--csv", "as_table", is_flag=True, help="As CSV, to send on.")
@click.pass_obj
def unmonitored(office: Office, month: str | None, of: str | None, *, as_table: bool) -> None:
    """List locations that are no longer monitored since a month, by city, as ordinances ask.

    The worker writes the same list to `worker.reports` on the first of each month.
    """
    zone = ZoneInfo(office.settings.worker.zone)
    first = month_before(office.clock.now(), zone) if month is None else _month(month)
    found = [
        one
        for one in listed(office.desk, first, zone)
        if of is None or city(one.address).casefold() == of.casefold()
    ]
    office.trail.reading("unmonitored")
    value: list[JsonValue] = [
        {
            "acct": one.acct,
            "jurisdiction": one.jurisdiction,
            "city": city(one.address),
            "address": one.address,
            "name": one.name,
            "systems": list(one.systems),
            "ended_at": iso(one.ended_at),
        }
        for one in found
    ]
    if as_table:
        office.show(value, as_csv(found).splitlines())
        return
    head = ("jurisdiction", "city", "address", "systems", "ended", "account")
    rows = [
        [
            one.jurisdiction,
            city(one.address),
            one.address,
            " ".join(one.systems),
            f"{one.ended_at.astimezone(ZoneInfo(one.zone)):%Y-%m-%d}",
            one.acct,
        ]
        for one in found
    ]
    none = f"Monitoring ended nowhere in {first:%Y-%m}."
    office.show(value, table(head, rows) if rows else none)


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  (a month has no zone)
    except ValueError:
        raise MistakeError(f"--month {text}: write it as 2026-04.") from None
