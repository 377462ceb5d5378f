"""`stationctl verify`: `stationd-verify` with the anchors of this station's settings."""

import hashlib
from pathlib import Path

import click

from archive.cli import main as verify_bundle
from stationd.access.service import bundle_of
from stationd.cli.custody import PURPOSE
from stationd.cli.office import Office
from stationd.errors import MistakeError, StationdError
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
@PURPOSE
@click.pass_obj
def verify(
    office: Office,
    /,
    bundle: Path,
    *,
    root: Path | None,
    tsa: Path | None,
    log: Path | None,
    purpose: str,
) -> None:
    """Check a bundle, all of it; exit code 1 where anything failed or could not be decided."""
    words = [str(bundle), "--root", str(root or _root(office)), "--tsa", str(tsa or _tsa(office))]
    if log is not None:
        words += ["--log", str(log)]
    if office.output.as_json:
        words.append("--json")
    _note(office, bundle, purpose)
    raise SystemExit(verify_bundle(words))


def _note(office: Office, bundle: Path, purpose: str) -> None:
    """Note that a bundle of ours is opened; where there is no database at hand, in the log only."""
    try:
        acct = bundle_of(office.desk, bundle.stem, _sha256(bundle))
        if acct is not None:
            office.reads(f"bundle {bundle.stem}", acct=acct, purpose=purpose)
            return
    except (StationdError, OSError):
        # It can be checked anywhere; what cannot be read is what the check will say.
        office.note("The reading could not be noted in the ledger; it stands in the log only.")
    office.trail.reading("bundle", bundle=bundle.name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _root(office: Office) -> Path:
    return secret(office.settings.keys.root)


def _tsa(office: Office) -> Path:
    if not office.settings.authorities:
        raise MistakeError("The settings name no authority, so --tsa is needed.")
    return secret(office.settings.authorities[0].trust)
