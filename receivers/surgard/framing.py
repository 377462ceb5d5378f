"""Sur-Gard: frames end in DC4; there is no start byte and no checksum.

On a serial line parity is the only check; a byte with wrong parity arrives as NUL.  So a control
byte in a frame, at its edges too, says that it was damaged on its way: were a NUL taken for a pause
before the frame, one whose first byte was lost would be acknowledged.  Imitators end a frame
otherwise, or with nothing but a silence.
"""

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import Framer, GapFramer, GuardedFramer, JudgedFramer, LineFramer
from receivers.surgard.message import TERMINATOR, is_heartbeat

__all__ = ["LIMIT", "framer"]

LIMIT = 256
"""Far above the longest frame of any model, an S frame with its text block."""

_IDLE = b"\r\n"
_DAMAGE = bytes(byte for byte in range(0x20) if byte not in b"\r\n") + b"\x7f"


def framer(end: bytes = TERMINATOR) -> Framer:
    """Return a framer whose frames end in ``end``, or where that is empty, in a silence."""

    def judge(frame: Frame) -> Event:
        body = frame.raw.removesuffix(end).strip(_IDLE)
        if body.translate(None, _DAMAGE) != body:
            return Garbled(raw=frame.raw, fault=Fault.CHECKSUM)
        return Heartbeat(raw=frame.raw) if is_heartbeat(body) else frame

    if not end:
        return JudgedFramer(GapFramer(limit=LIMIT), judge)
    lines = LineFramer(terminator=end, limit=LIMIT, idle=_IDLE)
    return GuardedFramer(lines, judge) if end == TERMINATOR else JudgedFramer(lines, judge)
