"""`stationctl retention`."""

from datetime import timedelta

import click

from archive.canonical import JsonValue
from stationd.bundles.horizon import HORIZONS
from stationd.bundles.model import Order
from stationd.bundles.service import ending
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso

__all__ = ["retention"]


@click.group()
def retention() -> None:
    """Show how long things are kept, and what ends."""


@retention.command(epilog="Example: stationctl retention locks --days 30")
@click.option(
    "--days",
    type=click.IntRange(min=1),
    default=HORIZONS[-1],
    show_default=True,
    help="Locks that end within so many days.",
)
@click.pass_obj
def locks(office: Office, days: int) -> None:
    """List the bundles whose lock ends soon, the first first.

    Where a hold on records reaches the account the worker extends the lock by a year in time.
    """
    found = ending(office.desk, timedelta(days=days))
    office.trail.reading("locks")
    head = ("lock ends", "bundle", "account", "kind", "hold")
    rows = [_lock_row(order, held=held) for order, held in found]
    value: list[JsonValue] = [_lock_value(order, held=held) for order, held in found]
    office.show(value, table(head, rows) if rows else f"No lock ends within {days} days.")


def _lock_row(order: Order, *, held: bool) -> list[str]:
    until = "" if order.retain_until is None else f"{order.retain_until:%Y-%m-%d}"
    said = "extended in time" if held else ""
    return [until, order.name or order.id, order.acct, order.kind.value, said]


def _lock_value(order: Order, *, held: bool) -> dict[str, JsonValue]:
    return {
        "order": order.id,
        "bundle": order.name,
        "acct": order.acct,
        "kind": order.kind.value,
        "retain_until": None if order.retain_until is None else iso(order.retain_until),
        "held": held,
    }
