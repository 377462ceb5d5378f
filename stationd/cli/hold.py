"""`stationctl hold`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import sleep

import click

from archive.canonical import JsonValue
from stationd.bundles.model import StoredObject
from stationd.bundles.service import unflagged, unlocked
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.holds import service
from stationd.holds.model import Hold, HoldKind, Reach, Scope

__all__ = ["hold"]

_LOOK_EVERY = 0.5


@click.group()
def hold() -> None:
    """Set, lift and list holds: orders that stop removal or ending."""


@hold.command(
    name="set",
    epilog="""\b
Examples:
  stationctl hold set 1234 --ground "claim letter of 3 May, Adler & Co"
  stationctl hold set --site s-17 --ground "subpoena of 8 June"
  stationctl hold set --receiver main --since 2026-05-02 --until 2026-05-03 --ground "storm"
""",
)
@click.argument("acct", required=False)
@click.option("--site", help="Every account at the site of this id, those to come too.")
@click.option("--customer", help="Every account of the customer of this id.")
@click.option("--receiver", help="Every account with a number on this receiver group.")
@click.option("--station", is_flag=True, help="Every account; needs --since and --until.")
@click.option("--since", type=MOMENT, help="Only accounts with something kept from then on.")
@click.option("--until", type=MOMENT, help="Only accounts with something kept before.")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in HoldKind]),
    default=HoldKind.RECORDS.value,
    show_default=True,
    help="records: nothing is removed.  service: monitoring does not end.",
)
@click.option("--ground", required=True, help="The letter, claim or request behind it.")
@click.option("--review", type=MOMENT, help="When it is looked at again.  [default: in 90 days]")
@click.option(
    "--wait",
    type=click.IntRange(min=0),
    default=60,
    show_default=True,
    help="Seconds to wait until every stored object carries the flag.",
)
@click.pass_obj
def set_(
    office: Office,
    /,
    acct: str | None,
    kind: str,
    ground: str,
    review: datetime | None,
    *,
    wait: int,
    **reach: object,
) -> None:
    """Set a hold, at once: on account ACCT, or on all of a site, customer or receiver group.

    A hold on records puts the legal-hold flag on every stored object of every bundle in its
    reach; what does not carry it when the waiting is over is listed, and the worker goes on.
    """
    made = service.set_hold_on(
        office.desk,
        _reach(acct, **reach),
        HoldKind(kind),
        ground,
        review_at=review,
        by=office.person(),
    )
    reached = service.reached(office.desk, made.id)
    lines = [
        f"Hold {made.id} on the {made.kind} of {made.reach} is in force.",
        f"It reaches {len(reached)} account(s).",
    ]
    missing: list[StoredObject] = []
    bare: list[StoredObject] = []
    if made.kind is HoldKind.RECORDS:
        missing = _waited(office, made.id, wait)
        bare = unlocked(office.desk, made.id)
        lines += _flag_lines(missing, bare)
    value: dict[str, JsonValue] = {
        **_value(made),
        "accounts": len(reached),
        "to_flag": [{"key": one.key, "version_id": one.version_id} for one in missing],
        "without_lock": [one.key for one in bare],
    }
    office.show(value, lines)


def _reach(
    acct: str | None,
    *,
    since: object,
    until: object,
    station: object,
    **named: object,
) -> Reach:
    """Return the one reach that the options name."""
    given = {Scope(name): str(value) for name, value in named.items() if value is not None}
    if acct is not None:
        given[Scope.ACCOUNT] = acct
    if station:
        given[Scope.STATION] = ""
    if len(given) != 1:
        raise MistakeError(
            "Name one thing to hold: ACCT, --site, --customer, --receiver or --station."
        )
    ((scope, of),) = given.items()
    return Reach(
        scope=scope,
        of=of,
        since=since if isinstance(since, datetime) else None,
        until=until if isinstance(until, datetime) else None,
    )


def _waited(office: Office, hold_id: str, seconds: int) -> list[StoredObject]:
    """Return what does not carry the flag, once nothing does or the time is over."""
    end = office.clock.ticks() + seconds * 10**9
    while missing := unflagged(office.desk, hold_id):
        if office.clock.ticks() >= end:
            break
        sleep(_LOOK_EVERY)
    return missing


def _flag_lines(missing: Sequence[StoredObject], bare: Sequence[StoredObject]) -> list[str]:
    """Return what carries the legal-hold flag, and what does not yet or never will."""
    lines: list[str] = []
    if not missing and not bare:
        lines.append("Every stored object in its reach carries the legal-hold flag.")
    if missing:
        lines.append(f"{len(missing)} object(s) do not carry the flag yet; the worker goes on:")
        lines += [f"  {one.key}  version {one.version_id or 'not stored yet'}" for one in missing]
    if bare:
        lines.append(
            f"{len(bare)} object(s) lie in a folder, where no flag keeps anybody from removing "
            "them; a bucket with Object Lock does (`doctor`):"
        )
        lines += [f"  {one.key}" for one in bare]
    return lines


@hold.command(epilog="Example: stationctl hold lift HOLD --document release-of-counsel.pdf")
@click.argument("hold_id")
@click.option(
    "--document",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Counsel's document; may be left out where an attorney approves.",
)
@click.pass_obj
def lift(office: Office, hold_id: str, document: Path | None) -> None:
    """Ask that the hold HOLD_ID be lifted (managers); somebody else approves within 24 hours."""
    given = None if document is None else (document.name, document.read_bytes())
    asked = service.ask_lifting(office.desk, hold_id, by=office.person(), document=given)
    office.show(
        _value(asked),
        f"{asked.lift_asked_by} asked to lift hold {asked.id}. It is in force until somebody else "
        f"approves: `stationctl hold approve {asked.id}`.",
    )


@hold.command(epilog="Example: stationctl hold approve HOLD")
@click.argument("hold_id")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def approve(office: Office, hold_id: str, *, password_stdin: bool) -> None:
    """Lift the hold HOLD_ID that somebody else asked to lift; the password is asked again."""
    by = office.person()
    office.asks_again(by, password_stdin=password_stdin)
    lifted = service.lift_hold(office.desk, hold_id, by=by)
    office.show(
        _value(lifted),
        f"Hold {lifted.id} on {lifted.reach} is lifted. The worker takes the flag off objects "
        "that no other hold reaches.",
    )


@hold.command(name="list")
@click.argument("acct", required=False)
@click.option("--all", "every", is_flag=True, help="Lifted ones too.")
@click.pass_obj
def list_(office: Office, acct: str | None, *, every: bool) -> None:
    """List the holds in force: those that reach account ACCT, or all."""
    found = service.holds(office.desk, acct, in_force=not every)
    office.trail.reading("holds", acct=acct)
    head = ("hold", "on", "kind", "set", "by", "case", "ground", "review", "lifted")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No holds.")


def _value(one: Hold) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind.value,
        "acct": one.acct,
        "scope": one.reach.scope.value,
        "of": one.reach.of,
        "since": _iso(one.reach.since),
        "until": _iso(one.reach.until),
        "case": one.case_id,
        "ground": one.ground,
        "author": one.author,
        "set_at": iso(one.set_at),
        "review_at": _iso(one.review_at),
        "lift_asked_at": _iso(one.lift_asked_at),
        "lift_asked_by": one.lift_asked_by,
        "lifted_at": _iso(one.lifted_at),
        "lifted_by": one.lifted_by,
    }


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _row(one: Hold) -> list[str]:
    return [
        one.id,
        str(one.reach),
        one.kind.value,
        f"{one.set_at:%Y-%m-%d}",
        one.author,
        one.case_id or "",
        one.ground,
        "" if one.review_at is None else f"{one.review_at:%Y-%m-%d}",
        _lifting(one),
    ]


def _lifting(one: Hold) -> str:
    if one.lifted_at is not None:
        return f"{one.lifted_at:%Y-%m-%d} {one.lifted_by}"
    if one.lift_asked_at is not None:
        return f"asked {one.lift_asked_at:%Y-%m-%d} {one.lift_asked_by}"
    return ""
