"""Osborne-Hoffman: a line that ends in a bracket; no checksum."""

from receivers.events import Event, Frame, Heartbeat
from receivers.lines import Framer, JudgedFramer, LineFramer
from receivers.oh.message import HEARTBEAT

__all__ = ["LIMIT", "framer"]

LIMIT = 128
"""Far above the heartbeat's 40 characters."""


def framer() -> Framer:
    """Return a framer of Osborne-Hoffman lines."""
    return JudgedFramer(LineFramer(terminator=b"]", limit=LIMIT, idle=b"\x00\r\n"), _judged)


def _judged(frame: Frame) -> Event:
    return Heartbeat(frame.raw) if HEARTBEAT.fullmatch(frame.raw) else frame
