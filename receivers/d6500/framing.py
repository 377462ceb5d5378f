"""D6500: an optional header byte, text, DC4; no checksum."""

import re

from receivers.events import Event, Frame, Heartbeat
from receivers.lines import Framer, JudgedFramer, LineFramer

__all__ = ["LIMIT", "framer"]

LIMIT = 256
"""Far above the longest line, a text message."""

_HEARTBEAT = re.compile(rb" ?1[0-9]{2}[0-9A-Z] {11}@ {0,4}\x14")


def framer() -> Framer:
    """Return a framer of D6500 mode."""
    return JudgedFramer(LineFramer(terminator=b"\x14", limit=LIMIT, idle=b"\x00\r\n"), _judged)


def _judged(frame: Frame) -> Event:
    return Heartbeat(frame.raw) if _HEARTBEAT.fullmatch(frame.raw) else frame
