"""A session and whoever it answers: events to the intake, answers out after the commit.

This is where an acknowledgement is made, and it is made of receipts: `Exchange.answer` is called
with those of the committer and by nothing else.  The one exception is the poll of a supervised
account, which is answered on the standing receipt (`Intake.spoken`).

After a failed commit the answers to all that was received up to then are lost for good.  An
acknowledgement that does not name its frame must never stand in for an earlier one, so whatever
was submitted before the failure became known stays unanswered, and the edge hangs up (a serial line
cannot: it stays silent until the receiver repeats).

The same holds for a late one.  Who has waited for seconds repeats its frame, and is answered for
that; an answer to the first copy would be spare, and be taken for that of the next frame.
"""

from collections.abc import Callable, Container, Sequence

from twisted.logger import Logger
from twisted.python.failure import Failure

from receivers.events import Event, Fault, Frame, Garbled
from receivers.session import Session
from stationd.journal.model import Receipt
from stationd.net.intake import Intake, Peer
from stationd.net.valve import Valve

__all__ = [
    "BEYOND_LIMIT",
    "LATE_NS",
    "MOST_LIMITED",
    "MOST_NOISE",
    "MOST_UNANSWERED",
    "NAMELESS",
    "NOT_STORED",
    "UNREADABLE",
    "Exchange",
]

NOT_STORED = "not stored"
UNREADABLE = "nothing that could be read"
BEYOND_LIMIT = "nothing but unknown numbers, beyond the limit"

MOST_UNANSWERED = 1000
"""Events of one peer that may wait for their commit; beyond, its transport is not read."""

MOST_NOISE = 16384
"""Bytes in a row without a frame in them: four times the longest one, and soon looked through."""

MOST_LIMITED = 1000
"""Signals beyond the limit for unknown numbers that are read of a caller who sends nothing else."""

LATE_NS = 3 * 10**9
"""From then on a nameless answer is not given: the hastiest receivers repeat after four seconds."""

NAMELESS = 16
"""An answer no longer than this cannot say which frame it is for."""


class Exchange:
    """One session on one connection, UDP peer or serial line, with the means to answer."""

    __slots__ = (
        "_hang_up",
        "_hang_up_on",
        "_intake",
        "_limited",
        "_lost",
        "_most_noise",
        "_noise",
        "_paused",
        "_peer",
        "_send",
        "_session",
        "_silent",
        "_turn",
        "_valve",
        "_waiting",
    )

    _log = Logger()

    def __init__(  # noqa: PLR0913  (what a conversation is made of)
        self,
        session: Session,
        intake: Intake,
        peer: Peer,
        *,
        send: Callable[[bytes], None],
        hang_up: Callable[[str], None],
        hang_up_on: Container[Fault] = (),
        most_noise: int = MOST_NOISE,
        valve: Valve | None = None,
    ) -> None:
        self._session = session
        self._intake = intake
        self._peer = peer
        self._send = send
        self._hang_up = hang_up
        self._hang_up_on = hang_up_on
        self._most_noise = most_noise
        self._valve = valve
        self._silent = False
        self._paused: int | None = None
        self._turn = 0
        self._waiting = 0
        self._lost = 0
        self._limited = 0
        self._noise = 0

    @property
    def unacknowledged(self) -> int:
        """Events that were received and for which no answer went out."""
        return self._waiting + self._lost

    def receive(self, data: bytes) -> None:
        """Take bytes in and submit the events they complete."""
        at, received_at = self._intake.now()
        events = self._session.receive(data, received_at)
        if events:
            self._submit(events, at)
        if events and not isinstance(events[-1], Garbled):
            self._noise = 0
        else:
            self._more_noise(data, events)

    def receive_whole(self, data: bytes) -> None:
        """Take a datagram in: what it leaves unfinished stays unfinished."""
        at, received_at = self._intake.now()
        events = [*self._session.receive(data, received_at), *self._session.ended()]
        if events:
            self._submit(events, at)

    def cut(self) -> None:
        """Submit what was left unfinished: the connection ended, or the line fell silent."""
        events = self._session.ended()
        if events:
            self._submit(events, self._intake.now()[0])

    def close(self) -> None:
        """Remember that there is nobody left to answer."""
        self._silent = True

    def pause(self) -> None:
        """Remember since when nothing is read: what comes next has waited for that long."""
        self._paused = self._intake.clock.ticks()

    def _more_noise(self, data: bytes, events: Sequence[Event]) -> None:
        """Hang up on who has sent nothing that could be read for too long."""
        good = any(not isinstance(event, Garbled) for event in events)
        self._noise = 0 if good else self._noise + len(data)
        if self._noise > self._most_noise:
            self._noise = 0
            self._hang_up(UNREADABLE)

    def _submit(self, events: Sequence[Event], at: int) -> None:
        since, self._paused = self._paused, None
        if since is None:
            since = self._intake.clock.ticks()
        # An answer must not overtake one that is still to come: it could be taken for that.
        at_once = self._intake.spoken(events, at, answers=True)
        if at_once:
            self._peer.heard = since
        if at_once and not self._waiting:
            self._give(at_once, self._turn, since)
            events = events[len(at_once) :]
            if not events:
                return
        kept, bodies = self._intake.bodies(self._peer, events, at, summed=True)
        if len(kept) < len(events):
            self._not_kept(events, kept)
        if not kept:
            return
        self._waiting += len(kept)
        if self._valve is not None and self._waiting > MOST_UNANSWERED:
            self._valve.close("peer")
        self._intake.submit(bodies, _Waiting(self, kept, self._turn, since))

    def _not_kept(self, events: Sequence[Event], kept: Sequence[Event]) -> None:
        """Hang up on who can say no more, or says nothing else: reading it costs the others."""
        # A stranger's frames must not stay in its session for an answer that never comes.
        raws = {event.raw for event in kept}
        for event in events:
            if event.raw not in raws:
                self._session.dropped(event)
        if self._is_over(events):
            self._hang_up(UNREADABLE)
        elif self._peer.heard is None and any(isinstance(event, Frame) for event in events):
            self._limited += len(events) - len(kept)
            if self._limited > MOST_LIMITED:
                self._limited = 0
                self._hang_up(BEYOND_LIMIT)

    def answer(
        self, _receipts: Sequence[Receipt], events: Sequence[Event], turn: int, since: int
    ) -> None:
        """Answer ``events``, read at ``since``, which the receipts say are committed."""
        self._give(events, turn, since)
        self._settle(len(events))

    def failed(self, count: int) -> None:
        """Stay silent about ``count`` events that were not committed, and hang up.

        The committer has told of it.  Silence is the safe answer: the frames are sent again.
        """
        self._end(count)
        self._settle(count)

    def _give(self, events: Sequence[Event], turn: int, since: int) -> None:
        try:
            self._answer(events, turn, since)
        except Exception:  # noqa: BLE001  (a fault of ours ends this peer's connection, no more)
            self._log.failure("answer_fault", listener=self._intake.listener)
            self._end(len(events))

    def _answer(self, events: Sequence[Event], turn: int, since: int) -> None:
        if self._silent or turn != self._turn:
            return
        clock = self._intake.clock
        now, late = clock.now(), clock.ticks() - since >= LATE_NS
        answered: list[Event] = []
        answers: list[bytes] = []
        for event in events:
            answer = self._session.answer(event, now)
            if answer and late and len(answer) <= NAMELESS:
                self._lost += 1
            elif answer:
                answered.append(event)
                answers.append(answer)
            else:
                self._session.dropped(event)
        if answers:
            self._send(b"".join(answers))
        for event in answered:
            self._session.answered(event)
        if not answered and self._is_over(events):
            self._hang_up(UNREADABLE)

    def _is_over(self, events: Sequence[Event]) -> bool:
        """Tell whether nothing that can be read will come after ``events``."""
        return all(isinstance(e, Garbled) for e in events) and any(
            isinstance(e, Garbled) and e.fault in self._hang_up_on for e in events
        )

    def _end(self, lost: int) -> None:
        self._turn += 1
        self._lost += lost
        if not self._silent:
            self._hang_up(NOT_STORED)

    def _settle(self, count: int) -> None:
        self._waiting -= count
        if self._valve is not None and self._valve.closed and self._waiting <= MOST_UNANSWERED // 2:
            self._valve.open("peer")


class _Waiting:
    """Events of an exchange that wait for their commit."""

    __slots__ = ("_events", "_exchange", "_since", "_turn")

    def __init__(self, exchange: Exchange, events: Sequence[Event], turn: int, since: int) -> None:
        self._exchange = exchange
        self._events = events
        self._turn = turn
        self._since = since

    def committed(self, receipts: Sequence[Receipt]) -> None:
        """Let them be answered."""
        self._exchange.answer(receipts, self._events, self._turn, self._since)

    def failed(self, failure: Failure) -> None:
        """Let them go unanswered."""
        self._exchange.failed(len(self._events))
