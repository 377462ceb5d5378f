"""The bytes of a Bosch or Radionics receiver: D6500 mode, its imitators, and SIA mode."""

import re
from collections.abc import Callable

from stationd.simulate import dc09
from stationd.simulate.happening import Event, Form, Stamp, digits
from stationd.simulate.voice import Answer

__all__ = [
    "DC4",
    "channels",
    "common",
    "contact_id",
    "heartbeat",
    "read_sia_mode",
    "sia_mode",
    "text",
    "write_sia_mode",
    "writer",
]

DC4 = b"\x14"
_SIA_ANSWER = re.compile(rb"\n[0-9A-F]{4}\t(?P<numbers>[0-9]{8})\[\]\r")
_NUMBERS = re.compile(rb"[\t!-~]([0-9]{8})\[")
_CRC = 5  # LF and four digits


def writer(
    *, header: str = "", letters: bool = False, mixed: bool = False
) -> Callable[[Event, Stamp], tuple[bytes, ...]]:
    """Return what writes events in D6500 mode behind ``header``.

    ``letters``: imitators write E, R and P for qualifiers.  ``mixed``: the last three digits of
    the common formats are a mixed number, as AES writes them.
    """

    def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
        what = event.what
        if event.form is Form.BASIC:
            value = f"{what.place // 16:X}{what.place % 16:02d}" if mixed else f"{what.place:03d}"
            return (common(event.number, what.letter, value, header=header),)
        qualifier = what.qualifier if letters else digits(what)[0]
        said = f"{qualifier}{what.contact_id}01{what.place:03d}"
        return (contact_id(event.number, said, header=header),)

    return write


def contact_id(number: str, said: str, *, line: str = "1", header: str = "") -> bytes:
    """Return ``arrlsaaaa18QXYZGGCCC``; ``said`` is what stands behind the 18."""
    return _ended(f"{header}a01{line} {number}18{said}")


def common(number: str, event: str, value: str, *, header: str = "") -> bytes:
    """Return ``1rrlssssssaaaaEEsNNNs``, a common format as AES writes it."""
    return _ended(f"{header}1011      {number}{event:<2} {value} ")


def channels(number: str, said: str) -> bytes:
    """Return ``frrlaaaaaasCCCCsCCCCsC``, the account right-aligned: high speed."""
    return _ended(f"f011{number:>6} {said}")


def text(said: str) -> bytes:
    """Return a text of the receiver itself, as AES writes it."""
    return _ended(f"301  {said} ")


def heartbeat(*, line: str = "0", header: str = "") -> bytes:
    """Return the link test: eleven spaces, ``@``, four spaces."""
    return _ended(f"{header}101{line}{' ' * 11}@{' ' * 4}")


def write_sia_mode(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return an event in SIA mode: type a for Contact ID, TAB for SIA."""
    what = event.what
    if event.form is Form.SIA:
        place = f"{what.place:02d}" if what.place else ""
        return (sia_mode("\t", stamp.sequence, f"#{event.number}|N{what.sia}{place}"),)
    said = f"#{event.number}|18{digits(what)}01{what.place:03d}"
    return (sia_mode("a", stamp.sequence, said),)


def sia_mode(kind: str, sequence: int, data: str) -> bytes:
    """Return ``LF CRC T seq rcvr line [data] CR``.

    The CRC is written as four digits over everything from the type to the bracket: one of the
    forms that the maker's words allow.
    """
    body = f"{kind}{sequence:04d}0101[{data}]".encode("ascii")
    return b"\n%04X%b\r" % (dc09.crc16(body), body)


def read_sia_mode(heard: bytearray, in_flight: bytes) -> Answer | None:
    """Take an answer off: an empty frame of type TAB with our numbers, or with zeros."""
    end = heard.find(b"\r")
    if end < 0:
        return None
    raw = bytes(heard[: end + 1])
    del heard[: end + 1]
    match, sent = _SIA_ANSWER.fullmatch(raw), _NUMBERS.match(in_flight, _CRC)
    if match is None or raw[1:_CRC] != b"%04X" % dc09.crc16(raw[_CRC:-1]):
        return Answer.STRANGE
    if match["numbers"].startswith(b"0000"):
        return Answer.REFUSED
    return Answer.TAKEN if sent and sent[1] == match["numbers"] else Answer.STRANGE


def _ended(said: str) -> bytes:
    return said.encode("ascii") + DC4
