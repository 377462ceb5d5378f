"""Osborne-Hoffman: a line that ends in a bracket; no checksum.

The heartbeat is the panel's, so it is a poll of its account and no sign of life of a receiver.
"""

from receivers.events import Event, Frame
from receivers.lines import Framer, GuardedFramer, LineFramer
from receivers.oh.message import HEARTBEAT
from receivers.text import decode_text

__all__ = ["LIMIT", "framer"]

LIMIT = 128
"""Far above the heartbeat's 40 characters."""


def framer() -> Framer:
    """Return a framer of Osborne-Hoffman lines."""
    return GuardedFramer(LineFramer(terminator=b"]", limit=LIMIT, idle=b"\x00\r\n"), _judged)


def _judged(frame: Frame) -> Event:
    match = HEARTBEAT.fullmatch(frame.raw)
    if match is None:
        return frame
    return Frame(frame.raw, number=decode_text(match[3]).strip(), poll=True)
