"""`stationctl account custody`, and the option that says what somebody reads for."""

from collections.abc import Sequence
from datetime import datetime

import click

from archive.canonical import JsonValue
from stationd.access import service
from stationd.access.model import Act, Purpose
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table

__all__ = ["PURPOSE", "custody"]

PURPOSE = click.option(
    "--purpose",
    type=click.Choice([one.value for one in Purpose]),
    default=Purpose.WORK.value,
    show_default=True,
    envvar="STATIONCTL_PURPOSE",
    show_envvar=True,
    help="What it is read for; it stands in the custody of the account.",
)
"""What commands that show something of an account have."""


@click.command(
    epilog="""\b
Examples:
  stationctl account custody 1234
  stationctl account custody 1234 --act read --since 2026-03-01 --purpose claim
"""
)
@click.argument("acct")
@click.option("--act", "acts", multiple=True, help="Only this act; may be given again.")
@click.option("--since", type=MOMENT, help="From this moment on (UTC unless it has an offset).")
@click.option("--until", type=MOMENT, help="Before this moment.")
@PURPOSE
@click.pass_obj
def custody(
    office: Office,
    *,
    acct: str,
    acts: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    purpose: str,
) -> None:
    """List who read, was shown or took what of account ACCT, when and for what.

    Readings, links, copies, orders, read-backs, purges: every act of custody, from the ledger.
    For managers, attorneys and administrators; others see their own acts.
    """
    by = office.person()
    office.reads("custody", acct=acct, purpose=purpose)
    found = service.custody(office.desk, acct, by=by, since=since, until=until)
    found = [one for one in found if not acts or one.act in acts]
    head = ("at", "act", "by", "on", "purpose", "for", "from")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No such act.")


def _row(one: Act) -> list[str]:
    return [one.at, one.act, one.by, one.on, one.purpose, one.recipient, one.address]


def _value(one: Act) -> JsonValue:
    return {
        "record": one.seq,
        "at": one.at,
        "act": one.act,
        "by": one.by,
        "on": one.on,
        "purpose": one.purpose,
        "recipient": one.recipient,
        "address": one.address,
    }
