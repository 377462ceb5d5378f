"""CP-220: text and a terminator that is programmed at the receiver, mostly CR."""

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer, JudgedFramer, LineFramer, damaged

__all__ = ["LIMIT", "framer"]

LIMIT = 64
"""Far above the longest line."""

_CR = b"\r"


def framer(end: bytes = _CR, time_header: bytes = b"") -> Framer:
    """Return a framer of the CP-220; the bytes that are programmed there are no damage."""
    end = end or _CR

    def judge(frame: Frame) -> Event:
        text = frame.raw.removesuffix(end)
        text = text.replace(time_header, b"", 1) if time_header else text
        return Garbled(frame.raw, Fault.CHECKSUM) if damaged(text) else frame

    return JudgedFramer(LineFramer(terminator=end, limit=LIMIT, idle=b"\n\r"), judge)
