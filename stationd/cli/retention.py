"""`stationctl retention`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from archive.canonical import JsonValue
from stationd.bundles.horizon import HORIZONS
from stationd.bundles.model import Order
from stationd.bundles.service import ending
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.cli.purge import COMMANDS as PURGE
from stationd.clock import iso
from stationd.retention import service
from stationd.retention.model import DEFAULTS, OUTSIDE_FLOORS, DataClass, Override, Rule
from stationd.retention.plan import Planned

__all__ = ["retention"]


@click.group()
def retention() -> None:
    """Show how long things are kept and what ends; remove it, with a second person."""


for _command in PURGE:
    retention.add_command(_command)


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


@retention.command(epilog="Example: stationctl retention plan 1234")
@click.argument("acct", required=False)
@click.option("--until", type=MOMENT, help="Only what may go before then.")
@click.pass_obj
def plan(office: Office, acct: str | None, until: datetime | None) -> None:
    """Show what would go, when, by which rule, and what holds it; nothing is removed.

    Of account ACCT, or of every account whose record is closed.
    """
    now = office.clock.now()
    found = [row for row in service.plan(office.desk, acct) if until is None or row.due_at < until]
    office.trail.reading("retention plan", acct=acct)
    head = ("may go", "account", "class", "clock starts", "at", "months", "rule", "held by")
    value: list[JsonValue] = [_plan_value(row, now) for row in found]
    office.show(value, table(head, [_plan_row(row) for row in found]) if found else "Nothing.")


def _plan_row(row: Planned) -> list[str]:
    return [
        f"{row.due_at:%Y-%m-%d}",
        row.acct,
        row.data_class.value,
        f"{row.start:%Y-%m-%d}",
        row.start_why,
        str(row.rule.months),
        row.rule.source,
        "; ".join(row.held_by),
    ]


def _plan_value(row: Planned, now: datetime) -> dict[str, JsonValue]:
    return {
        "acct": row.acct,
        "class": row.data_class.value,
        "start": iso(row.start),
        "start_why": row.start_why,
        "months": row.rule.months,
        "source": row.rule.source,
        "author": row.rule.author,
        "due_at": iso(row.due_at),
        "held_by": list(row.held_by),
        "goes": row.goes(now),
    }


@retention.command(epilog="Example: stationctl retention register")
@click.pass_obj
def register(office: Office) -> None:
    """Show how long each class is kept: defaults, overrides, and what rules outside ask for."""
    found = service.overrides(office.desk)
    head = ("class", "months", "for", "source", "by")
    rows = [[*_rule(one)[:2], "all others", *_rule(one)[2:]] for one in DEFAULTS.values()]
    rows += [[*_rule(one.rule)[:2], _whom(one), *_rule(one.rule)[2:]] for one in found]
    asked = [f"  {what}: {how_long}" for what, how_long in OUTSIDE_FLOORS]
    value: dict[str, JsonValue] = {
        "defaults": {one.data_class.value: one.months for one in DEFAULTS.values()},
        "overrides": [_override_value(one) for one in found],
        "outside": dict(OUTSIDE_FLOORS),
    }
    office.show(value, [*table(head, sorted(rows)), "Rules from outside commonly ask for:", *asked])


def _rule(one: Rule) -> Sequence[str]:
    return (one.data_class.value, str(one.months), one.source, one.author)


def _whom(one: Override) -> str:
    named = {"jurisdiction": one.jurisdiction, "dealer": one.dealer_id}
    return ", ".join(f"{name} {value}" for name, value in named.items() if value)


def _override_value(one: Override) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "class": one.rule.data_class.value,
        "months": one.rule.months,
        "jurisdiction": one.jurisdiction,
        "dealer": one.dealer_id,
        "source": one.rule.source,
        "author": one.rule.author,
        "set_at": iso(one.set_at),
    }


@retention.command(
    epilog='Example: stationctl retention override records 120 --jurisdiction CO --source "law 7"'
)
@click.argument("data_class", type=click.Choice([one.value for one in DataClass]))
@click.argument("months", type=click.IntRange(min=1))
@click.option("--jurisdiction", default="", help="For sites of this jurisdiction.")
@click.option("--dealer", default="", help="For customers of the dealer of this id.")
@click.option("--source", required=True, help="The law, contract or letter behind it.")
@click.pass_obj
def override(
    office: Office, data_class: str, months: int, *, jurisdiction: str, dealer: str, source: str
) -> None:
    """Set how many MONTHS a class is kept for a jurisdiction or a dealer (managers).

    Of several that fit an account the longest counts.
    """
    made = service.override(
        office.desk,
        DataClass(data_class),
        months,
        source=source,
        by=office.person(),
        jurisdiction=jurisdiction,
        dealer_id=dealer,
    )
    said = f"{made.rule.data_class} are kept for {months} months for {_whom(made)}."
    office.show(_override_value(made), said)
