"""`stationctl journal`."""

import mimetypes
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.follower import retiring
from stationd.follower.retiring import Ground

__all__ = ["journal"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def journal() -> None:
    """List the journals of all nodes, and retire one that nothing more comes from."""


@journal.command(name="list")
@click.pass_obj
def list_(office: Office) -> None:
    """List journals: how far each is taken, and since when one is retired."""
    waited, retired = retiring.journals(office.desk)
    value: list[JsonValue] = [
        {
            "journal": place.journal,
            "node": place.node,
            "position": place.position,
            "followed_at": iso(followed),
            "retired_at": None,
        }
        for place, followed in waited
    ]
    value += [
        {
            "journal": one.journal,
            "node": one.node,
            "position": one.position,
            "followed_at": None,
            "retired_at": one.at,
        }
        for one in retired
    ]
    rows = [
        [place.node, place.journal, str(place.position), f"followed to its end {iso(followed)}"]
        for place, followed in waited
    ]
    rows += [
        [one.node, one.journal, str(one.position), f"retired {one.at} by {one.by}"]
        for one in retired
    ]
    text = table(("node", "journal", "last entry", ""), rows) if rows else "No journal was taken."
    office.show(value, text)


@journal.command(epilog="Example: stationctl journal retire node-2 --document disk-report.pdf")
@click.argument("named", metavar="JOURNAL")
@click.option("--document", type=_FILE, required=True, help="What says what became of it.")
@click.pass_obj
def retire(office: Office, named: str, document: Path) -> None:
    """Say that nothing more comes from JOURNAL, an id or a node's name (administrators).

    Closings wait for every journal.  The time from its last entry until now becomes a gap in
    every bundle.
    """
    guessed, _ = mimetypes.guess_type(document.name)
    ground = Ground(
        name=document.name,
        media_type=guessed or "application/octet-stream",
        content=document.read_bytes(),
    )
    done = retiring.retire(office.desk, named, ground=ground, by=office.person())
    office.show(
        {"journal": done.journal, "node": done.node, "position": done.position, "at": done.at},
        f"Journal {done.journal} of node {done.node} is retired behind entry {done.position}; no "
        "closing waits for it.",
    )
