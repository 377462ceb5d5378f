"""DC-09: frames out of a byte stream, with the deviations of real transmitters.

A frame is ``LF crc 0LLL "…" CR``.  Which layout it has is read from the place of the quote: at
index 9 the CRC is four hexadecimal digits, at index 7 it is two raw bytes, which may themselves
be CR or LF.  So a frame begins where a header with its quote stands, not at any LF, and it ends
at the first CR behind the quote, for CR never stands inside the data (DC-09 5.5.1).  Length and
CRC then judge it.  Ending a frame at the CR and not at the length it claims keeps one wrong
length from swallowing the good frames behind it.

The pieces a stream is cut into do not depend on how it arrived: each decision waits until the
bytes it needs are there.
"""

import re
from enum import Enum
from typing import NamedTuple

from receivers.checksums import crc16
from receivers.events import Fault, Garbled
from receivers.lines import foreign_head

__all__ = ["LIMIT", "Envelope", "Framer", "Piece", "Style", "envelope", "seal"]

LIMIT = 4107
"""The longest frame: 4095 bytes by its length field, LF, CRC, length, CR, and NULs around it."""

_FRAME = re.compile(rb'\n([0-9A-F]{4})(0[0-9A-F]{3})("[^\r\n]*)\r')
_HEADER = re.compile(
    rb'\n(?:(.{2})([0-9A-Fa-f]{4})|([0-9A-Fa-f]{4})([0-9A-Fa-f]{4}))(?=")', re.DOTALL
)
_HEADER_LENGTH = 10
# No header can begin at a byte of a run that goes on for three more: a length stands there.
_RUN = re.compile(rb"[\x00\r\n]{4,}")
_NOT_IN_RUN = 3
_NOISE_END = re.compile(rb"[\r\n]")
_IDLE = b"\x00\r\n"
_SIGNATURE = 4
_NUL, _LF, _CR = b"\x00\n\r"


class Style(Enum):
    """How a frame's envelope was written; its answer is written alike."""

    STANDARD = "standard"
    BINARY = "binary"  # CRC as two raw bytes
    ELDES = "eldes"  # CRC and length also cover the final CR
    DECIMAL = "decimal"  # length written in decimal


class Envelope(NamedTuple):
    """A frame whose CRC and length hold: its style, and the body from quote to before the CR."""

    raw: bytes
    body: bytes
    style: Style


Piece = Envelope | Garbled


class Framer:
    """Cut a stream into `Envelope` and `Garbled` pieces, in bounded memory."""

    def __init__(self) -> None:
        self._buffer = b""
        self._begun = False
        self._foreign = False
        self._skipping = False

    def receive(self, data: bytes) -> list[Piece]:
        """Take bytes in, give the pieces they complete, in order."""
        buffer = self._buffer + data if self._buffer else data
        pieces: list[Piece] = []
        position, end = 0, len(buffer)
        while position < end:
            # Nearly all traffic is whole standard frames; they take this one match.
            match = _FRAME.match(buffer, position)
            if match is not None:
                check, length, body = match.groups()
                if int(length, 16) == len(body) and int(check, 16) == crc16(body):
                    pieces.append(Envelope(match[0], body, Style.STANDARD))
                    position = match.end()
                    self._begun, self._foreign, self._skipping = True, False, False
                    continue
            following = self._step(buffer, position, pieces)
            if following == position:
                break
            position = following
        self._buffer = buffer[position:]
        return pieces

    def ended(self) -> list[Piece]:
        """Give what is unfinished, and begin anew."""
        raw, dropped = self._buffer, self._foreign or self._skipping
        self._buffer = b""
        self._begun = self._foreign = self._skipping = False
        return [Garbled(raw, Fault.CUT)] if raw.strip(_IDLE) and not dropped else []

    def _step(self, buffer: bytes, position: int, pieces: list[Piece]) -> int:
        """Take one piece off at ``position``; return where the next begins (same: wait)."""
        first = buffer[position]
        if (run := _RUN.match(buffer, position)) is not None:
            return self._take_run(buffer, position, run.end() - _NOT_IN_RUN)
        if first in {_NUL, _CR}:
            self._skipping = self._skipping and first != _CR
            return position + 1
        if not self._begun and first != _LF:
            return self._take_first(buffer, position, pieces)
        if first == _LF:
            self._begun, self._skipping = True, False
            header = _HEADER.match(buffer, position)
            if header is not None:
                return self._take_frame(buffer, position, header.end(), pieces)
            if len(buffer) - position < _HEADER_LENGTH:
                return position
        return self._take_noise(buffer, position, pieces)

    def _take_run(self, buffer: bytes, position: int, end: int) -> int:
        """Drop a run of idle bytes at once: a flood of them must not cost a step each."""
        begun = buffer.find(b"\n", position, end) >= 0
        self._begun = self._begun or begun
        if begun or buffer.find(b"\r", position, end) >= 0:
            self._skipping = False
        return end

    def _take_first(self, buffer: bytes, position: int, pieces: list[Piece]) -> int:
        """Look at what a stream begins with, if it is not a frame."""
        head = buffer[position : position + _SIGNATURE]
        if len(head) < _SIGNATURE:
            return position
        self._begun = True
        if not foreign_head(head):
            return self._take_noise(buffer, position, pieces)
        # Nothing of what follows is a panel's, until a frame begins.
        pieces.append(Garbled(head, Fault.FOREIGN))
        self._foreign = True
        return position + _SIGNATURE

    def _take_frame(self, buffer: bytes, position: int, body: int, pieces: list[Piece]) -> int:
        end = buffer.find(b"\r", body, position + LIMIT)
        if end < 0:
            return self._take_endless(buffer, position, pieces)
        self._foreign = False
        pieces.append(envelope(buffer[position : end + 1]))
        return end + 1

    def _take_noise(self, buffer: bytes, position: int, pieces: list[Piece]) -> int:
        """Take what stands before the next line's end or beginning."""
        if self._skipping or self._foreign:
            found = _NOISE_END.search(buffer, position + 1)
            return found.start() if found else len(buffer)
        found = _NOISE_END.search(buffer, position + 1, position + LIMIT)
        if found is None:
            return self._take_endless(buffer, position, pieces)
        end = found.start() + (found[0] == b"\r")
        raw = buffer[position:end]
        if raw.strip(_IDLE):
            pieces.append(Garbled(raw, Fault.NOISE))
        return end

    def _take_endless(self, buffer: bytes, position: int, pieces: list[Piece]) -> int:
        """Report once what is too long, and drop the rest of it up to the next line."""
        if len(buffer) - position < LIMIT:
            return position
        if not self._foreign:
            pieces.append(Garbled(buffer[position : position + LIMIT], Fault.NO_TERMINATOR))
        self._skipping = True
        return position + LIMIT


def envelope(raw: bytes) -> Piece:
    """Judge a frame that begins with LF and a header and ends with CR."""
    header = _HEADER.match(raw)
    if header is None or not raw.endswith(b"\r"):
        return Garbled(raw, Fault.SHAPE)
    body = raw[header.end() : -1]
    binary, binary_length, digits, ascii_length = header.groups()
    if binary is None:
        return _judged(raw, body, int(digits, 16), ascii_length, Style.STANDARD)
    return _judged(raw, body, int.from_bytes(binary), binary_length, Style.BINARY)


def _judged(raw: bytes, body: bytes, check: int, length: bytes, style: Style) -> Piece:
    if crc16(body) == check:
        if int(length, 16) == len(body):
            return Envelope(raw, body, style)
        if length.isdigit() and int(length) == len(body):
            return Envelope(raw, body, Style.DECIMAL if style is Style.STANDARD else style)
        return Garbled(raw, Fault.LENGTH)
    if int(length, 16) == len(body) + 1 and crc16(body + b"\r") == check:
        return Envelope(raw, body, Style.ELDES)
    return Garbled(raw, Fault.CHECKSUM)


def seal(body: bytes, style: Style) -> bytes:
    """Return ``body`` as a frame in the style of the one it answers.

    A decimal length is a slip of its sender and is not copied.
    """
    if style is Style.ELDES:
        covered = body + b"\r"
        return b"\n%04X%04X%b" % (crc16(covered), len(covered), covered)
    if style is Style.BINARY:
        return b"\n%b%04X%b\r" % (crc16(body).to_bytes(2), len(body), body)
    return b"\n%04X%04X%b\r" % (crc16(body), len(body), body)
