"""D6500: an optional header byte, text, and a trailer, mostly DC4; no checksum."""

import re

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GuardedFramer, JudgedFramer, LineFramer, damaged

__all__ = ["LIMIT", "TERMINATOR", "framer"]

TERMINATOR = b"\x14"
LIMIT = 256
"""Far above the longest line, a text message."""

_HEARTBEAT = re.compile(rb" ?1[0-9]{2}[0-9A-Z] {11}@ {0,4}")


def framer(*, header: bytes = b"", end: bytes = TERMINATOR) -> Framer:
    """Return a framer of D6500 mode."""
    end = end or TERMINATOR

    def judge(frame: Frame) -> Event:
        if damaged(frame.raw.removesuffix(end)):
            return Garbled(frame.raw, Fault.CHECKSUM)
        text = frame.raw.removeprefix(header).removesuffix(end)
        return Heartbeat(frame.raw) if _HEARTBEAT.fullmatch(text) else frame

    lines = LineFramer(terminator=end, limit=LIMIT, idle=b"\r\n")
    return GuardedFramer(lines, judge) if end == TERMINATOR else JudgedFramer(lines, judge)
