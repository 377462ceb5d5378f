"""Exprecium: lines that end in CR; no checksum."""

import re

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GuardedFramer, LineFramer, damaged

__all__ = ["LIMIT", "framer", "is_heartbeat"]

LIMIT = 128
"""Far above the longest line, SIA with a text."""

_HEARTBEAT = re.compile(rb" *(?:[0-9]{2}:[0-9]{2} +[0-9/]{5,8} +(?:[0-9A-Z]{2} +)?)?@ *")


def is_heartbeat(body: bytes) -> bool:
    """Tell the receiver's sign of life: an ``@`` with no account, alone or behind the time."""
    return _HEARTBEAT.fullmatch(body) is not None


def framer() -> Framer:
    """Return a framer of the Exprecium's own output."""
    return GuardedFramer(LineFramer(terminator=b"\r", limit=LIMIT, idle=b"\r\n"), _judged)


def _judged(frame: Frame) -> Event:
    if damaged(frame.raw):
        return Garbled(frame.raw, Fault.CHECKSUM)
    return Heartbeat(frame.raw) if is_heartbeat(frame.raw.rstrip(b"\r")) else frame
