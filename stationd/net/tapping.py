"""A session that is only listened to: events to the intake, and nothing back.

Nobody can be asked to repeat, so what the journal does not take at once waits in the diary.
"""

from collections.abc import Sequence

from twisted.python.failure import Failure

from receivers.events import Event
from receivers.session import Session
from stationd.journal.model import Receipt
from stationd.net.diary import Diary
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
        self._intake.spoken(events, at, answers=False)
        _, bodies = self._intake.bodies(self._peer, events, at)
        if bodies:
            self._intake.submit(bodies, _Kept(bodies, self._intake.diary))


class _Kept:
    """Bodies that go to the diary where they are not committed."""

    __slots__ = ("_bodies", "_diary")

    def __init__(self, bodies: Sequence[bytes], diary: Diary) -> None:
        self._bodies = bodies
        self._diary = diary

    def committed(self, receipts: Sequence[Receipt]) -> None:
        """Nothing: nobody waits for an answer."""

    def failed(self, failure: Failure) -> None:
        """Let the diary try again."""
        self._diary.keep(self._bodies)
