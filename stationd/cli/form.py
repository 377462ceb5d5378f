"""`stationctl form`."""

from datetime import datetime
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cli.moments import MOMENT
from stationd.cli.office import Office
from stationd.cli.output import table
from stationd.clock import iso
from stationd.letters import service
from stationd.letters.model import KINDS, LetterForm

__all__ = ["form"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KIND = click.Choice(KINDS)


@click.group()
def form() -> None:
    """Forms of letters: which counsel signed off, and until when."""


@form.command(
    epilog="""\b
Examples:
  stationctl form sign termination T-3 --file form.docx --sign-off counsel.pdf
  stationctl form sign ahj_termination A-1 --jurisdiction US-CO --file form.docx
"""
)
@click.argument("kind", type=_KIND)
@click.argument("version")
@click.option("--file", "content", type=_FILE, required=True, help="The form, as it is signed off.")
@click.option("--sign-off", type=_FILE, help="Counsel's document; an attorney needs none.")
@click.option("--jurisdiction", default="", help="Only there, such as US-CO.  [default: anywhere]")
@click.option("--expires", type=MOMENT, help="Until when it counts.  [default: a year]")
@click.pass_obj
def sign(  # noqa: PLR0913, PLR0917  (an option each)
    office: Office,
    kind: str,
    version: str,
    content: Path,
    sign_off: Path | None,
    jurisdiction: str,
    expires: datetime | None,
) -> None:
    """Record that counsel signed VERSION of the form for letters of KIND off.

    An attorney who is logged in signs by that; a manager hands in counsel's document.
    """
    made = service.sign_form(
        office.desk,
        kind,
        version,
        content=(content.name, content.read_bytes()),
        by=office.person(),
        jurisdiction=jurisdiction,
        sign_off=None if sign_off is None else (sign_off.name, sign_off.read_bytes()),
        expires_at=expires,
    )
    office.show(_value(made), f"Form {version} for {kind} counts until {made.expires_at:%Y-%m-%d}.")


@form.command()
@click.argument("kind", type=_KIND)
@click.argument("version")
@click.option("--jurisdiction", default="", help="As it was signed.")
@click.pass_obj
def withdraw(office: Office, kind: str, version: str, jurisdiction: str) -> None:
    """Let VERSION of the form for letters of KIND count no longer."""
    service.withdraw_form(office.desk, kind, version, by=office.person(), jurisdiction=jurisdiction)
    office.show({"kind": kind, "version": version}, f"Form {version} for {kind} is withdrawn.")


@form.command(name="list")
@click.option("--kind", type=_KIND, help="Only of this kind.")
@click.pass_obj
def list_(office: Office, kind: str | None) -> None:
    """List the forms."""
    found = service.forms(office.desk, kind=kind)
    office.trail.reading("forms")
    head = ("letter", "version", "where", "signed", "by", "counts until", "")
    rows = [_row(one) for one in found]
    office.show([_value(one) for one in found], table(head, rows) if rows else "No forms.")


def _row(one: LetterForm) -> list[str]:
    return [
        one.kind,
        one.version,
        one.jurisdiction or "anywhere",
        f"{one.signed_at:%Y-%m-%d}",
        one.signed_by,
        f"{one.expires_at:%Y-%m-%d}",
        "" if one.withdrawn_at is None else "withdrawn",
    ]


def _value(one: LetterForm) -> dict[str, JsonValue]:
    return {
        "id": one.id,
        "kind": one.kind,
        "version": one.version,
        "jurisdiction": one.jurisdiction,
        "doc": one.doc.hex(),
        "sign_off": None if one.sign_off is None else one.sign_off.hex(),
        "signed_by": one.signed_by,
        "signed_at": iso(one.signed_at),
        "expires_at": iso(one.expires_at),
        "withdrawn_at": None if one.withdrawn_at is None else iso(one.withdrawn_at),
    }
