"""Renewal lists: everything that lies in the archive, so that it can be stamped anew.

A list is text, a line a thing, each line canonical JSON.  The first says whose list it is, its
number, its time and the hashes of the list before; each further one is an object: key, version id,
size, SHA-256 and SHA-512.  A stamp over the list is a stamp over all that it names, and over every
list before, under today's algorithms and certificates (FORMAT.md, 12).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256, sha512

from archive import canonical
from archive.canonical import JsonValue

__all__ = ["Named", "renewal_list"]

_KIND = "stationd-renewal"
_NONE: Mapping[str, str] = {"sha256": "0" * 64, "sha512": "0" * 128}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A stored object, by its place and by both hashes of its bytes."""

    key: str
    version_id: str
    size: int
    sha256: str
    sha512: str


def renewal_list(
    *, station: str, n: int, made: datetime, previous: bytes | None, objects: Iterable[Named]
) -> bytes:
    """Return list number ``n`` of ``station``; ``previous`` is the list before, None: it is 1."""
    named: list[JsonValue] = [
        {
            "key": one.key,
            "sha256": one.sha256,
            "sha512": one.sha512,
            "size": one.size,
            "version_id": one.version_id,
        }
        for one in sorted(objects, key=lambda one: (one.key, one.version_id))
    ]
    before: JsonValue = (
        _NONE
        if previous is None
        else {"sha256": sha256(previous).hexdigest(), "sha512": sha512(previous).hexdigest()}
    )
    head: JsonValue = {
        "n": n,
        "objects": len(named),
        "previous": before,
        "station": station,
        "time": f"{made:%Y-%m-%dT%H:%M:%S.%fZ}",
        "type": _KIND,
        "v": 1,
    }
    return b"".join(canonical.encode(line) + b"\n" for line in (head, *named))
