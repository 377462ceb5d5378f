"""`stationctl ledger`: notes, witnesses and anchors."""

from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd import parts
from stationd.anchors import listing
from stationd.anchors.model import Anchor
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso

__all__ = ["ledger"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Show the ledger's notes and anchors, and keep the signatures of witnesses."""


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
