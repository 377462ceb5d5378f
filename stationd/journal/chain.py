r"""The journal's chain: pure functions.

``link_0 = H("stationd:journal:v1\0" || id)`` and
``link_n = H("stationd:entry:v1\0" || link_{n-1} || u64(n) || lp(body))``; H is SHA-256, ``u64``
and the length in ``lp`` (u32) are big-endian.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator

__all__ = ["first_link", "link", "links"]

_JOURNAL = b"stationd:journal:v1\0"
_ENTRY = b"stationd:entry:v1\0"
_PLACE = struct.Struct(">QI")


def first_link(journal: bytes) -> bytes:
    """Return the link that stands before entry 1 of the journal whose id is ``journal``."""
    return hashlib.sha256(_JOURNAL + journal).digest()


def link(previous: bytes, position: int, body: bytes) -> bytes:
    """Return the link of the entry at ``position`` onto the one before."""
    return hashlib.sha256(_ENTRY + previous + _PLACE.pack(position, len(body)) + body).digest()


def links(previous: bytes, first: int, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the links of ``bodies``, which stand at ``first`` and after, in turn."""
    for position, body in enumerate(bodies, start=first):
        previous = link(previous, position, body)
        yield previous
