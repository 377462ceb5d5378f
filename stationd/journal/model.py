"""A journal's lines: entries, their binary bodies, and the receipts of their commit.

The body is the fixed binary layout that the link covers; docs/reference/journal-format.md
defines it.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

__all__ = [
    "BodyWriter",
    "Draft",
    "Entry",
    "Extent",
    "Kind",
    "Receipt",
    "decode_body",
    "encode_body",
]


class Kind(StrEnum):
    """What an entry tells of; its number in the body is its place in this list, from 1."""

    FRAME = "frame"
    ANSWER = "answer"
    HEARTBEAT = "heartbeat"
    POLLS = "polls"
    GARBLED = "garbled"
    LINK_UP = "link_up"
    LINK_DOWN = "link_down"
    HOLE = "hole"
    STARTED = "started"
    STOPPED = "stopped"
    CLOCK = "clock"


_KINDS = tuple(Kind)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS, start=1)}
_HEAD = struct.Struct(">BBQQ")
_LENGTH = struct.Struct(">I")
_VERSION = 1
_SALT_LENGTH = _LENGTH.pack(16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry before it has a position: what happened on the wire or to us.

    ``received_at`` is nanoseconds since 1970 UTC, ``ticks`` monotonic nanoseconds.  ``raw`` is
    what was on the wire (empty for events of our own).  ``note`` is canonical JSON or empty: the
    fault of a garbled entry, the cause of a link that went down, the mark of a repeat.
    """

    received_at: int
    ticks: int
    listener: str
    peer: str
    kind: Kind
    raw: bytes
    note: bytes
    salt: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """Which entries a journal's file has: from ``first`` to ``last``, both 0 where it has none.

    ``since`` is when the first was received, in nanoseconds since 1970; None: there is none.
    """

    journal: str
    first: int
    last: int
    since: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Draft):
    """A line of the journal: a draft with its position and its link onto the entry before."""

    position: int
    link: bytes


class Receipt(NamedTuple):
    """Proof that an entry is committed; only the journal makes one.

    One is made for every entry, which is why it is of the kind that costs least to make.
    """

    position: int
    link: bytes


def encode_body(draft: Draft) -> bytes:
    """Return the body of ``draft``: version, kind, times, then each field after its length."""
    listener = draft.listener.encode()
    peer = draft.peer.encode()
    return b"".join(
        (
            _HEAD.pack(_VERSION, _NUMBERS[draft.kind], draft.received_at, draft.ticks),
            _LENGTH.pack(len(listener)),
            listener,
            _LENGTH.pack(len(peer)),
            peer,
            _LENGTH.pack(len(draft.raw)),
            draft.raw,
            _LENGTH.pack(len(draft.note)),
            draft.note,
            _LENGTH.pack(len(draft.salt)),
            draft.salt,
        )
    )


class BodyWriter:
    """Writes the bodies of one listener and peer, whose names are encoded once.

    It gives the very bytes of `encode_body`, for the path where every microsecond is a signal
    that waits; the salt must be of 16 bytes.
    """

    __slots__ = ("_names",)

    def __init__(self, *, listener: str, peer: str) -> None:
        names = (listener.encode(), peer.encode())
        self._names = b"".join(_LENGTH.pack(len(name)) + name for name in names)

    def write(
        self, kind: Kind, received_at: int, ticks: int, raw: bytes, note: bytes, salt: bytes
    ) -> bytes:
        """Return the body of an entry of this listener and peer."""
        return b"".join(
            (
                _HEAD.pack(_VERSION, _NUMBERS[kind], received_at, ticks),
                self._names,
                _LENGTH.pack(len(raw)),
                raw,
                _LENGTH.pack(len(note)),
                note,
                _SALT_LENGTH,
                salt,
            )
        )


def decode_body(body: bytes, *, position: int, link: bytes) -> Entry:
    """Return the entry of ``body``, or raise `ValueError` where it is not of the layout."""
    try:
        version, kind, received_at, ticks = _HEAD.unpack_from(body)
        if version != _VERSION:
            msg = f"entry {position} has layout {version}, this program knows {_VERSION}"
            raise ValueError(msg)
        fields: list[bytes] = []
        at = _HEAD.size
        for _ in range(5):
            (length,) = _LENGTH.unpack_from(body, at)
            at += _LENGTH.size
            fields.append(body[at : at + length])
            at += length
        if at != len(body):
            msg = f"entry {position} is {len(body)} bytes, its lengths say {at}"
            raise ValueError(msg)
        return Entry(
            position=position,
            link=link,
            received_at=received_at,
            ticks=ticks,
            listener=fields[0].decode(),
            peer=fields[1].decode(),
            kind=_KINDS[kind - 1],
            raw=fields[2],
            note=fields[3],
            salt=fields[4],
        )
    except (struct.error, IndexError) as error:
        msg = f"entry {position} is not of the layout: {error}"
        raise ValueError(msg) from None
