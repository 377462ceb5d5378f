"""`stationctl retention propose` and what follows: the purge, from its list to its certificate."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.access.model import Purpose
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.purges import service
from stationd.purges.listing import lines
from stationd.purges.model import Item, ItemState, Purge, PurgeState

__all__ = ["COMMANDS"]


@click.command(
    epilog="""\b
Examples:
  stationctl retention propose --ground "yearly purge, register of 3 May"
  stationctl retention propose 1234 1235 --ground "request of the customer, 8 June"
"""
)
@click.argument("accts", nargs=-1, metavar="[ACCT]...")
@click.option("--ground", required=True, help="The rule or decision behind it.")
@click.pass_obj
def propose(office: Office, accts: Sequence[str], *, ground: str) -> None:
    """Propose the removal of what is past its period (managers, administrators).

    Of the accounts ACCT, or of all closed ones.  Nothing is removed: another person reads the list
    and approves it by its hash.
    """
    made = service.propose(office.desk, ground, by=office.person(), accts=accts)
    value = {
        **_value(made.purge),
        "list": json.loads(made.purge.listed),
        "left_out": list(made.left_out),
    }
    left_out = [f"  {one}" for one in made.left_out]
    said = [
        *_list_lines(made.purge),
        *(["Left out:", *left_out] if left_out else []),
        f"Purge {made.purge.id} is proposed. Another person reads the list and approves it:",
        f"  stationctl retention approve {made.purge.id} {made.purge.list_sha256}",
    ]
    office.show(value, said)


@click.command(epilog="Example: stationctl retention show PURGE")
@click.argument("purge_id", metavar="PURGE")
@click.pass_obj
def show(office: Office, purge_id: str) -> None:
    """Show the list of PURGE, its hash, and how far it is."""
    purge = service.read(office.desk, purge_id)
    items = service.items(office.desk, purge_id)
    office.trail.reading("purge", purge=purge_id)
    value = {
        **_value(purge),
        "list": json.loads(purge.listed),
        "items": [_item_value(one) for one in items],
    }
    said = _list_lines(purge)
    if purge.state is not PurgeState.PROPOSED:
        head = ("account", "class", "state", "gone", "why")
        said += table(head, [_item_row(one) for one in items])
    office.show(value, [*said, _standing(purge)])


def _list_lines(purge: Purge) -> list[str]:
    return [*lines(purge.listed), f"SHA-256 of this list: {purge.list_sha256}"]


def _standing(purge: Purge) -> str:
    trouble = f" Last trouble: {purge.why}." if purge.why else ""
    match purge.state:
        case PurgeState.PROPOSED:
            return f"Proposed by {purge.proposed_by}; nothing goes before another person approves."
        case PurgeState.APPROVED:
            until = "" if purge.due_at is None else f"{purge.due_at:%Y-%m-%d %H:%M} UTC"
            return (
                f"Approved by {purge.approved_by}; nothing goes before {until}. A hold, or "
                f"`retention withdraw {purge.id}`, stops it at any time.{trouble}"
            )
        case PurgeState.WITHDRAWN:
            return f"Withdrawn by {purge.ended_by}; nothing of it has gone."
        case PurgeState.ENDED:
            return f"Ended; `retention certificate {purge.id}` has what was done."


@click.command(epilog="Example: stationctl retention approve PURGE 9f86d081…")
@click.argument("purge_id", metavar="PURGE")
@click.argument("list_sha256", metavar="HASH")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def approve(office: Office, purge_id: str, list_sha256: str, *, password_stdin: bool) -> None:
    """Approve PURGE, which somebody else proposed, by the HASH under its list (`show`).

    One of the two persons is a manager.  The password is asked again.
    """
    by = office.person()
    office.asks_again(by, password_stdin=password_stdin)
    purge = service.approve(office.desk, purge_id, list_sha256, by=by)
    office.show(_value(purge), _standing(purge))


@click.command(epilog="Example: stationctl retention withdraw PURGE")
@click.argument("purge_id", metavar="PURGE")
@click.pass_obj
def withdraw(office: Office, purge_id: str) -> None:
    """Stop PURGE at once: whoever may purge or set holds may stop one."""
    purge = service.withdraw(office.desk, purge_id, by=office.person())
    said = f"Purge {purge.id} is withdrawn."
    if purge.state is PurgeState.APPROVED:
        said = (
            f"Purge {purge.id} had begun and goes no further; the worker writes the certificate of "
            "what has gone."
        )
    office.show(_value(purge), said)


@click.command()
@click.pass_obj
def purges(office: Office) -> None:
    """List purges, the newest first."""
    found = service.purges(office.desk)
    office.trail.reading("purges")
    head = ("purge", "state", "proposed", "by", "approved", "by", "not before", "ended", "ground")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No purges.")


@click.command(epilog="Example: stationctl retention certificate PURGE --into papers")
@click.argument("purge_id", metavar="PURGE")
@click.option(
    "--into",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="A folder for the two files; without it the text is shown.",
)
@click.pass_obj
def certificate(office: Office, purge_id: str, into: Path | None) -> None:
    """Show or write the certificate of destruction of PURGE, in words and in JSON."""
    as_json, as_text = service.certificate(office.desk, purge_id)
    office.trail.reading("purge certificate", purge=purge_id)
    if into is None:
        office.show(json.loads(as_json), as_text.decode())
        return
    files: list[JsonValue] = []
    for suffix, content in (("json", as_json), ("txt", as_text)):
        path = into / f"purge-certificate-{purge_id}.{suffix}"
        path.write_bytes(content)
        files.append(str(path))
    office.show({"purge": purge_id, "files": files}, [f"Written: {path}" for path in files])


@click.command(epilog="Example: stationctl retention tombstones 1234")
@click.argument("acct")
@click.option("--epoch", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--after", type=click.IntRange(min=0), default=0, help="Behind this number.")
@click.pass_obj
def tombstones(office: Office, acct: str, epoch: int, after: int) -> None:
    """Show what stays in the places of purged records of ACCT, a thousand at a time."""
    found = service.tombstones(office.desk, acct, (epoch, after))
    office.reads("tombstones", acct=acct, purpose=Purpose.WORK.value)
    head = ("epoch", "seq", "appended", "type", "leaf", "head of the chain")
    rows = [
        [str(one.epoch), str(one.seq), one.t, one.type, one.leaf.hex(), one.head.hex()]
        for one in found
    ]
    value: list[JsonValue] = [
        {
            "epoch": one.epoch,
            "seq": one.seq,
            "t": one.t,
            "type": one.type,
            "leaf": one.leaf.hex(),
            "head": one.head.hex(),
        }
        for one in found
    ]
    office.show(value, table(head, rows) if rows else f"No record of {acct} was purged there.")


@click.command()
@click.pass_obj
def compact(office: Office) -> None:
    """Write the SQLite file of the database anew, so that nothing purged is left in it.

    For administrators, at a quiet hour: until it is done the worker waits (`stationd` does not),
    and as much free disk is needed as the file has.
    """
    emptied = service.compact(office.desk, by=office.person())
    said = "The file was written anew."
    if not emptied:
        said += " Its write-ahead log could not be emptied: somebody is reading; call it again."
    office.show({"rewritten": True, "log_emptied": emptied}, said)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _value(one: Purge) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "state": one.state.value,
        "ground": one.ground,
        "list_sha256": one.list_sha256,
        "proposed_by": one.proposed_by,
        "proposed_at": iso(one.proposed_at),
        "approved_by": one.approved_by,
        "approved_at": _iso(one.approved_at),
        "not_before": _iso(one.due_at),
        "why": one.why,
        "ended_at": _iso(one.ended_at),
        "withdrawn_by": one.ended_by,
    }


def _row(one: Purge) -> list[str]:
    return [
        one.id,
        one.state.value,
        f"{one.proposed_at:%Y-%m-%d}",
        one.proposed_by,
        "" if one.approved_at is None else f"{one.approved_at:%Y-%m-%d}",
        one.approved_by or "",
        "" if one.due_at is None else f"{one.due_at:%Y-%m-%d}",
        "" if one.ended_at is None else f"{one.ended_at:%Y-%m-%d}",
        one.ground,
    ]


def _item_value(one: Item) -> JsonValue:
    return {
        "acct": one.acct,
        "class": one.data_class.value,
        "state": one.state.value,
        "why": one.why,
        "gone": dict(one.counts),
    }


def _item_row(one: Item) -> list[str]:
    gone = ", ".join(f"{count} {kind}" for kind, count in sorted(one.counts.items()) if count)
    state = "stopped" if one.state is ItemState.REFUSED and gone else one.state.value
    return [one.acct, one.data_class.value, state, gone.replace("_", " "), one.why]


COMMANDS: tuple[click.Command, ...] = (
    *(propose, show, approve, withdraw, purges),
    *(certificate, tombstones, compact),
)
"""What stands beside `retention plan`."""
