"""Bosch SIA mode: the conversation.

A frame is taken with an empty frame of type TAB that has its numbers.  Nothing is refused: what a
receiver does after a refusal in this mode is not known.
"""

from datetime import datetime

from receivers.byte_answers import Answers, ByteSession, repeats_of
from receivers.d6500_sia.framing import framer, read, seal
from receivers.events import Event, Frame
from receivers.session import Conversation

__all__ = ["SiaModeSession"]

_TEXT_TYPE = b"\t"


class SiaModeSession:
    """One connection to a receiver, or its serial line."""

    def __init__(self, conversation: Conversation) -> None:
        # Each frame has a sequence number: the same bytes again are a repeat.
        repeats = repeats_of(conversation.memory, "d6500-sia")
        self._talk = ByteSession(framer(), Answers(), repeats)

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""
        return self._talk.receive(data, received_at)

    def ended(self) -> list[Event]:
        """Give what was left unfinished."""
        return self._talk.ended()

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        telegram = read(event.raw) if isinstance(event, Frame) else None
        if telegram is None or telegram.form is None:
            return b""
        numbers = telegram.sequence + telegram.receiver + telegram.line
        return seal(_TEXT_TYPE + numbers + b"[]", telegram.form)

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        self._talk.answered(event)

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""
        self._talk.dropped(event)
