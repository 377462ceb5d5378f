"""`stationctl tail`."""

import time
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import click

from stationd.cli.account_text import signal_line, signal_value
from stationd.cli.custody import PURPOSE
from stationd.cli.folding import Folding
from stationd.cli.office import Office
from stationd.signals import service
from stationd.signals.model import SignalRow

__all__ = ["tail"]

_EVERY_S = 0.25
# After so many empty looks what is held back of a runaway is shown.
_IDLE = 40
_UTC = ZoneInfo("UTC")


@click.command(
    epilog="""\b
Examples:
  stationctl tail
  stationctl tail --account 1234 --json | jq .code
"""
)
@click.option("--account", "acct", help="Only signals of this account.")
@click.option("--class", "classes", multiple=True, help="Only this class; may be given again.")
@click.option("--back", default=10, show_default=True, help="Begin so many entries back.")
@click.option("--once", is_flag=True, help="Show what there is and end.")
@click.option("--all", "unfolded", is_flag=True, help="Each signal of a runaway; --json does so.")
@PURPOSE
@click.pass_obj
def tail(  # noqa: PLR0913  (an option each)
    office: Office,
    acct: str | None,
    classes: tuple[str, ...],
    back: int,
    *,
    once: bool,
    unfolded: bool,
    purpose: str,
) -> None:
    """Show signals as they come into accounts, in UTC, until Ctrl-C; --json prints one a line."""
    if acct is None:
        office.trail.reading("tail")
    else:
        office.reads("tail", acct=acct, purpose=purpose)
    reached = service.tail_start(office.desk, back=back)
    folding = Folding(unfolded=unfolded or office.output.as_json)
    idle = 0
    while True:
        rows, reached = service.tail(office.desk, reached)
        _show(
            office,
            [one for row in rows if _wanted(row, acct, classes) for one in folding.take(row)],
        )
        if rows:
            idle = 0
            continue
        idle += 1
        if once or idle == _IDLE:
            _show(office, folding.rest())
        if once:
            return
        time.sleep(_EVERY_S)


def _show(office: Office, rows: Sequence[SignalRow]) -> None:
    for row in rows:
        office.output.line(signal_value(row), signal_line(row, _UTC))


def _wanted(row: SignalRow, acct: str | None, classes: tuple[str, ...]) -> bool:
    return (acct is None or row.acct == acct) and (not classes or row.signal_class in classes)
