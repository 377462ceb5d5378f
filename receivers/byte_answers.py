"""The conversation of receivers that take one byte for an answer.

There is no sequence number, so an identical frame that comes before our answer to the first was
handed out is a repeat; after the answer it is a second event.  What is not understood is
acknowledged all the same, for a receiver that is refused a frame blocks the line behind it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer

__all__ = ["ACKNOWLEDGEMENT", "REFUSAL", "Answers", "ByteSession"]

ACKNOWLEDGEMENT = b"\x06"
REFUSAL = b"\x15"

# The slowest model repeats for 4 times 9.9 s.  A tap never hears its answers, so an old frame
# without one must not make every later one of its kind a repeat.
_REPEAT_SPAN = timedelta(seconds=60)
_PENDING_LIMIT = 1024
_DAMAGED = frozenset({Fault.CHECKSUM, Fault.CUT})


@dataclass(frozen=True, slots=True)
class Answers:
    """What is said to a frame that is committed, and to a damaged one (empty: silence).

    ``once``: copies that came before the answer to the first get none of their own, where a
    spare byte would be taken for the answer to the next frame.
    """

    taken: bytes = ACKNOWLEDGEMENT
    damaged: bytes = b""
    once: bool = False


class ByteSession:
    """One connection to a receiver, or its serial line."""

    def __init__(self, framer: Framer, answers: Answers) -> None:
        self._framer = framer
        self._answers = answers
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
            return self._answers.damaged if event.fault in _DAMAGED else b""
        if self._answers.once and isinstance(event, Frame) and event.repeat:
            return self._answers.taken if event.raw in self._pending else b""
        return self._answers.taken

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
