"""`stationctl export recipient`: whose certificates copies can be enveloped to."""

from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.recipients import service
from stationd.recipients.model import Holder

__all__ = ["recipient"]


@click.group()
def recipient() -> None:
    """Look after the certificates that copies of bundles can be enveloped to."""


@recipient.command(
    epilog="""\b
Example:
  stationctl export recipient add adler.pem --name "J. Adler" --fingerprint 4D:92:0A:F6:…
"""
)
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@click.option("--name", required=True, help="The one person whose certificate it is.")
@click.option(
    "--fingerprint",
    required=True,
    help="Its SHA-256, as its holder told it by telephone or on paper.",
)
@click.pass_obj
def add(office: Office, file: Path, *, name: str, fingerprint: str) -> None:
    """Take up the certificate in FILE (PEM), once its fingerprint was compared.

    It needs an RSA key of 2048 bits or more, or an EC key (P-256, P-384, P-521), must not be over,
    and its key usage, where it has one, must allow encryption.
    """
    one = service.add(office.desk, name, file.read_bytes(), fingerprint, office.person())
    office.show(
        _value(one), f"{one.name}: {one.key}, good until {one.until:%Y-%m-%d}, {one.fingerprint}"
    )


@recipient.command(name="list", epilog="Example: stationctl export recipient list")
@click.pass_obj
def listed(office: Office) -> None:
    """List the certificates, those that were ended among them."""
    found = service.recipients(office.desk)
    head = ("name", "key", "good until", "added by", "ended", "fingerprint (SHA-256)")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "None.")


@recipient.command(epilog="Example: stationctl export recipient end 4d920af630a90877")
@click.argument("recipient_name", metavar="RECIPIENT")
@click.pass_obj
def end(office: Office, recipient_name: str) -> None:
    """Use a certificate no longer: RECIPIENT is its person, or the beginning of its fingerprint."""
    one = service.end(office.desk, recipient_name, office.person())
    office.show(_value(one), f"Nothing is enveloped to {one.fingerprint} any more.")


def _value(one: Holder) -> dict[str, JsonValue]:
    return {
        "added_at": iso(one.added_at),
        "added_by": one.added_by,
        "ended_at": None if one.ended_at is None else iso(one.ended_at),
        "fingerprint": one.fingerprint,
        "key": one.key,
        "name": one.name,
        "subject": one.subject,
        "until": iso(one.until),
    }


def _row(one: Holder) -> list[str]:
    ended = "" if one.ended_at is None else f"{one.ended_at:%Y-%m-%d}"
    return [one.name, one.key, f"{one.until:%Y-%m-%d}", one.added_by, ended, one.fingerprint]
