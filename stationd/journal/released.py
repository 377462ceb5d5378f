"""The `released` file: how far the worker lets entries be dropped.

The worker writes it once entries are in the station database and under an anchored checkpoint;
`stationd` reads it and drops only where its own link agrees.  It is replaced by an atomic rename,
so a reader sees the old or the new one, never a half.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Released", "read_released", "released_path", "write_released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Entries of ``journal`` up to ``position``, whose link is ``link``, may be dropped."""

    journal: str
    position: int
    link: bytes


def released_path(journal: Path) -> Path:
    """Return where the `released` file of the journal at ``journal`` lies: beside it."""
    return journal.with_name(f"{journal.name}.released")


def read_released(path: Path) -> Released | None:
    """Return what ``path`` says; None where there is no such file or it is not of the shape.

    Dropping can wait, so a file that cannot be read releases nothing.
    """
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Released(
            journal=str(fields["journal"]),
            position=int(fields["position"]),
            link=bytes.fromhex(fields["link"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_released(path: Path, released: Released) -> None:
    """Replace ``path`` by ``released``, whole or not at all."""
    fields = {
        "journal": released.journal,
        "position": released.position,
        "link": released.link.hex(),
    }
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(fields, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
