"""`stationctl gaps`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.cli.moments import MOMENT, PERIOD
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import parse_iso
from stationd.gaps import service
from stationd.gaps.model import Gap

__all__ = ["gaps", "lasted"]


@click.command(
    epilog="""\b
Examples:
  stationctl gaps --last 7d
  stationctl gaps --account 1234 --since 2026-03-01
  stationctl gaps --listener system3 --open
"""
)
@click.option("--account", "acct", help="What concerns this account, its own gaps included.")
@click.option("--listener", help="Only of this listener and of the node as a whole.")
@click.option("--since", type=MOMENT, help="What lasted until this moment or longer.")
@click.option("--until", type=MOMENT, help="What began before this moment.")
@click.option("--last", type=PERIOD, help="What lasted until this long ago or longer.")
@click.option("--open", "only_open", is_flag=True, help="Only what still lasts.")
@click.option("--limit", type=click.IntRange(1), default=1000, show_default=True)
@click.pass_obj
def gaps(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    acct: str | None,
    listener: str | None,
    since: datetime | None,
    until: datetime | None,
    last: timedelta | None,
    only_open: bool,
    limit: int,
) -> None:
    """Show gaps: when we cannot vouch that a signal would have been recorded, and why.

    What each cause means, and what can be proved, is in the manual.
    """
    if last is not None:
        since = max(filter(None, (since, office.clock.now() - last)))
    if listener is not None:
        names = [one.name for one in office.settings.listeners]
        service.check_listeners(office.desk, [listener], names)
    found = _asked(office, acct, listener, since, until)
    office.trail.reading("gaps", acct=acct)
    found = [gap for gap in found if gap.ended_at is None or not only_open]
    shown = found[-limit:]
    value: list[JsonValue] = [_value(gap) for gap in shown]
    office.show(value, _lines(shown) if shown else "No gap is known of there.")
    if len(found) > limit:
        office.note(f"These are the last {limit} of {len(found)}; --until and --limit show more.")


def _asked(
    office: Office,
    acct: str | None,
    listener: str | None,
    since: datetime | None,
    until: datetime | None,
) -> list[Gap]:
    if acct is None:
        listeners = None if listener is None else [listener]
        return service.gaps(office.desk, since=since, until=until, listeners=listeners)
    with office.desk.database.reading() as connection:
        read_account(connection, acct)
    found = service.gaps_of_account(office.desk, acct, since=since, until=until)
    return [gap for gap in found if listener is None or gap.listener in ("", listener)]


def _value(gap: Gap) -> dict[str, JsonValue]:
    value: dict[str, JsonValue] = asdict(gap)
    return value


def _lines(found: Sequence[Gap]) -> list[str]:
    head = ("began", "lasted", "cause", "listener", "account", "")
    return table(
        head,
        [
            [
                gap.began_at,
                lasted(gap.began_at, gap.ended_at),
                gap.cause,
                gap.listener or (f"node {gap.node}" if gap.node else ""),
                gap.acct,
                gap.detail,
            ]
            for gap in found
        ],
    )


def lasted(began_at: str, ended_at: str | None) -> str:
    """Return how long a gap lasted, in a fitting unit."""
    if ended_at is None:
        return "open"
    seconds = (parse_iso(ended_at) - parse_iso(began_at)).total_seconds()
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"
