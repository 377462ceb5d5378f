"""The stream of copies: how the relay writes them down for `stationd`, and what it hears back.

A copy is a length, a head of fixed layout and its bytes; numbers are big-endian:

====== ======================================================================
bytes
====== ======================================================================
4      length of what follows
1      what it is (`What`)
8      number: 1, 2, 3 … for as long as this relay runs
8      when, nanoseconds since 1970 UTC
8      when, monotonic nanoseconds of this machine
4      conversation: which of the line's connections; 0 where it is none
rest   its bytes
====== ======================================================================

The other way goes one number of 8 bytes at a time: all copies up to that one are committed.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum

__all__ = [
    "LARGEST",
    "VERSION",
    "Copy",
    "CopyReader",
    "Hello",
    "Lost",
    "NumberReader",
    "What",
    "WireError",
    "encode_copy",
    "encode_number",
]

VERSION = 1

LARGEST = 2**20
"""Bytes of the longest copy: a read of the kernel's is at most 64 KiB, and a fault is more."""

_LENGTH = struct.Struct(">I")
_HEAD = struct.Struct(">BQQQI")
_NUMBER = struct.Struct(">Q")
_HELLO = struct.Struct(">BQ16s")
_LOST = struct.Struct(">QQQQ")


class WireError(Exception):
    """What came is not of the layout; the connection cannot be trusted any further."""


class What(IntEnum):
    """What a copy tells of."""

    HELLO = 1
    FROM_RECEIVER = 2
    FROM_AUTOMATION = 3
    OPENED = 4
    CLOSED = 5
    HOLE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """What passed, or what happened to the line: `raw` is the bytes, a cause, or a struct."""

    what: What
    number: int
    at: int
    ticks: int
    conversation: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first words of a relay on each connection: who it is, and what it will tell again.

    ``again`` copies were handed over before without word that they were committed.
    """

    line: str
    relay: bytes
    again: int

    def encode(self) -> bytes:
        """Return it as the bytes of a copy."""
        return _HELLO.pack(VERSION, self.again, self.relay) + self.line.encode()

    @classmethod
    def decode(cls, raw: bytes) -> "Hello":
        """Return it, or raise `WireError`."""
        try:
            version, again, relay = _HELLO.unpack_from(raw)
            line = raw[_HELLO.size :].decode()
        except (struct.error, UnicodeDecodeError) as error:
            raise WireError(f"not a relay's first words: {error}") from None
        if version != VERSION:
            raise WireError(f"the relay speaks version {version}, this program {VERSION}")
        return cls(line=line, relay=relay, again=again)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """How much did not fit into the relay's buffer: copies, their bytes, first and last time."""

    count: int
    size: int
    first: int
    last: int

    def encode(self) -> bytes:
        """Return it as the bytes of a copy."""
        return _LOST.pack(self.count, self.size, self.first, self.last)

    @classmethod
    def decode(cls, raw: bytes) -> "Lost":
        """Return it, or raise `WireError`."""
        try:
            count, size, first, last = _LOST.unpack(raw)
        except struct.error as error:
            raise WireError(f"not a count of what was lost: {error}") from None
        return cls(count=count, size=size, first=first, last=last)


def encode_copy(copy: Copy) -> bytes:
    """Return ``copy`` as it goes over the socket."""
    head = _HEAD.pack(copy.what, copy.number, copy.at, copy.ticks, copy.conversation)
    return _LENGTH.pack(len(head) + len(copy.raw)) + head + copy.raw


def encode_number(number: int) -> bytes:
    """Return the word that all copies up to ``number`` are committed."""
    return _NUMBER.pack(number)


class CopyReader:
    """Cuts a stream into copies, in bounded memory."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = bytearray()

    def receive(self, data: bytes) -> list[Copy]:
        """Take bytes in, give the copies they complete, or raise `WireError`."""
        self._rest += data
        copies: list[Copy] = []
        at = 0
        while len(self._rest) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest, at)
            if not _HEAD.size <= length <= _HEAD.size + LARGEST:
                raise WireError(f"a copy of {length} bytes")
            end = at + _LENGTH.size + length
            if end > len(self._rest):
                break
            copies.append(_copy(bytes(self._rest[at + _LENGTH.size : end])))
            at = end
        del self._rest[:at]
        return copies


def _copy(body: bytes) -> Copy:
    what, number, at, ticks, conversation = _HEAD.unpack_from(body)
    try:
        kind = What(what)
    except ValueError:
        raise WireError(f"a copy of kind {what}") from None
    raw = body[_HEAD.size :]
    return Copy(what=kind, number=number, at=at, ticks=ticks, conversation=conversation, raw=raw)


class NumberReader:
    """Cuts what `stationd` says into numbers."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def receive(self, data: bytes) -> int | None:
        """Take bytes in; return the last number they complete, None where they complete none."""
        self._rest += data
        whole = len(self._rest) // _NUMBER.size * _NUMBER.size
        if not whole:
            return None
        (number,) = _NUMBER.unpack_from(self._rest, whole - _NUMBER.size)
        self._rest = self._rest[whole:]
        return int(number)
