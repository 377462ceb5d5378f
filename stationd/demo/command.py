"""`stationctl demo`."""

import shutil
import signal
import tempfile
import threading
from pathlib import Path

import click

from stationd.clock import SystemClock
from stationd.demo.play import Trial
from stationd.errors import MistakeError
from stationd.ids import SystemIds

__all__ = ["demo"]


@click.command(epilog="Example: stationctl demo --once --var /tmp/trial")
@click.option("--once", is_flag=True, help="End after the termination instead of staying up.")
@click.option(
    "--var",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep everything in this folder, which must be new or empty.",
)
def demo(folder: Path | None, *, once: bool) -> None:
    """Play one termination from fresh keys to a closed account, with real parts on loopback.

    Nothing of an installed station is read or touched.
    """
    if folder is not None and folder.exists() and any(folder.iterdir()):
        msg = f"{folder} is not empty; name a new folder, or remove it"
        raise MistakeError(msg)
    place = (folder or Path(tempfile.mkdtemp(prefix="stationd-demo-"))).resolve()
    place.mkdir(parents=True, exist_ok=True)
    trial = Trial(folder=place, clock=SystemClock(), ids=SystemIds(), tell=click.echo)
    try:
        result = trial.play()
        click.echo(f"\nDone.  What came of it: {result}")
        if not once:
            trial.go_on()
            _stay(place)
    finally:
        trial.stop()
    if folder is None:
        shutil.rmtree(place)


def _stay(place: Path) -> None:
    """Stay up until Ctrl-C or a stop signal."""
    click.echo("\nEverything stays up until Ctrl-C.  In another terminal:")
    click.echo(f"  export XDG_STATE_HOME={place / 'state'} STATIONCTL_CONFIG={place}/stationd.toml")
    click.echo("  .venv/bin/stationctl status; .venv/bin/stationctl tail")
    stopped = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopped.set())
    signal.signal(signal.SIGINT, lambda *_: stopped.set())
    stopped.wait()
