"""685: LF, text, CR, no checksum.  CAPS ends its 4x2 reports with the letter A."""

import re

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GuardedFramer, LineFramer, damaged

__all__ = ["LIMIT", "framer", "is_heartbeat"]

LIMIT = 128
"""Far above the longest line, Contact ID with its spaces."""

_CAPS_END = rb"(?<=\n[0-9]{2} [0-9]{4} [0-9] [0-9] [0-9])A"
_OKAY = re.compile(rb"\n[0-9A-Z]{2} OKAY @ ?\r")


def is_heartbeat(raw: bytes) -> bool:
    """Tell the receiver's ``OKAY``, asked for or not."""
    return _OKAY.fullmatch(raw) is not None


def framer(*, caps: bool = False) -> Framer:
    """Return a framer of 685, or of CAPS."""
    also = _CAPS_END if caps else b""
    lines = LineFramer(terminator=b"\r", limit=LIMIT, start=b"\n", idle=b"\x00\r", also=also)
    return GuardedFramer(lines, _judged)


def _judged(frame: Frame) -> Event:
    if damaged(frame.raw):
        return Garbled(frame.raw, Fault.CHECKSUM)
    return Heartbeat(frame.raw) if is_heartbeat(frame.raw) else frame
