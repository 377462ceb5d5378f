"""ITI: records that end in CR.  Generic: LF before them; Computer Interface: ``|[`` before them.

The check that follows ``|]`` in the Computer Interface begins with a letter; its rule is not known
here, so it is kept and not looked at.
"""

from receivers.ademco685.framing import is_heartbeat
from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GuardedFramer, LineFramer, damaged

__all__ = ["INTERFACE_LIMIT", "LIMIT", "framer", "interface_framer"]

LIMIT = 64
"""Far above the longest record of ITI Generic."""

INTERFACE_LIMIT = 256
"""Far above the longest record of the Computer Interface seen."""

_SUPERVISORY = b"|[S|"


def framer() -> Framer:
    """Return a framer of ITI Generic."""
    lines = LineFramer(terminator=b"\r", limit=LIMIT, start=b"\n", idle=b"\x00\r")
    return GuardedFramer(lines, _judged)


def interface_framer() -> Framer:
    """Return a framer of the ITI Computer Interface."""
    lines = LineFramer(terminator=b"\r", limit=INTERFACE_LIMIT, start=b"|[", idle=b"\x00\r\n")
    return GuardedFramer(lines, _judged)


def _judged(frame: Frame) -> Event:
    if damaged(frame.raw):
        return Garbled(frame.raw, Fault.CHECKSUM)
    alive = is_heartbeat(frame.raw) or frame.raw.startswith(_SUPERVISORY)
    return Heartbeat(frame.raw) if alive else frame
