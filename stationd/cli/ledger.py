"""`stationctl ledger`: notes, witnesses, anchors, and what the audit finds."""

import mimetypes
from pathlib import Path

import click

from archive.canonical import JsonValue
from archive.note_check import LedgerError
from archive.note_check import public_key as public_of
from stationd import parts
from stationd.anchors import listing
from stationd.anchors.model import Anchor
from stationd.audit import service as audit
from stationd.audit.fsck import fsck as check_again
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.errors import MistakeError

__all__ = ["ledger"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Check the ledger, answer for what differs, show anchors, keep witnesses' signatures."""


@ledger.command(epilog="Example: stationctl ledger anchors --count 24")
@click.option("--count", type=click.IntRange(min=1), default=20, show_default=True)
@click.pass_obj
def anchors(office: Office, count: int) -> None:
    """List the newest checkpoints that were stamped, and what of each lies in the archive."""
    found = listing.newest(office.desk, count)
    office.trail.reading("ledger anchors")
    rows = [
        [
            str(one.n),
            iso(one.time),
            ", ".join(f"{stamp.authority} {iso(stamp.stamped_at)}" for stamp in one.stamps),
            "a point" if one.good else "no point",
            f"{len(kept)} of {len(one.stamps) + 2}",
        ]
        for one, kept in found
    ]
    head = ("checkpoint", "made", "stamped", "", "objects in the archive")
    text = table(head, rows) if rows else "No checkpoint was stamped yet."
    office.show([_value(one, [row.key for row in kept]) for one, kept in found], text)


def _value(one: Anchor, keys: list[str]) -> JsonValue:
    return {
        "checkpoint": one.n,
        "time": iso(one.time),
        "point": one.good,
        "stamps": [
            {
                "authority": stamp.authority,
                "policy": stamp.policy,
                "stamped_at": iso(stamp.stamped_at),
            }
            for stamp in one.stamps
        ],
        "objects": list(keys),
    }


@ledger.command(epilog="Example: stationctl ledger note > newest.note")
@click.argument("number", type=click.IntRange(min=0), required=False)
@click.pass_obj
def note(office: Office, number: int | None) -> None:
    """Print the signed note of checkpoint NUMBER (the newest), for a witness to compare or sign.

    Whoever keeps such notes can show later that no other log was ever shown to them.
    """
    n, found = listing.note(office.desk, number)
    office.show({"checkpoint": n, "note": found.decode()}, found.decode().removesuffix("\n"))


@ledger.command(epilog="Example: stationctl ledger cosign witnessed.note")
@click.argument("file", type=_FILE)
@click.pass_obj
def cosign(office: Office, file: Path) -> None:
    """Keep the further signature lines of FILE, a note of ours that a witness has signed.

    They are stamped with the next anchor of that checkpoint and stand in bundles; whether they
    hold is for those to judge who know the witness.
    """
    public = parts.log_key(office.settings).public
    origin = office.settings.ledger.origin
    n, added = listing.cosign(office.desk, file.read_bytes(), origin, public, office.person())
    office.show(
        {"checkpoint": n, "added": added},
        f"{added} further signature line(s) on the note of checkpoint {n} are kept.",
    )


@ledger.command(epilog="Example: stationctl ledger fsck --log log.pub.pem")
@click.argument("acct", required=False)
@click.option("--log", type=_FILE, help="The log's public key.  [default: of keys.log_key]")
@click.pass_context
def fsck(ctx: click.Context, acct: str | None, log: Path | None) -> None:
    """Derive the ledger again from its records (of account ACCT) and say what differs.

    Every leaf, chain and head, what was published, the log with its notes, and the state of each
    anchor; exit code 1 where anything differs.  The worker may go on meanwhile.
    """
    office: Office = ctx.obj
    public = parts.log_key(office.settings).public if log is None else _public(log)
    with office.progress("Hashing again") as tell:
        derived = check_again(
            office.desk, origin=office.settings.ledger.origin, public=public, acct=acct, told=tell
        )
    office.trail.reading("ledger fsck", acct=acct)
    value: JsonValue = {
        "chains": derived.chains,
        "records": derived.records,
        "checkpoints": derived.checkpoints,
        "differs": [
            {"acct": one.acct, "epoch": one.epoch, "record": one.seq, "text": one.text}
            for one in derived.faults
        ],
    }
    text = [one.text for one in derived.faults]
    text.append(
        f"{derived.records} records of {derived.chains} chains and {derived.checkpoints} "
        f"checkpoints: {len(derived.faults)} difference(s)."
    )
    office.show(value, text)
    if derived.faults:
        ctx.exit(1)


def _public(path: Path) -> bytes:
    try:
        return public_of(path.read_bytes())
    except LedgerError as error:
        raise MistakeError(f"{path}: {error.text}.") from None


@ledger.command(epilog="Example: stationctl ledger mismatches --all")
@click.option("--all", "everything", is_flag=True, help="Those that were answered for as well.")
@click.pass_obj
def mismatches(office: Office, *, everything: bool) -> None:
    """List what the running audit found to differ, and block closings with it."""
    listed = audit.found(office.desk, settled=everything)
    rows = [
        [one.id[:12], iso(one.found_at), one.fault.text, one.settled_by or "waits"]
        for one in listed
    ]
    text = table(("id", "found", "what", "answered by"), rows) if rows else "Nothing differs."
    office.show(
        [
            {
                "id": one.id,
                "acct": one.fault.acct,
                "epoch": one.fault.epoch,
                "record": one.fault.seq,
                "text": one.fault.text,
                "found_at": iso(one.found_at),
                "settled_by": one.settled_by,
            }
            for one in listed
        ],
        text,
    )


@ledger.command(epilog="Example: stationctl ledger settle 3f2a --document report.pdf")
@click.argument("named", metavar="MISMATCH")
@click.option("--document", type=_FILE, required=True, help="What was found out about it.")
@click.pass_obj
def settle(office: Office, named: str, document: Path) -> None:
    """Answer for MISMATCH (managers): it was looked into, and the document says what it is.

    It becomes a record of the station and blocks no closing any more.  Nothing is put right by it.
    """
    matching = [one.id for one in audit.found(office.desk) if one.id.startswith(named)]
    if len(matching) != 1:
        how_many = "More than one mismatch is" if matching else "No mismatch that waits is"
        raise MistakeError(f"{how_many} {named}; `stationctl ledger mismatches` lists them.")
    guessed, _ = mimetypes.guess_type(document.name)
    ground = audit.Ground(
        name=document.name,
        media_type=guessed or "application/octet-stream",
        content=document.read_bytes(),
    )
    done = audit.settle(office.desk, matching[0], ground=ground, by=office.person())
    office.show(
        {"id": done.id, "settled_by": done.settled_by},
        f"Answered by {done.settled_by}: {done.fault.text}.",
    )
