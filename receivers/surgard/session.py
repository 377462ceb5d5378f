"""Sur-Gard: the conversation.

One byte answers one frame: 06h takes it.  There is no sequence number, so an identical frame that
comes before our answer to the first was handed out is a repeat; after the answer it is a second
event.  What is not understood is acknowledged all the same, for a receiver that is refused a
frame blocks the line behind it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from receivers.events import Event, Fault, Frame, Garbled
from receivers.session import Conversation
from receivers.surgard.framing import Framer

__all__ = ["ACKNOWLEDGEMENT", "REFUSAL", "SurgardSession"]

ACKNOWLEDGEMENT = b"\x06"
REFUSAL = b"\x15"

# The slowest model repeats for 4 times 9.9 s.  A tap never hears its answers, so an old frame
# without one must not make every later one of its kind a repeat.
_REPEAT_SPAN = timedelta(seconds=60)
_PENDING_LIMIT = 1024
_DAMAGED = frozenset({Fault.CHECKSUM, Fault.CUT})


class SurgardSession:
    """One connection to a receiver, or its serial line."""

    def __init__(self, conversation: Conversation) -> None:
        options: Mapping[str, str | int | bool] = conversation.options
        self._refuses = options.get("nak", "never") == "damaged"
        self._answers_once = options.get("copies", "each") == "once"
        self._framer = Framer()
        # Frames whose answer was not handed out yet, and when each first came.
        self._pending: dict[bytes, datetime] = {}

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""
        return [self._marked(event, received_at) for event in self._framer.receive(data)]

    def ended(self) -> list[Event]:
        """Give what was left unfinished when the connection ended or the line fell silent."""
        return self._framer.ended()

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        if isinstance(event, Garbled):
            return REFUSAL if self._refuses and event.fault in _DAMAGED else b""
        if isinstance(event, Frame) and event.repeat and self._answers_once:
            # A spare byte would be taken for the answer to the next frame.
            return ACKNOWLEDGEMENT if event.raw in self._pending else b""
        return ACKNOWLEDGEMENT

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        if isinstance(event, Frame):
            self._pending.pop(event.raw, None)

    def _marked(self, event: Event, received_at: datetime) -> Event:
        if not isinstance(event, Frame):
            return event
        before = self._pending.get(event.raw)
        if before is not None and received_at - before <= _REPEAT_SPAN:
            return Frame(raw=event.raw, repeat=True)
        self._pending[event.raw] = received_at
        if len(self._pending) > _PENDING_LIMIT:
            del self._pending[next(iter(self._pending))]
        return event
