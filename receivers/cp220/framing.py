"""CP-220: text and a terminator that is programmed at the receiver, mostly CR."""

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer, JudgedFramer, LineFramer, damaged

__all__ = ["LIMIT", "framer"]

LIMIT = 64
"""Far above the longest line."""

_CR = b"\r"


def framer(end: bytes = _CR) -> Framer:
    """Return a framer of the CP-220."""
    lines = LineFramer(terminator=end or _CR, limit=LIMIT, idle=b"\x00\n\r")
    return JudgedFramer(lines, _judged)


def _judged(frame: Frame) -> Event:
    return Garbled(frame.raw, Fault.CHECKSUM) if damaged(frame.raw) else frame
