"""Sealed keys as the plain data that a column of JSON holds."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from archive.canonical import JsonValue
from stationd.accounts.model import SealedKey
from stationd.clock import iso, parse_iso

__all__ = ["key_values", "sealed_keys"]


def key_values(keys: Iterable[SealedKey]) -> list[JsonValue]:
    """Return keys as JSON has them."""
    return [
        {
            "sealed": key.sealed,
            "valid_from": _text(key.valid_from),
            "valid_to": _text(key.valid_to),
            "overlap": key.overlap,
            "added_at": _text(key.added_at),
        }
        for key in keys
    ]


def sealed_keys(values: Iterable[Mapping[str, Any]]) -> tuple[SealedKey, ...]:
    """Return keys from what JSON has; older rows say less."""
    return tuple(
        SealedKey(
            sealed=value["sealed"],
            valid_from=_moment(value["valid_from"]),
            valid_to=_moment(value["valid_to"]),
            overlap=value.get("overlap"),
            added_at=_moment(value.get("added_at")),
        )
        for value in values
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)
