"""Sur-Gard: frames end in DC4; there is no start byte and no checksum.

On a serial line parity is the only check; a byte with wrong parity arrives as NUL.  So a control
byte inside a frame says that it was damaged on its way.
"""

from receivers.events import Event, Fault, Frame, Garbled, Heartbeat
from receivers.lines import LineFramer, foreign_head
from receivers.surgard.message import is_heartbeat

__all__ = ["LIMIT", "TERMINATOR", "Framer"]

TERMINATOR = b"\x14"
LIMIT = 256
"""Far above the longest frame of any model, an S frame with its text block."""

_IDLE = b"\r\n\x00"
_SIGNATURE = 4
_DAMAGE = bytes(byte for byte in range(0x20) if byte not in b"\r\n") + b"\x7f"


class Framer:
    """Cut a stream into frames and heartbeats, in bounded memory."""

    def __init__(self) -> None:
        self._lines = LineFramer(terminator=TERMINATOR, limit=LIMIT, idle=_IDLE)
        self._head: bytes | None = b""

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""
        if self._head is not None:
            return self._begin(data)
        return [_judged(event) for event in self._lines.receive(data)]

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""
        events: list[Event] = []
        if self._head is not None and self._head.strip(_IDLE):
            events += self._lines.receive(self._head)
        events += self._lines.ended()
        self._head = b""
        return [_judged(event) for event in events]

    def _begin(self, data: bytes) -> list[Event]:
        """Look at the first bytes of a stream: what else calls on a port is not our frame."""
        head = (self._head or b"") + data
        if len(head) < _SIGNATURE and TERMINATOR not in head:
            self._head = head
            return []
        self._head = None
        events: list[Event] = []
        if foreign_head(head):
            events.append(Garbled(raw=head[:_SIGNATURE], fault=Fault.FOREIGN))
            self._lines.skip()
            head = head[_SIGNATURE:]
        return events + [_judged(event) for event in self._lines.receive(head)]


def _judged(event: Event) -> Event:
    if not isinstance(event, Frame):
        return event
    body = event.raw[:-1].strip(_IDLE)
    if body.translate(None, _DAMAGE) != body:
        return Garbled(raw=event.raw, fault=Fault.CHECKSUM)
    return Heartbeat(raw=event.raw) if is_heartbeat(body) else event
