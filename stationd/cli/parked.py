"""`stationctl parked`."""

from dataclasses import asdict

import click

from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.signals import service

__all__ = ["parked"]


@click.command(epilog="Example: stationctl --json parked")
@click.pass_obj
def parked(office: Office) -> None:
    """Show what was kept but not assigned or not decoded: count, first, last and source.

    For a number that is to be an account's: `account link`, then `account claim`.
    """
    found = service.parked(office.desk)
    office.trail.reading("parked")
    head = ("group", "number", "reason", "count", "first", "last", "line", "from")
    rows = [
        [
            one.receiver_group,
            one.number or "unreadable",
            one.reason,
            str(one.count),
            one.first_at,
            one.last_at,
            one.listener,
            one.peer,
        ]
        for one in found
    ]
    office.show([asdict(one) for one in found], table(head, rows) if rows else "Nothing is parked.")
