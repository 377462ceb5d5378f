"""`stationctl keys`: the key ceremony."""

import itertools
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from archive.ceremony import make_keys, make_log_key, renew_list, renew_seal
from archive.revocation import Revoked
from archive.seal import LogKey
from stationd import parts
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.clock import iso
from stationd.errors import MistakeError
from stationd.ledger.log_key import sign_offs
from stationd.rekeying import change_log_key
from stationd.sealing import new_sealing_key

__all__ = ["keys"]

_SERIAL_BYTES = 19
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
# `remove_from_crl` is of lists that tell changes only, and ours tell all.
_REASONS = [one for one in x509.ReasonFlags if one is not x509.ReasonFlags.remove_from_crl]


@click.group()
def keys() -> None:
    """Make the station's keys."""


@keys.command(
    epilog="""\b
Examples:
  stationctl keys init /etc/stationd/keys
  stationctl keys init /media/safe/2026 --no-sealing
  stationctl keys init /etc/stationd/credentials --crl-url https://example.com/root.crl
"""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--sealing/--no-sealing",
    default=True,
    help="Also make roster.key, which seals panel keys and second factors.  [default: sealing]",
)
@click.option(
    "--crl-url",
    metavar="URL",
    help="Where the station publishes root.crl.pem (in DER); it goes into the seal certificate.",
)
@click.pass_obj
def init(office: Office, folder: Path, *, sealing: bool, crl_url: str | None) -> None:
    """Make root, seal, log and responder keys in FOLDER, once; nothing is ever overwritten.

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
        crl_url=crl_url,
    )
    if sealing:
        _write_secret(roster_key, new_sealing_key() + b"\n")
    lines = [f"Keys of {office.settings.station.station} are in {folder}.", "", "Publish:"]
    lines += [f"  {name:<12} SHA-256 {value}" for name, value in made.fingerprints.items()]
    lines += ["", f"Move {made.root_key} to a medium in a safe; the station does not need it."]
    office.show({"folder": str(folder), "fingerprints": dict(made.fingerprints)}, lines)


@keys.command(
    epilog="""\b
Examples:
  stationctl keys crl root.crl.pem --root-key /media/safe/root.key.pem --root root.pem
  stationctl keys crl root.crl.pem --root-key /media/safe/root.key.pem --root root.pem \\
      --revoke old-seal.pem --since 2026-03-01T00:00Z --reason keyCompromise
"""
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--root-key", type=_FILE, required=True, help="The root's key, from the safe.")
@click.option("--root", type=_FILE, required=True, help="The root's certificate.")
@click.option(
    "--revoke",
    type=_FILE,
    multiple=True,
    help="A certificate of this root that no longer counts; may be given again.",
)
@click.option("--since", type=MOMENT, help="From when on it does not count.  [default: now]")
@click.option(
    "--reason",
    type=click.Choice([one.value for one in _REASONS]),
    default=x509.ReasonFlags.unspecified.value,
    show_default=True,
    help="Why.",
)
@click.pass_obj
def crl(office: Office, /, file: Path, **given: Any) -> None:  # noqa: ANN401  (options)
    """Make the root's list of revoked certificates anew in FILE; what was revoked stays so.

    A list is good for 13 months.  Renew it each year, and at once when a key is lost.
    """
    now = office.clock.now()
    since: datetime = given["since"] or now
    if since > now:
        raise MistakeError(f"--since {iso(since)} has not come yet; a list tells of what was.")
    root = _certificate(given["root"])
    revoked = []
    for path in given["revoke"]:
        one = _certificate(path)
        if one == root or not _issued(one, root):
            raise MistakeError(f"{path} is no certificate that this root issued.")
        revoked.append(Revoked(one.serial_number, since, x509.ReasonFlags(given["reason"])))
    made = renew_list(
        file, root_key=given["root_key"], root=given["root"], now=now, revoked=revoked
    )
    until = made.next_update_utc
    assert until is not None  # noqa: S101  (each of ours has an end)
    lines = [f"{file} has {len(made)} revoked certificate(s) and is good until {until:%Y-%m-%d}."]
    lines.append("Put it where keys.crls of the settings says, and publish it.")
    office.show({"file": str(file), "revoked": len(made), "until": iso(until)}, lines)


def _issued(one: x509.Certificate, root: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(root)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


@keys.command(
    epilog="""\b
Examples:
  stationctl keys renew new --root-key /media/safe/root.key.pem --root root.pem
  stationctl keys renew new --root-key /media/safe/root.key.pem --root root.pem \\
      --public-key seal.pub.pem
"""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--root-key", type=_FILE, required=True, help="The root's key, from the safe.")
@click.option("--root", type=_FILE, required=True, help="The root's certificate.")
@click.option("--crl-url", metavar="URL", help="Where the station publishes root.crl.pem.")
@click.option(
    "--public-key",
    type=_FILE,
    help="The public half (PEM) of a P-256 key that lies on a token; without it a key is made.",
)
@click.pass_obj
def renew(office: Office, /, folder: Path, **given: Any) -> None:  # noqa: ANN401  (options)
    """Issue a new seal certificate, and one for the responder, under the same root in FOLDER.

    Do so before the old one ends (3 years), or when its key was lost to somebody; then revoke the
    old one too (keys crl).  The worker records the new one before it first seals with it.
    """
    public = None if given["public_key"] is None else _public(given["public_key"])
    serials = (int.from_bytes(office.ids.bytes(_SERIAL_BYTES)) | 1 for _ in itertools.count())
    made = renew_seal(
        folder,
        root_key=given["root_key"],
        root=given["root"],
        now=office.clock.now(),
        serials=serials,
        crl_url=given["crl_url"],
        public=public,
    )
    lines = [f"New certificates are in {folder}.", "", "Publish:"]
    lines += [f"  {name:<12} SHA-256 {value}" for name, value in made.items()]
    lines += ["", "Put them in the places of the old ones; keep those: old bundles name them."]
    office.show({"folder": str(folder), "fingerprints": dict(made)}, lines)


@keys.command(
    "change-log",
    epilog="""\b
Examples:
  stationctl keys change-log /media/safe/log-2027
  stationctl keys change-log /etc/stationd/new
""",
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.pass_obj
def change_log(office: Office, folder: Path) -> None:
    """Make the log's next key in FOLDER, and let the one in use sign it off (administrators).

    No worker may run.  Afterwards the new key goes where keys.log_key says, before one starts
    again.  A key that lies in FOLDER already is taken.
    """
    person = office.person()
    path = folder / "log.key.pem"
    before = parts.log_key(office.settings)
    after = LogKey.load(path if path.exists() else make_log_key(folder))
    done = change_log_key(
        office.desk,
        origin=office.settings.ledger.origin,
        before=before,
        after=after,
        by=person,
    )
    published = folder / "log-keys.pem"
    published.write_bytes(after.public_pem + sign_offs(office.desk))
    lines = [
        f"The log key is changed: checkpoint {done.checkpoint} is the last of the old one.",
        f"Put {path} where keys.log_key says, and then start the worker.",
        "",
        "Publish:",
        f"  log.pub.pem  SHA-256 {after.fingerprint}",
        f"  {published} (this key, and how the ones before lead to it)",
    ]
    office.show(
        {
            "checkpoint": done.checkpoint,
            "key": str(path),
            "published": str(published),
            "fingerprint": after.fingerprint,
            "sign_off": done.sign_off.decode(),
        },
        lines,
    )


@keys.command("log", epilog="Example: stationctl --json keys log")
@click.pass_obj
def log(office: Office) -> None:
    """Print the log's public key and every change of it: what a verifier is given as the log key.

    Whoever has one of the keys is led to the others by the changes, each signed by both.
    """
    public = parts.log_key(office.settings).public_pem
    given = (public + sign_offs(office.desk)).decode()
    office.show({"log": given}, given.removesuffix("\n"))


def _public(path: Path) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError:
        raise MistakeError(f"{path} holds no public key in PEM.") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise MistakeError(f"{path} holds no P-256 key.")
    return key


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError:
        raise MistakeError(f"{path} holds no certificate in PEM.") from None


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


@keys.command(epilog="Example: stationctl keys token")
@click.pass_obj
def token(office: Office) -> None:
    """Try the token with the seal's key once, whatever it said to the PIN before.

    The worker never tries a PIN again that a token has refused.  This command does, so call it when
    the file of keys.token.pin has been put right.
    """
    if office.settings.keys.token is None:
        raise MistakeError("There is no table [keys.token]; the seal's key is in a file.")
    parts.refusals(office.settings).forget()
    seal = parts.seal(office.settings)
    text = f"The token signs with the key of the seal certificate {seal.fingerprint[:23]}…"
    office.show({"fingerprint": seal.fingerprint}, text)
