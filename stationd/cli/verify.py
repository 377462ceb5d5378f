"""`stationctl verify`: `stationd-verify` with the anchors of this station's settings."""

from pathlib import Path

import click

from archive.cli import main as verify_bundle
from stationd.cli.office import Office
from stationd.errors import MistakeError
from stationd.settings import secret

__all__ = ["verify"]

_FILE = click.Path(path_type=Path)


@click.command(
    epilog="""\b
Examples:
  stationctl verify south-1234-e1-c000000042-closing.asice
  stationctl verify copy.asice --root root.pem --tsa tsa.pem --log log.pub.pem
"""
)
@click.argument("bundle", type=_FILE)
@click.option("--root", type=_FILE, help="The station's root.  [default: of the settings]")
@click.option("--tsa", type=_FILE, help="The authority's certificates.  [default: likewise]")
@click.option("--log", type=_FILE, help="The log's public key.  [default: the bundle's own copy]")
@click.pass_obj
def verify(
    office: Office, bundle: Path, root: Path | None, tsa: Path | None, log: Path | None
) -> None:
    """Check a bundle, all of it; exit code 1 where anything failed or could not be decided."""
    words = [str(bundle), "--root", str(root or _root(office)), "--tsa", str(tsa or _tsa(office))]
    if log is not None:
        words += ["--log", str(log)]
    if office.output.as_json:
        words.append("--json")
    office.trail.reading("bundle", bundle=bundle.name)
    raise SystemExit(verify_bundle(words))


def _root(office: Office) -> Path:
    return secret(office.settings.keys.root)


def _tsa(office: Office) -> Path:
    if not office.settings.authorities:
        raise MistakeError("The settings name no authority, so --tsa is needed.")
    return secret(office.settings.authorities[0].trust)
