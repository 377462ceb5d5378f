"""`stationctl keys`: the key ceremony."""

import itertools
import os
from pathlib import Path

import click

from archive.ceremony import make_keys
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.sealing import new_sealing_key

__all__ = ["keys"]

_SERIAL_BYTES = 19


@click.group()
def keys() -> None:
    """Make the station's keys."""


@keys.command(
    epilog="""\b
Examples:
  stationctl keys init /etc/stationd/keys
  stationctl keys init /media/safe/2026 --no-sealing
"""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--sealing/--no-sealing",
    default=True,
    help="Also make roster.key, which seals panel keys and second factors.  [default: sealing]",
)
@click.pass_obj
def init(office: Office, folder: Path, *, sealing: bool) -> None:
    """Make root, seal and log keys in FOLDER, once; nothing is ever overwritten.

    Prints the fingerprints to publish.  Afterwards move root.key.pem to a medium in a safe.
    """
    roster_key = folder / "roster.key"
    if sealing and roster_key.exists():
        msg = f"{roster_key} exists, and keys are never overwritten; --no-sealing leaves it alone."
        raise MistakeError(msg)
    serials = (int.from_bytes(office.ids.bytes(_SERIAL_BYTES)) | 1 for _ in itertools.count())
    made = make_keys(
        folder,
        station=office.settings.station.station,
        now=office.clock.now(),
        serials=serials,
    )
    if sealing:
        _write_secret(roster_key, new_sealing_key() + b"\n")
    lines = [f"Keys of {office.settings.station.station} are in {folder}.", "", "Publish:"]
    lines += [f"  {name:<12} SHA-256 {value}" for name, value in made.fingerprints.items()]
    lines += ["", f"Move {made.root_key} to a medium in a safe; the station does not need it."]
    office.show({"folder": str(folder), "fingerprints": dict(made.fingerprints)}, lines)


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
