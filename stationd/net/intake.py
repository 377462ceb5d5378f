"""One listener's intake: events become bodies, bodies go to the committer.

Whatever a session reports is kept, but for the rest of a flood of noise or of numbers that nobody
knows, which is counted.  A known account's signals are never limited.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from twisted.logger import Logger

from archive.canonical import JsonValue, encode
from receivers.events import Event, Fault, Frame, Heartbeat
from stationd.clock import Clock, from_ns, iso
from stationd.ids import Ids
from stationd.journal.model import BodyWriter, Kind
from stationd.net.committer import Committer, Submitter
from stationd.net.diary import Diary
from stationd.net.faulty_limit import Counted, FaultyLimit
from stationd.net.poll_book import PollBook
from stationd.net.strangers import Reason, Strangers
from stationd.supervision.heartbeat import Change
from stationd.supervision.heartbeat import Heartbeat as Supervision

__all__ = ["Intake", "Peer"]

_SALTS_AT_ONCE = 256


class Peer:
    """Whoever is at the other end: its name in entries, and who it is for limits.

    ``since`` are the ticks when it came, ``heard`` those of its last good signal of a known account
    (of any, where a receiver speaks for its accounts); None: there was none.
    """

    __slots__ = ("bodies", "heard", "host", "name", "since")

    def __init__(self, *, listener: str, name: str, host: str, since: int = 0) -> None:
        self.name = name
        self.host = host
        self.since = since
        self.heard: int | None = None
        self.bodies = BodyWriter(listener=listener, peer=name)


class Intake:
    """Everything that one listener's edges need below them.

    ``strangers`` are the limits of a listener that others call; a line of our own has none.
    """

    _log = Logger()

    def __init__(  # noqa: PLR0913  (what a listener is made of)
        self,
        listener: str,
        *,
        committer: Committer,
        diary: Diary,
        clock: Clock,
        ids: Ids,
        silence: float | None,
        group: str = "",
        polls: PollBook | None = None,
        strangers: Strangers | None = None,
    ) -> None:
        self.listener = listener
        self.committer = committer
        self.diary = diary
        self.clock = clock
        self._group = group
        self._polls = polls
        self._ids = ids
        self._salts: list[bytes] = []
        self._limit = FaultyLimit()
        self._strangers = strangers
        self._account = None if strangers is None else strangers.account
        self._supervision = (
            None if silence is None else Supervision(period=int(silence * 1e9), heard=clock.ticks())
        )

    def peer(self, name: str, host: str) -> Peer:
        """Return what entries from ``name`` are written with; ``host`` is what limits go by."""
        return Peer(listener=self.listener, name=name, host=host, since=self.clock.ticks())

    def now(self) -> tuple[int, datetime]:
        """Return the present moment, for an entry and for a session."""
        return self.clock.now_ns(), self.clock.now()

    def spoken(self, events: Sequence[Event], at: int, *, answers: bool) -> list[Event]:
        """Take the signs of life in ``events``; return the polls that need no entry.

        These may be answered at once: they come before anything that needs one, and there is a
        standing receipt.  Where nobody ``answers`` (a tap) there are none.
        """
        polls = self._polls
        if not polls:
            return []
        at_once: list[Event] = []
        clear = answers and polls.stands()
        for event in events:
            if not isinstance(event, Frame) or event.fault or event.suspect:
                clear = False
                continue
            account = (self._group, event.number)
            known = polls.hear(account, self.listener, at, poll=event.poll and answers)
            clear = clear and known and event.poll
            if clear:
                at_once.append(event)
        return at_once

    def bodies(
        self, peer: Peer, events: Sequence[Event], at: int, *, summed: bool = False
    ) -> tuple[list[Event], list[bytes]]:
        """Return the events that are kept, and the body of each.

        ``summed``: the poll of a supervised account is kept as the sum of those that were heard.
        """
        ticks = self.clock.ticks()
        self._hear(ticks)
        kept: list[Event] = []
        bodies: list[bytes] = []
        write, find = peer.bodies.write, self._account
        for each in events:
            event = each
            kind, note, fault = _written(event)
            if summed and self._is_summed(event):
                kept.append(event)
                note = self._polls.early(self.listener) if self._polls else b""
                bodies.append(write(Kind.POLLS, at, ticks, b"", note, self._salt()))
                continue
            # A group's own line has no number: who names none is nobody known.
            if fault is None and (
                find is None
                or not isinstance(event, Frame)
                or (event.number and find(event.number) is not None)
            ):
                peer.heard = ticks
            else:
                limited = self._limited(peer, event, fault, at, ticks)
                if limited is None:
                    continue
                if limited is not event:
                    event = limited
                    note = _written(event)[1]
            kept.append(event)
            bodies.append(write(kind, at, ticks, event.raw, note, self._salt()))
        return kept, bodies

    def _limited(
        self, peer: Peer, event: Event, fault: Fault | None, at: int, ticks: int
    ) -> Event | None:
        """Return how a faulty event or one of an unknown number is kept; None: it was counted."""
        if fault is None:
            assert isinstance(event, Frame)  # noqa: S101 - nothing else has a number
            return self._unknown(peer, event, at, ticks)
        # A key of ours opened what is stale, so that is no stranger's.
        if (
            self._strangers is not None
            and fault is not Fault.STALE
            and not self._strangers.keeps(peer.host, fault.value, at=at, ticks=ticks)
        ):
            return None
        return event if self._limit.keeps(peer.host, fault, at=at, ticks=ticks) else None

    def _unknown(self, peer: Peer, frame: Frame, at: int, ticks: int) -> Frame | None:
        """Return how a good frame of an unknown number is kept; None: it was counted."""
        strangers = self._strangers
        assert strangers is not None  # noqa: S101 - without limits no number is looked up
        if not frame.number and peer.heard is not None:
            return frame  # it names nobody, and came beside a known account's
        if not strangers.takes(peer.host, at=at, ticks=ticks):
            return None
        return frame if strangers.answers else replace(frame, fault=Fault.UNKNOWN_NUMBER)

    def refuse(self, host: str, reason: Reason) -> None:
        """Count somebody who was not let in; one entry a minute tells of it."""
        if self._strangers is not None:
            self._strangers.count(host, reason, at=self.clock.now_ns(), ticks=self.clock.ticks())

    def tells_connection(self, host: str) -> bool:
        """Tell whether a connection of ``host`` has entries of its own; else it is counted."""
        return self._strangers is None or self._strangers.keeps_link(
            host, at=self.clock.now_ns(), ticks=self.clock.ticks()
        )

    def _is_summed(self, event: Event) -> bool:
        return (
            bool(self._polls)
            and isinstance(event, Frame)
            and event.poll
            and not (event.fault or event.suspect)
            and self._polls is not None
            and self._polls.supervises(self._group, event.number)
        )

    def submit(self, bodies: Sequence[bytes], submitter: Submitter) -> None:
        """Hand ``bodies`` to the committer."""
        self.committer.submit(bodies, submitter)

    def look(self) -> Change | None:
        """Do what is due: tell of floods that were counted and of a receiver that fell silent."""
        ticks = self.clock.ticks()
        self._tell(self._limit.due(ticks))
        if self._strangers is not None:
            self._tell(self._strangers.due(ticks))
        change = None if self._supervision is None else self._supervision.look(ticks)
        if change is Change.LATE:
            self._log.warn("heartbeat_late", listener=self.listener)
        elif change is Change.LOST:
            self.link(Kind.LINK_DOWN, "heartbeat", "silent for three periods")
        return change

    def finish(self) -> None:
        """Tell of all that was counted: we stop."""
        self._tell(self._limit.everything())
        if self._strangers is not None:
            self._tell(self._strangers.everything())

    def link(
        self, kind: Kind, scope: str, cause: str, *, peer: str = "", unacknowledged: int = 0
    ) -> None:
        """Write that a link came up or went down."""
        note: dict[str, JsonValue] = {"scope": scope, "cause": cause}
        if kind is Kind.LINK_DOWN:
            note["unacknowledged"] = unacknowledged
        self.diary.write(kind, note, listener=self.listener, peer=peer)

    def _hear(self, ticks: int) -> None:
        if self._supervision is not None and self._supervision.hear(ticks) is not None:
            self.link(Kind.LINK_UP, "heartbeat", "heard again")

    def _salt(self) -> bytes:
        # Randomness is asked for by the block: a call of its own for each signal costs as much
        # as encoding it.
        if not self._salts:
            block = self._ids.bytes(16 * _SALTS_AT_ONCE)
            self._salts = [block[at : at + 16] for at in range(0, len(block), 16)]
        return self._salts.pop()

    def _tell(self, every: Iterable[Counted]) -> None:
        for counted in every:
            note: dict[str, JsonValue] = {
                "fault": counted.fault,
                "count": counted.count,
                "first": iso(from_ns(counted.first)),
                "last": iso(from_ns(counted.last)),
            }
            self.diary.write(Kind.GARBLED, note, listener=self.listener, peer=counted.peer)
            self._log.warn(
                "counted",
                listener=self.listener,
                peer=counted.peer,
                fault=counted.fault,
                count=counted.count,
            )


_Written = tuple[Kind, bytes, Fault | None]

_PLAIN: _Written = (Kind.FRAME, b"", None)
_HEARTBEAT: _Written = (Kind.HEARTBEAT, b"", None)
_GARBLED: dict[Fault, _Written] = {
    fault: (Kind.GARBLED, encode({"fault": fault.value}), fault) for fault in Fault
}


def _marks(*, repeat: bool, poll: bool, fault: Fault | None) -> dict[str, JsonValue]:
    marks: dict[str, JsonValue] = {}
    if repeat:
        marks["repeat"] = True
    if poll:
        marks["poll"] = True
    if fault is not None:
        marks["fault"] = fault.value
    return marks


_MARKED: dict[tuple[bool, bool, Fault | None], _Written] = {
    (repeat, poll, fault): (
        Kind.FRAME,
        encode(_marks(repeat=repeat, poll=poll, fault=fault)),
        fault,
    )
    for repeat in (False, True)
    for poll in (False, True)
    for fault in (None, *Fault)
}


def _with_more(event: Frame) -> _Written:
    note = _marks(repeat=event.repeat, poll=event.poll, fault=event.fault)
    if event.suspect:
        note["suspect"] = True
    if event.context:
        note["context"] = event.context.hex()
    return Kind.FRAME, encode(note), event.fault


def _written(event: Event) -> _Written:
    """Return kind and note of ``event``, and its fault where it has one."""
    if isinstance(event, Frame):
        if event.context or event.suspect:
            return _with_more(event)
        if not (event.repeat or event.poll or event.fault):
            return _PLAIN
        return _MARKED[event.repeat, event.poll, event.fault]
    if isinstance(event, Heartbeat):
        return _HEARTBEAT
    return _GARBLED[event.fault]
