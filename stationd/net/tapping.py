"""A session that is only listened to: events to the intake, and nothing back.

Nobody can be asked to repeat, so what the journal does not take at once waits in the diary.
"""

from collections.abc import Sequence

from receivers.events import Event
from receivers.session import Session
from stationd.net.intake import Intake, Peer

__all__ = ["Tapping"]


class Tapping:
    """One tapped conversation."""

    __slots__ = ("_intake", "_peer", "_session")

    def __init__(self, session: Session, intake: Intake, peer: Peer) -> None:
        self._session = session
        self._intake = intake
        self._peer = peer

    def receive(self, data: bytes) -> None:
        """Take bytes in and submit the events they complete."""
        at, received_at = self._intake.now()
        self._submit(self._session.receive(data, received_at), at)

    def receive_whole(self, data: bytes) -> None:
        """Take a datagram in: what it leaves unfinished stays unfinished."""
        self.receive(data)
        self.cut()

    def cut(self) -> None:
        """Submit what was left unfinished."""
        self._submit(self._session.ended(), self._intake.now()[0])

    def _submit(self, events: Sequence[Event], at: int) -> None:
        if not events:
            return
        _, bodies = self._intake.bodies(self._peer, events, at)
        if bodies:
            self._intake.submit(bodies).addErrback(lambda _: self._intake.diary.keep(bodies))
