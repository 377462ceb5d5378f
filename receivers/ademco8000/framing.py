"""8000 and SK9000: a packet ends in CR; the byte before it makes the sum of the others agree."""

from receivers.checksums import v_byte
from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GuardedFramer, LineFramer

__all__ = ["LIMIT", "framer"]

LIMIT = 128
"""A packet of the 8000; one of the SK9000 has at most 70 bytes."""

_HEARTBEAT = 0x03
_KINDS = frozenset(b"&'\x01\x02\x03")


def framer() -> Framer:
    """Return a framer of either protocol."""
    return GuardedFramer(LineFramer(terminator=b"\r", limit=LIMIT, idle=b"\x00\n"), _judged)


def _judged(frame: Frame) -> Event:
    raw = frame.raw
    if len(raw) < 2 or v_byte(raw[:-2]) != raw[-2]:  # noqa: PLR2004 - V-byte and CR
        # Only what begins like a packet may be one that was damaged, and be refused.
        return Garbled(raw, Fault.CHECKSUM if raw[0] in _KINDS else Fault.NOISE)
    return Heartbeat(raw) if raw[0] == _HEARTBEAT else frame
