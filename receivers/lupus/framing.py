"""Contact ID over TCP: a string of the dialler, check digit and all, in square brackets."""

from dataclasses import replace

from receivers.contact_id import read_string
from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer, GuardedFramer, LineFramer
from receivers.text import decode_text

__all__ = ["LIMIT", "framer"]

LIMIT = 64
"""Far above the 23 characters of a ten-digit account."""


def framer() -> Framer:
    """Return a framer of Contact ID over TCP."""
    lines = LineFramer(terminator=b"]", limit=LIMIT, start=b"[", idle=b"\x00\r\n")
    return GuardedFramer(lines, _judged)


def _judged(frame: Frame) -> Event:
    digits = decode_text(frame.raw[1:-1]).replace(" ", "")
    event = read_string(digits)
    if event is None:
        return Garbled(frame.raw, Fault.CHECKSUM)
    return replace(frame, number=event.number)
