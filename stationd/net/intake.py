"""One listener's intake: events become bodies, bodies go to the committer.

Whatever a session reports is kept, but for the rest of a flood of noise, which is counted.
"""

from collections.abc import Sequence
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
from stationd.supervision.heartbeat import Change
from stationd.supervision.heartbeat import Heartbeat as Supervision

__all__ = ["Intake", "Peer"]

_SALTS_AT_ONCE = 256


class Peer:
    """Whoever is at the other end: its name in entries, and who it is for limits."""

    __slots__ = ("bodies", "host", "name")

    def __init__(self, *, listener: str, name: str, host: str) -> None:
        self.name = name
        self.host = host
        self.bodies = BodyWriter(listener=listener, peer=name)


class Intake:
    """Everything that one listener's edges need below them."""

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
        self._supervision = (
            None if silence is None else Supervision(period=int(silence * 1e9), heard=clock.ticks())
        )

    def peer(self, name: str, host: str) -> Peer:
        """Return what entries from ``name`` are written with; ``host`` is what limits go by."""
        return Peer(listener=self.listener, name=name, host=host)

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
            bare = isinstance(event, Frame) and event.poll and event.fault is None
            known = (
                isinstance(event, Frame)
                and event.fault is None
                and polls.hear(
                    (self._group, event.number), self.listener, at, poll=bare and answers
                )
            )
            clear = clear and known and bare
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
        write = peer.bodies.write
        for event in events:
            kind, note, fault = _written(event)
            if summed and self._is_summed(event):
                kept.append(event)
                note = self._polls.early(self.listener) if self._polls else b""
                bodies.append(write(Kind.POLLS, at, ticks, b"", note, self._salt()))
                continue
            if fault is not None and not self._limit.keeps(peer.host, fault, at=at, ticks=ticks):
                continue
            kept.append(event)
            bodies.append(write(kind, at, ticks, event.raw, note, self._salt()))
        return kept, bodies

    def _is_summed(self, event: Event) -> bool:
        return (
            bool(self._polls)
            and isinstance(event, Frame)
            and event.poll
            and event.fault is None
            and self._polls is not None
            and self._polls.supervises(self._group, event.number)
        )

    def submit(self, bodies: Sequence[bytes], submitter: Submitter) -> None:
        """Hand ``bodies`` to the committer."""
        self.committer.submit(bodies, submitter)

    def look(self) -> Change | None:
        """Do what is due: tell of floods that were counted and of a receiver that fell silent."""
        ticks = self.clock.ticks()
        for counted in self._limit.due(ticks):
            self._tell(counted)
        change = None if self._supervision is None else self._supervision.look(ticks)
        if change is Change.LATE:
            self._log.warn("heartbeat_late", listener=self.listener)
        elif change is Change.LOST:
            self.link(Kind.LINK_DOWN, "heartbeat", "silent for three periods")
        return change

    def finish(self) -> None:
        """Tell of all that was counted: we stop."""
        for counted in self._limit.everything():
            self._tell(counted)

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

    def _tell(self, counted: Counted) -> None:
        note: dict[str, JsonValue] = {
            "fault": counted.fault.value,
            "count": counted.count,
            "first": iso(from_ns(counted.first)),
            "last": iso(from_ns(counted.last)),
        }
        self.diary.write(Kind.GARBLED, note, listener=self.listener, peer=counted.peer)


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


def _with_context(event: Frame) -> _Written:
    marks = _marks(repeat=event.repeat, poll=event.poll, fault=event.fault)
    note: dict[str, JsonValue] = {**marks, "context": event.context.hex()}
    return Kind.FRAME, encode(note), event.fault


def _written(event: Event) -> _Written:
    """Return kind and note of ``event``, and its fault where it has one."""
    if isinstance(event, Frame):
        if event.context:
            return _with_context(event)
        if not (event.repeat or event.poll or event.fault):
            return _PLAIN
        return _MARKED[event.repeat, event.poll, event.fault]
    if isinstance(event, Heartbeat):
        return _HEARTBEAT
    return _GARBLED[event.fault]
