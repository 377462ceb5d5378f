"""`stationctl redecode`."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import click

import stationd
from archive.canonical import JsonValue
from receivers.codes import TABLE
from receivers.registry import RECEIVERS
from stationd import parts
from stationd.accounts.store import read_account
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.follower.model import ListenerFacts
from stationd.gaps.service import check_listeners
from stationd.ledger.model import is_account
from stationd.overview.store import read_overview
from stationd.redecoding import service
from stationd.redecoding.model import Asked, Change, Report, Tools
from stationd.roster.service import read_roster
from stationd.settings import Settings
from stationd.staff.rights import Right, require

__all__ = ["redecode"]

_MOST_LINES = 50
_WORDS = {
    "corrected": ("signal means something else", "signals mean something else"),
    "withdrawn": ("signal means nothing any more", "signals mean nothing any more"),
    "added": ("record is new", "records are new"),
    "settled": ("parked frame has been read", "parked frames have been read"),
    "unreadable": ("signal cannot be read now", "signals cannot be read now"),
    "purged": ("entry has no bytes any more", "entries have no bytes any more"),
}


@click.command(
    epilog="""\b
Examples:
  stationctl redecode
  stationctl redecode --listener com1 --options-now --since 2026-03-01 --until 2026-03-09
  stationctl redecode --account 1234 --apply
"""
)
@click.option("--account", "accounts", multiple=True, help="Only this account's signals.")
@click.option("--listener", "listeners", multiple=True, help="Only what came in here.")
@click.option("--since", type=MOMENT, help="Only what was received from then on.")
@click.option("--until", type=MOMENT, help="Only what was received before.")
@click.option(
    "--options-now",
    is_flag=True,
    help="Read with the receiver and options that a listener has in the settings now.",
)
@click.option("--apply", "applied", is_flag=True, help="Write the corrections (administrators).")
@click.pass_obj
def redecode(  # noqa: PLR0913  (an option each)
    office: Office,
    *,
    accounts: Sequence[str],
    listeners: Sequence[str],
    since: datetime | None,
    until: datetime | None,
    options_now: bool,
    applied: bool,
) -> None:
    """Read kept frames anew, with the tables, own codes and decoders of today.

    Without --apply it shows what would change.  A correction is a record of its own; what it
    corrects stays as it is.
    """
    asked = Asked(
        accounts=tuple(accounts),
        listeners=tuple(listeners),
        since=None if since is None else iso(since),
        until=None if until is None else iso(until),
        options_now=options_now,
    )
    _check(office, asked)
    tools = _tools(office, asked)
    with office.desk.database.reading() as connection:
        whole = sum(one.position for one in read_overview(connection).journals)
    with office.progress("reading anew") as tell:

        def told(report: Report) -> None:
            tell(report.counts["entries"], whole)

        if applied:
            by = office.person()
            require(by, Right.RUN_MACHINE)
            report = service.redecode(office.desk, asked, tools, by=by, told=told)
        else:
            office.trail.reading("redecode")
            report = service.look(office.desk, asked, tools, told=told)
    office.show(_value(report, tools, applied=applied), _lines(report, tools, applied=applied))


def _check(office: Office, asked: Asked) -> None:
    """Raise where there is no account or listener as asked for; chains of others may be named."""
    names = [one.name for one in office.settings.listeners]
    check_listeners(office.desk, asked.listeners, names)
    with office.desk.database.reading() as connection:
        for acct in filter(is_account, asked.accounts):
            read_account(connection, acct)


def _tools(office: Office, asked: Asked) -> Tools:
    settings = office.settings
    with office.desk.database.reading() as connection:
        roster = read_roster(connection, office.sealer())
    return Tools(
        receivers=RECEIVERS,
        accounts=roster.of_group,
        own=parts.own_codes(settings),
        now=_listeners_now(settings, asked) if asked.options_now else {},
        table=TABLE,
        software=f"stationd {stationd.__version__}",
    )


def _listeners_now(settings: Settings, asked: Asked) -> Mapping[str, ListenerFacts]:
    """Return the listeners as the settings have them now; those asked for must be among them."""
    found = {
        one.name: ListenerFacts(
            receiver=one.receiver,
            group=one.group,
            mode=one.mode,
            options={**_defaults(one.receiver), **one.options},
        )
        for one in settings.listeners
        if not asked.listeners or one.name in asked.listeners
    }
    missing = [name for name in asked.listeners if name not in found]
    if missing:
        names = ", ".join(one.name for one in settings.listeners) or "none"
        raise MistakeError(
            f"No listener is named {missing[0]} in the settings; there are: {names}."
        )
    return found


def _defaults(receiver: str) -> dict[str, str | int | bool]:
    return {name: option.default for name, option in RECEIVERS[receiver].options.items()}


def _value(report: Report, tools: Tools, *, applied: bool) -> JsonValue:
    return {
        "applied": applied,
        "table": tools.table,
        "own": tools.own.version,
        "counts": dict(report.counts),
        "changes": [
            {
                "count": one.count,
                "before": one.before,
                "after": one.after,
                "examples": [_place(*example) for example in one.examples],
            }
            for one in _sorted(report)
        ],
        "more_changes": report.more_changes,
        "accounts": dict(sorted(report.accounts.items())),
        "more_accounts": report.more_accounts,
        "unreadable": dict(report.unreadable),
    }


def _lines(report: Report, tools: Tools, *, applied: bool) -> list[str]:
    counts = report.counts
    own = f" and {tools.own.version}" if tools.own.version else ""
    seen = f"{counts.get('entries', 0)} entries, {counts.get('signals', 0)} signals"
    lines = [f"{seen}, read with {tools.table}{own}."]
    lines += [
        f"  {counts[name]} {one if counts[name] == 1 else many}"
        for name, (one, many) in _WORDS.items()
        if counts.get(name)
    ]
    changes = _sorted(report)
    if changes:
        rows = [
            [
                str(one.count),
                one.before or "not read",
                one.after,
                ", ".join(_place(*example) for example in one.examples),
            ]
            for one in changes[:_MOST_LINES]
        ]
        lines += ["", *table(("count", "was", "is", "for example"), rows)]
        lines += _more(len(changes) - _MOST_LINES + report.more_changes, "kinds of change")
        lines += ["", *_accounts(report)]
    lines += [f"not read now: {why} ({count})" for why, count in report.unreadable.items()]
    return [*lines, *_last(report, applied=applied)]


def _accounts(report: Report) -> list[str]:
    found = sorted(report.accounts.items(), key=lambda one: (-one[1], one[0]))
    lines = table(("account", "changes"), [[acct, str(n)] for acct, n in found[:_MOST_LINES]])
    return lines + _more(len(found) - _MOST_LINES + report.more_accounts, "accounts")


def _more(count: int, of_what: str) -> list[str]:
    return [f"and {count} {of_what} more; --json has them"] if count > 0 else []


def _last(report: Report, *, applied: bool) -> list[str]:
    if not any(report.counts.get(name) for name in ("corrected", "withdrawn", "added", "settled")):
        return ["Nothing changes."]
    if applied:
        return ["Every change is a record; what was there stays."]
    return ["Nothing is written yet; --apply writes a record for each change."]


def _sorted(report: Report) -> list[Change]:
    return sorted(report.changes.values(), key=lambda one: (-one.count, one.before, one.after))


def _place(acct: str, epoch: int, number: int) -> str:
    if epoch == 0:
        return f"{acct} entry {number}"
    return f"{acct} {number}" if epoch == 1 else f"{acct} {epoch}/{number}"
