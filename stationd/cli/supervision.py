"""`stationctl supervision`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.supervision import service
from stationd.supervision.heartbeat import PERIODS, WARN_PERIODS
from stationd.supervision.model import LineHealth, State, Supervised, Way

__all__ = ["supervision"]


@click.command(
    epilog="""\b
Examples:
  stationctl supervision
  stationctl supervision --bad
  stationctl supervision 1234
"""
)
@click.argument("acct", required=False)
@click.option("--bad", is_flag=True, help="Only what is late, missed or down.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True)
@click.pass_obj
def supervision(office: Office, acct: str | None, *, bad: bool, limit: int) -> None:
    """Show who is heard as expected: receivers, and accounts that are tested or that poll.

    With ACCT, only that account.
    """
    found = service.standing(office.desk, acct=acct, bad=bad, limit=limit + 1)
    lines = [] if acct is not None else _lines_of(office, bad=bad)
    office.trail.reading("supervision", acct=acct)
    value: dict[str, JsonValue] = {
        "listeners": [_line_value(one) for one in lines],
        "accounts": [_value(row) for row in found.rows[:limit]],
        "counts": {state.value: count for state, count in sorted(found.counts.items())},
    }
    office.show(value, _text(found.rows[:limit], lines, found.counts, whole=acct is None))
    if len(found.rows) > limit:
        office.note(f"There are more than {limit}; --limit shows more, --bad the overdue.")


def _lines_of(office: Office, *, bad: bool) -> list[LineHealth]:
    """Return how listeners stand; those of this machine with their heartbeat's period."""
    periods = {
        one.name: one.heartbeat for one in office.settings.listeners if one.heartbeat is not None
    }
    found = service.lines(
        office.desk, periods, warn=WARN_PERIODS, alarm=PERIODS, now=office.clock.now()
    )
    return [one for one in found if one.state != "up" or not bad]


def _line_value(one: LineHealth) -> dict[str, JsonValue]:
    return {
        "listener": one.listener,
        "node": one.node,
        "state": one.state,
        "since": one.since,
        "why": one.why,
        "heard_at": one.heard_at,
    }


def _value(row: Supervised) -> dict[str, JsonValue]:
    expected = row.expected
    return {
        "acct": expected.acct,
        "way": expected.way.value,
        "group": expected.group,
        "number": expected.number,
        "interval_s": expected.interval,
        "grace_s": expected.grace,
        "counts": expected.counts.value,
        "state": row.state.value,
        "since": iso(row.since),
        "why": row.why,
        "heard_at": _moment(row.heard_at),
        "longest_s": row.longest,
        "listener": row.listener,
    }


def _text(
    rows: Sequence[Supervised],
    lines: Sequence[LineHealth],
    counts: dict[State, int],
    *,
    whole: bool,
) -> list[str]:
    text: list[str] = []
    if lines:
        cells = [
            [one.listener, one.state, one.since, one.heard_at or "never", one.why] for one in lines
        ]
        text += [*table(("listener", "state", "since", "last heard", "why"), cells), ""]
    if rows:
        head = ("account", "way", "every", "state", "since", "last heard", "longest", "why")
        text += table(head, [_cells(row) for row in rows])
    if whole:
        told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        text.append(f"Accounts under supervision: {told or 'none'}.")
    elif not rows:
        text.append("This account is not supervised: it has no test hours and no poll interval.")
    return text


def _cells(row: Supervised) -> list[str]:
    expected = row.expected
    way = "tests" if expected.way is Way.TESTS else f"polls {expected.group} {expected.number}"
    return [
        expected.acct,
        way,
        f"{_length(expected.interval)} + {_length(expected.grace)}",
        row.state.value if row.state is not State.MISSED else "MISSED",
        iso(row.since),
        _moment(row.heard_at) or "never",
        _length(row.longest),
        row.why,
    ]


def _length(seconds: int) -> str:
    return str(timedelta(seconds=seconds)).removesuffix(":00")


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
