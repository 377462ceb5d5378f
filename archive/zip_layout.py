"""Read a container's ZIP so that every byte of it is accounted for.

Python's own reader skips what it does not need: junk in front, gaps, flags, dates, two
directories that disagree.  Here the local headers follow each other from byte 0, each agrees with
its directory entry field by field, the directory follows at once, and the file ends with it.
What a field may hold is one value (FORMAT.md, 2).
"""

import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Self

__all__ = [
    "BrokenFileError",
    "LayoutError",
    "Member",
    "Place",
    "PlaceStream",
    "deflate_sign",
    "read_layout",
    "unsafe_part",
]

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_DATE = 0x0021  # 1980-01-01
_MADE_BY = 3 << 8 | 20  # Unix, 2.0
_NEEDED = 20
_MODE = 0o100644 << 16
_STORED, _DEFLATED = 0, 8
_CHUNK = 1 << 18
_MOST_DIRECTORY = 64 << 20
_ZIP64 = 0xFFFF
# No honest content comes near: random salts and hashes fill the records, documents are documents.
_MOST_RATIO = 200
_RATIO_FREE = 64 << 20
_LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


class LayoutError(Exception):
    """The ZIP is not laid out as it must be; ``subject`` is the entry, or the file itself."""

    def __init__(self, subject: str, text: str) -> None:
        self.subject = subject
        self.text = text
        super().__init__(f"{subject}: {text}")


class BrokenFileError(Exception):
    """The content of one file cannot be read whole; the text says why."""


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of the ZIP: where its data lies, and what it must unpack to."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file of the bundle is: an entry of a ZIP, or a file of a folder.

    ``again``: the entry is to be compressed again and compared, because nothing else covers its
    compressed form.
    """

    name: str
    path: Path
    size: int
    member: Member | None = None
    again: bool = False


def unsafe_part(name: str) -> bool:
    """Tell whether ``name`` is anything but parts of [A-Za-z0-9._-] joined by /."""
    return any(part in {"", ".", ".."} or not _LETTERS.issuperset(part) for part in name.split("/"))


def deflate_sign() -> str:
    """Return the sign of this machine's deflate, which ``bag-info.txt`` states of the writer's."""
    numbers = b",".join(str(number**2).encode() for number in range(20000))
    squeeze = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS)
    return sha256(squeeze.compress(numbers) + squeeze.flush()).hexdigest()[:16]


def read_layout(path: Path, *, stored_first: str | None) -> list[Member]:
    """Return the entries of the ZIP at ``path``, or raise `LayoutError`.

    ``stored_first`` is the one entry that is stored and comes first; all others are deflated and
    sorted by name.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        start, count = _end_record(path.name, stream, size)
        stream.seek(start)
        directory = stream.read(size - _END.size - start)
        members: list[Member] = []
        at = offset = 0
        for _ in range(count):
            row, name, at = _central_row(path.name, directory, at)
            member = _member(stream, row, name, offset)
            members.append(member)
            offset = member.offset + member.packed
    if at != len(directory) or offset != start:
        raise LayoutError(path.name, "has bytes between its entries that belong to none")
    _check_names(path.name, members, stored_first)
    _check_bomb(path.name, members, size)
    return members


def _end_record(subject: str, stream: BinaryIO, size: int) -> tuple[int, int]:
    """Return where the directory starts and how many entries it has."""
    if size < _END.size:
        raise LayoutError(subject, "is too short for a ZIP")
    stream.seek(size - _END.size)
    mark, disk, first, here, count, length, start, comment = _END.unpack(stream.read(_END.size))
    if mark != b"PK\5\6":
        raise LayoutError(subject, "does not end as a ZIP: it is cut short, or has something after")
    if disk or first or comment or here != count or count == _ZIP64:
        raise LayoutError(subject, "its end record holds what it must not")
    if start + length + _END.size != size or length > _MOST_DIRECTORY:
        raise LayoutError(subject, "its directory is not where it must be; has it junk before it?")
    return start, count


def _central_row(subject: str, directory: bytes, at: int) -> tuple[tuple[int, ...], str, int]:
    """Return numbers and name of the directory entry at ``at``, and where the next begins."""
    if at + _CENTRAL.size > len(directory):
        raise LayoutError(subject, "its directory is cut short")
    mark, *numbers = _CENTRAL.unpack_from(directory, at)
    at += _CENTRAL.size
    length = numbers[9]
    raw = directory[at : at + length]
    name = raw.decode("ascii", "backslashreplace")
    if mark != b"PK\1\2" or len(raw) != length or name.encode() != raw:
        raise LayoutError(subject, "its directory holds what is no entry")
    return tuple(numbers), name, at + length


def _member(stream: BinaryIO, row: tuple[int, ...], name: str, offset: int) -> Member:
    """Return the entry that ``row`` describes, checked against its local header."""
    made, needed, flags, method, time, date, crc, packed, size, length, *rest = row
    extra, comment, disk, internal, external, where = rest
    expected = (_MADE_BY, _NEEDED, 0, 0, _DATE, 0, 0, 0, 0, _MODE)
    if (made, needed, flags, time, date, extra, comment, disk, internal, external) != expected:
        raise LayoutError(name, "its directory entry differs from the one form there is")
    if where != offset:
        raise LayoutError(name, "does not follow the entry before it; junk, a gap or an overlap")
    stream.seek(offset)
    head = stream.read(_LOCAL.size + length)
    same = (
        _LOCAL.pack(b"PK\3\4", needed, flags, method, time, date, crc, packed, size, length, 0)
        + name.encode()
    )
    if head != same:
        raise LayoutError(name, "its local header differs from its directory entry")
    if method not in {_STORED, _DEFLATED} or (method == _STORED and packed != size):
        raise LayoutError(name, "is packed in a way that is not used here")
    return Member(name, method, crc, packed, size, offset + _LOCAL.size + length)


def _check_names(subject: str, members: list[Member], stored_first: str | None) -> None:
    for member in members:
        if unsafe_part(member.name):
            raise LayoutError(member.name, "is not a safe name for a file")
    rest = members
    if stored_first is not None:
        if [(it.name, it.method) for it in members[:1]] != [(stored_first, _STORED)]:
            raise LayoutError(subject, f"its first entry is not {stored_first}, stored")
        rest = members[1:]
    ordered = [member.name for member in rest]
    if ordered != sorted(set(ordered)) or stored_first in ordered:
        raise LayoutError(subject, "its entries are not sorted by name, or one is there twice")
    for member in rest:
        if member.method != _DEFLATED:
            raise LayoutError(member.name, "is not compressed as it must be")


def _check_bomb(subject: str, members: list[Member], size: int) -> None:
    whole = sum(member.size for member in members)
    if whole > max(_RATIO_FREE, _MOST_RATIO * size):
        text = f"would unpack to {whole} bytes from {size}; nothing of it was unpacked"
        raise LayoutError(subject, text)


class PlaceStream:
    """Reads a file of the bundle in pieces, in bounded memory, and checks what its place states.

    An entry of a ZIP is held to its size, its CRC, and where asked to its compressed form.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stream = place.path.open("rb")
        self._digest = sha256()
        self.size = 0
        if place.member is not None:
            self._stream.seek(place.member.offset)
            self._inside = _Inside(self._stream, place.member, again=place.again)
            self._next: Callable[[], bytes] = self._inside.read
        else:
            self._next = lambda: self._stream.read(_CHUNK)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, _size: int = -1) -> bytes:
        """Return some more bytes; none: the end."""
        data = self._next()
        self._digest.update(data)
        self.size += len(data)
        return data

    def rest(self, most: int) -> bytes:
        """Return everything, or raise where it is longer than ``most``."""
        parts = []
        while data := self.read():
            parts.append(data)
            if self.size > most:
                raise BrokenFileError(f"is longer than {most} bytes, which it cannot be")
        return b"".join(parts)

    def drain(self) -> str:
        """Read to the end; return the SHA-256 of the whole."""
        while self.read():
            pass
        return self.sha256()

    def sha256(self) -> str:
        """Return the SHA-256 of what was read."""
        return self._digest.hexdigest()


class _Inside:
    """The content of a ZIP entry."""

    def __init__(self, stream: BinaryIO, member: Member, *, again: bool) -> None:
        self._stream = stream
        self._member = member
        self._left = member.packed
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if member.method else None
        again = again and self._inflate is not None
        self._deflate = zlib.compressobj(level=6, wbits=-zlib.MAX_WBITS) if again else None
        self._seen, self._made = sha256(), sha256()
        self._size = self._crc = 0
        self._done = False

    def read(self) -> bytes:
        while not self._done:
            try:
                data = self._step()
            except zlib.error as error:
                raise BrokenFileError(f"cannot be unpacked: {error}") from None
            self._size += len(data)
            if self._size > self._member.size:
                raise BrokenFileError("unpacks to more than the ZIP states")
            self._crc = zlib.crc32(data, self._crc)
            if data and self._deflate is not None:
                self._made.update(self._deflate.compress(data))
            if data:
                return data
        return b""

    def _step(self) -> bytes:
        inflate = self._inflate
        if inflate is None:
            data = self._raw()
            if not data:
                self._finish()
            return data
        if inflate.eof:
            self._finish()
            return b""
        packed = inflate.unconsumed_tail or self._raw()
        data = inflate.decompress(packed, _CHUNK)
        if not packed and not data:
            raise BrokenFileError("its compressed form is cut short")
        return data

    def _raw(self) -> bytes:
        data = self._stream.read(min(_CHUNK, self._left))
        self._left -= len(data)
        if self._deflate is not None:
            self._seen.update(data)
        return data

    def _finish(self) -> None:
        self._done = True
        member, inflate = self._member, self._inflate
        if self._left or (inflate is not None and (inflate.unused_data or inflate.unconsumed_tail)):
            raise BrokenFileError("has bytes after the end of its compressed form")
        if self._size != member.size or self._crc != member.crc:
            raise BrokenFileError("does not unpack to the size and CRC that the ZIP states")
        if self._deflate is not None:
            self._made.update(self._deflate.flush())
            if self._made.digest() != self._seen.digest():
                raise BrokenFileError("its compressed form is not the one DEFLATE level 6 gives")
