"""`stationctl hold`."""

from datetime import datetime

import click

from archive.canonical import JsonValue
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.holds import service
from stationd.holds.model import Hold, HoldKind

__all__ = ["hold"]


@click.group()
def hold() -> None:
    """Set, lift and list holds: orders that stop removal or ending."""


@hold.command(
    name="set",
    epilog='Example: stationctl hold set 1234 --ground "claim letter of 3 May, Adler & Co"',
)
@click.argument("acct")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in HoldKind]),
    default=HoldKind.RECORDS.value,
    show_default=True,
    help="records: nothing is removed.  service: monitoring does not end.",
)
@click.option("--ground", required=True, help="The letter, claim or request behind it.")
@click.option("--review", type=MOMENT, help="When it is looked at again.  [default: in 90 days]")
@click.pass_obj
def set_(office: Office, acct: str, kind: str, ground: str, review: datetime | None) -> None:
    """Set a hold on account ACCT, at once."""
    made = service.set_hold(
        office.desk, acct, HoldKind(kind), ground, review_at=review, by=office.person()
    )
    office.show(_value(made), f"Hold {made.id} on the {kind} of {acct} is in force.")


@hold.command()
@click.argument("hold_id")
@click.pass_obj
def lift(office: Office, hold_id: str) -> None:
    """Lift the hold HOLD_ID (managers)."""
    lifted = service.lift_hold(office.desk, hold_id, by=office.person())
    office.show(_value(lifted), f"Hold {lifted.id} on {lifted.acct} is lifted.")


@hold.command(name="list")
@click.argument("acct", required=False)
@click.option("--all", "every", is_flag=True, help="Lifted ones too.")
@click.pass_obj
def list_(office: Office, acct: str | None, *, every: bool) -> None:
    """List the holds in force, of account ACCT or all."""
    found = service.holds(office.desk, acct, in_force=not every)
    office.trail.reading("holds", acct=acct)
    head = ("hold", "account", "kind", "set", "by", "case", "ground", "lifted")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No holds.")


def _value(one: Hold) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "acct": one.acct,
        "case": one.case_id,
        "ground": one.ground,
        "author": one.author,
        "set_at": iso(one.set_at),
        "review_at": None if one.review_at is None else iso(one.review_at),
        "lifted_at": None if one.lifted_at is None else iso(one.lifted_at),
        "lifted_by": one.lifted_by,
    }


def _row(one: Hold) -> list[str]:
    lifted = "" if one.lifted_at is None else f"{one.lifted_at:%Y-%m-%d} {one.lifted_by}"
    return [
        one.id,
        one.acct,
        one.kind.value,
        f"{one.set_at:%Y-%m-%d}",
        one.author,
        one.case_id or "",
        one.ground,
        lifted,
    ]
