"""The roster's file: the worker publishes it by an atomic rename, the daemon reads it.

JSON with a version; keys are sealed (`stationd.sealing`), everything else is as in the model.  A
file that is not whole, not of the shape, or sealed under another key gives `CheckFailedError`: the
daemon then keeps the roster it has.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from receivers.session import Account, Key
from stationd.clock import iso, parse_iso
from stationd.errors import CheckFailedError
from stationd.roster.model import Roster
from stationd.sealing import Sealer

__all__ = ["read", "write"]

_VERSION = 1


def read(path: Path, sealer: Sealer) -> Roster:
    """Return the roster in ``path``, or raise `CheckFailedError` (`OSError` where it is away)."""
    text = path.read_bytes()
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            msg = (
                f"The roster {path} has version {content['version']}, this program knows "
                f"{_VERSION}; let the same release of stationd and stationd-worker run."
            )
            raise CheckFailedError(msg)
        return Roster(
            {
                (line["group"], line["number"]): _account(line, sealer)
                for line in content["accounts"]
            }
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = (
            f"The roster {path} is not of its shape ({type(error).__name__}: {error}); the worker "
            "publishes a new one when an account changes or when it starts."
        )
        raise CheckFailedError(msg) from None


def write(path: Path, roster: Roster, sealer: Sealer) -> None:
    """Replace ``path`` by ``roster``, whole or not at all."""
    content = {
        "version": _VERSION,
        "accounts": [_line(group, account, sealer) for (group, _), account in _items(roster)],
    }
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _items(roster: Roster) -> list[tuple[tuple[str, str], Account]]:
    return sorted(roster.accounts.items(), key=lambda item: item[0])


def _line(group: str, account: Account, sealer: Sealer) -> dict[str, object]:
    return {
        "group": group,
        "number": account.number,
        "keys": [
            {
                "sealed": sealer.seal(key.secret),
                "from": _text(key.valid_from),
                "to": _text(key.valid_to),
            }
            for key in account.keys
        ],
        "window_back": account.window_back,
        "window_ahead": account.window_ahead,
        "poll_interval": account.poll_interval,
        "switches": sorted(account.switches),
    }


def _account(line: Mapping[str, Any], sealer: Sealer) -> Account:
    numbers = ("window_back", "window_ahead", "poll_interval")
    if not all(_is_number(line[name]) for name in numbers):
        msg = f"{', '.join(numbers)} of {line['number']} are whole numbers or null"
        raise TypeError(msg)
    if not (isinstance(line["number"], str) and isinstance(line["group"], str)):
        msg = f"group and number are texts, not {line['group']!r} and {line['number']!r}"
        raise TypeError(msg)
    return Account(
        number=line["number"],
        keys=tuple(
            Key(sealer.open(key["sealed"]), _moment(key["from"]), _moment(key["to"]))
            for key in line["keys"]
        ),
        window_back=line["window_back"],
        window_ahead=line["window_ahead"],
        poll_interval=line["poll_interval"],
        switches=frozenset(line["switches"]),
    )


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)
