"""What people hand in on a command line: files, dates, fields."""

import mimetypes
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click

from archive.canonical import JsonValue
from stationd.cases.model import Attachment

__all__ = ["attachment", "named_values", "read_date"]


def attachment(path: Path) -> Attachment:
    """Return a file as somebody hands it in."""
    guessed, _ = mimetypes.guess_type(path.name)
    return Attachment(
        name=path.name,
        media_type=guessed or "application/octet-stream",
        content=path.read_bytes(),
    )


def read_date(text: str, hint: str) -> date:
    """Return a date, or raise what click shows."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        msg = f"{text} is no date; write 2026-07-31"
        raise click.BadParameter(msg, param_hint=hint) from None


def named_values(given: Sequence[str]) -> dict[str, JsonValue]:
    """Return what was given as NAME=VALUE."""
    values: dict[str, JsonValue] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name or not value:
            msg = f"{one!r} is not NAME=VALUE"
            raise click.BadParameter(msg, param_hint="--set")
        values[name] = value
    return values
