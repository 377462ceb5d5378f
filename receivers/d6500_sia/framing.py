"""Bosch SIA mode: ``LF CRC T seq rcvr line [data] CR``.

The maker says that the CRC is that of DC-07, and neither whether it is four hexadecimal digits or
two bytes, nor from where to where it runs.  So it is computed in each of the forms it may have: the
one that agrees is the form of this receiver, and the answer is written in it.  Where none agrees,
nothing is known that an answer could be made of, and the frame is kept without one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from receivers.checksums import crc16
from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer
from receivers.seeking import SeekingFramer

__all__ = ["LIMIT", "Form", "Telegram", "framer", "read", "seal"]

LIMIT = 512
"""Far above the longest text seen."""

# The CRC is the only part of a frame that may hold CR or LF.
_HEADER = re.compile(rb"\n(?:([0-9A-Fa-f]{4})|(.{2}))([\t!-~][0-9]{8})\[", re.DOTALL)
_LONGEST_HEADER = 15
_END = re.compile(rb"[\r\n]")


@dataclass(frozen=True, slots=True)
class Form:
    """How a CRC is written: as digits, or as bytes in this order; and whether it covers CR."""

    digits: bool
    order: str = "big"
    with_end: bool = False


@dataclass(frozen=True, slots=True)
class Telegram:
    """A frame: type, numbers and data; ``form`` is None where no form of the CRC agrees."""

    kind: bytes
    sequence: bytes
    receiver: bytes
    line: bytes
    data: bytes
    form: Form | None


def framer() -> Framer:
    """Return a framer of Bosch SIA mode."""
    return SeekingFramer(
        begins=_HEADER,
        undecided=_LONGEST_HEADER - 1,
        end=_end,
        judge=_judged,
        limit=LIMIT,
        idle=b"\r\n\x00",
    )


def read(raw: bytes) -> Telegram | None:
    """Return ``raw`` taken apart; None where it has not the layout."""
    header = _HEADER.match(raw)
    if header is None or not raw.endswith(b"]\r"):
        return None
    body = raw[header.start(3) : -1]
    digits, binary, head = header.groups()
    form = next((each for each in _forms(digits, binary) if _agrees(each, raw, body)), None)
    return Telegram(
        kind=head[:1],
        sequence=head[1:5],
        receiver=head[5:7],
        line=head[7:9],
        data=raw[header.end() : -2],
        form=form,
    )


def seal(body: bytes, form: Form) -> bytes:
    """Return ``body`` as a frame in the form of the one it answers."""
    return b"\n" + _check(form, body) + body + b"\r"


def _forms(digits: bytes | None, binary: bytes | None) -> Iterator[Form]:
    for with_end in (False, True):
        if digits is not None:
            yield Form(digits=True, with_end=with_end)
        if binary is not None:
            yield Form(digits=False, order="big", with_end=with_end)
            yield Form(digits=False, order="little", with_end=with_end)


def _agrees(form: Form, raw: bytes, body: bytes) -> bool:
    check = _check(form, body)
    return raw[1 : 1 + len(check)].upper() == check.upper()


def _check(form: Form, body: bytes) -> bytes:
    value = crc16(body + b"\r" if form.with_end else body)
    if form.digits:
        return b"%04X" % value
    return value.to_bytes(2, "little" if form.order == "little" else "big")


def _end(buffer: bytes, position: int) -> int | None:
    header = _HEADER.match(buffer, position)
    body = header.end() if header is not None else position
    found = _END.search(buffer, body, position + LIMIT)
    if found is not None:
        # A line feed belongs to the frame that begins with it.
        return found.end() if found[0] == b"\r" else found.start()
    return position + LIMIT if len(buffer) - position >= LIMIT else None


def _judged(raw: bytes) -> Event:
    telegram = read(raw)
    if telegram is None:
        return Garbled(raw, Fault.NO_TERMINATOR if len(raw) >= LIMIT else Fault.SHAPE)
    return Frame(raw, fault=None if telegram.form else Fault.CHECKSUM)
