"""ITI Generic: LF, record, CR, no checksum."""

from receivers.ademco685.framing import is_heartbeat
from receivers.events import Event, Frame, Heartbeat
from receivers.lines import Framer, JudgedFramer, LineFramer

__all__ = ["LIMIT", "framer"]

LIMIT = 64
"""Far above the longest record."""


def framer() -> Framer:
    """Return a framer of ITI Generic."""
    lines = LineFramer(terminator=b"\r", limit=LIMIT, start=b"\n", idle=b"\x00\r")
    return JudgedFramer(lines, _judged)


def _judged(frame: Frame) -> Event:
    return Heartbeat(frame.raw) if is_heartbeat(frame.raw) else frame
