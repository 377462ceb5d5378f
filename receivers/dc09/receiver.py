"""DC-07: a receiver that speaks in DC-09's frame, with its line number behind the L.

What is a panel's poll there is the receiver's own sign of life here, for it names no account.
"""

from datetime import datetime

from receivers.dc09.session import Dc09Session
from receivers.events import Event, Frame, Heartbeat
from receivers.session import Conversation

__all__ = ["Dc07Session"]


class Dc07Session:
    """One connection to a receiver, or its serial line."""

    def __init__(self, conversation: Conversation) -> None:
        self._talk = Dc09Session(conversation)

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""
        return [_own(event) for event in self._talk.receive(data, received_at)]

    def ended(self) -> list[Event]:
        """Give what was left unfinished when the connection ended or the line fell silent."""
        return self._talk.ended()

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        return self._talk.answer(_framed(event), now)

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        self._talk.answered(_framed(event))

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""
        self._talk.dropped(event)


def _own(event: Event) -> Event:
    own = isinstance(event, Frame) and event.poll and not event.number
    return Heartbeat(event.raw) if own else event


def _framed(event: Event) -> Event:
    return Frame(event.raw, poll=True) if isinstance(event, Heartbeat) else event
