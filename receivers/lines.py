"""Cutting a stream at terminators or silences, in bounded memory; telling foreign talk apart."""

import re
from collections.abc import Callable
from typing import Protocol

from receivers.events import Event, Fault, Frame, Garbled

__all__ = [
    "Framer",
    "GapFramer",
    "GuardedFramer",
    "JudgedFramer",
    "LineFramer",
    "damaged",
    "foreign_head",
]

# What else calls on an open port: HTTP in its methods, TLS (and the old SSL 2 hello), SSH.
_FOREIGN = re.compile(
    rb"(?:GET|PUT|PRI) |HEAD|POST|OPTI|CONN|DELE|PATC|TRAC|PROP|SSH-|\x16\x03[\x00-\x04]."
    rb"|\x80[\x2e-\xff]\x01\x03",
    re.DOTALL,
)

_SIGNATURE = 4
_SPACE = 0x20
_LINE_ENDS = (b"\r", b"\n")


def damaged(raw: bytes) -> bool:
    """Tell whether a byte of ``raw`` came with wrong parity: such a byte arrives as NUL."""
    return b"\x00" in raw


def foreign_head(head: bytes) -> bool:
    """Tell whether a stream that begins with ``head`` (4 bytes or more) is no panel's."""
    return _FOREIGN.match(head) is not None


class Framer(Protocol):
    """What cuts a stream into events."""

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""


class LineFramer:
    """Cut frames that end in ``terminator`` out of a stream, in bounded memory.

    With ``start``, bytes before it are noise.  A run longer than ``limit`` is reported once as
    `Garbled`; the framer then discards up to the next terminator and goes on.  A noisy line must
    not cost the signals that follow it.  Bytes in ``idle`` are dropped between frames; ``also``
    is a regular expression of what ends a frame as well.
    """

    def __init__(
        self,
        *,
        terminator: bytes,
        limit: int,
        start: bytes = b"",
        idle: bytes = b"",
        also: bytes = b"",
    ) -> None:
        self._stop = re.compile(re.escape(terminator))
        self._end = re.compile(self._stop.pattern + b"|" + also) if also else self._stop
        self._terminator = terminator
        self._limit = limit
        self._start = start
        self._idle = idle
        self._buffer = b""
        self._skipping = False

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""
        buffer = self._buffer + data if self._buffer else data
        events: list[Event] = []
        position = 0
        # What was too long is dropped up to a terminator: of it nothing is kept to tell another
        # end by.
        while found := (self._stop if self._skipping else self._end).search(buffer, position):
            if self._skipping:
                self._skipping = False
            else:
                self._cut(buffer[position : found.end()], events)
            position = found.end()
        self._keep(buffer[position:], events)
        return events

    def completes(self, head: bytes) -> bool:
        """Tell whether ``head`` holds the end of a frame."""
        return self._end.search(head) is not None

    @property
    def ends_in_text(self) -> bool:
        """Tell whether the terminator is a byte that stands in any text."""
        return self._terminator[0] >= _SPACE or self._terminator[:1] in _LINE_ENDS

    def is_idle(self, head: bytes) -> bool:
        """Tell whether ``head`` is nothing but idle bytes."""
        return not head.strip(self._idle)

    def skip(self) -> None:
        """Drop everything up to the next terminator."""
        self._buffer, self._skipping = b"", True

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""
        rest, skipping = self._buffer, self._skipping
        self._buffer, self._skipping = b"", False
        if skipping or not rest.strip(self._idle):
            return []
        return [Garbled(raw=rest, fault=Fault.CUT)]

    def _cut(self, raw: bytes, events: list[Event]) -> None:
        if len(raw) > self._limit + len(self._terminator):
            events.append(Garbled(raw=raw[: self._limit], fault=Fault.NO_TERMINATOR))
            self._skipping = not raw.endswith(self._terminator)
            return
        raw = raw.lstrip(self._idle) if self._idle else raw
        begin = raw.rfind(self._start) if self._start else 0
        if begin < 0:
            events.append(Garbled(raw=raw, fault=Fault.NOISE))
            return
        if begin > 0:
            events.append(Garbled(raw=raw[:begin], fault=Fault.NOISE))
            raw = raw[begin:]
        if self._start and raw == self._start + self._terminator:
            # Acknowledged, it would be taken for the answer to what comes next.
            events.append(Garbled(raw=raw, fault=Fault.NOISE))
        elif raw not in {b"", self._terminator}:
            events.append(Frame(raw=raw))

    def _keep(self, rest: bytes, events: list[Event]) -> None:
        # While skipping, only what may be the start of a split terminator is kept.
        tail = len(self._terminator) - 1
        if len(rest) > self._limit + tail and not self._skipping:
            events.append(Garbled(raw=rest[: self._limit], fault=Fault.NO_TERMINATOR))
            self._skipping = True
        if self._skipping:
            rest = rest[len(rest) - tail :] if tail else b""
        self._buffer = rest


class JudgedFramer:
    """A framer whose frames are looked at once more: checked, or known as heartbeats."""

    def __init__(self, lines: Framer, judge: Callable[[Frame], Event]) -> None:
        self._lines = lines
        self._judge = judge

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""
        return [self._judged(event) for event in self._lines.receive(data)]

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""
        return [self._judged(event) for event in self._lines.ended()]

    def _judged(self, event: Event) -> Event:
        return self._judge(event) if isinstance(event, Frame) else event


class GuardedFramer:
    """A line framer that looks at the first bytes of a stream: what else calls is not ours.

    What a foreigner says is dropped up to the next terminator.  Where that stands in any text, as
    CR does in HTTP, it is dropped up to the end of the stream or the next silence.
    """

    def __init__(self, lines: LineFramer, judge: Callable[[Frame], Event]) -> None:
        self._lines = lines
        self._judge = judge
        self._head: bytes | None = b""
        self._deaf = False

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""
        if self._head is not None:
            return self._begin(data)
        if self._deaf:
            return []
        return [self._judged(event) for event in self._lines.receive(data)]

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""
        events: list[Event] = []
        if self._head is not None and not self._lines.is_idle(self._head):
            events += self._lines.receive(self._head)
        events += self._lines.ended()
        self._head, self._deaf = b"", False
        return [self._judged(event) for event in events]

    def _begin(self, data: bytes) -> list[Event]:
        head = (self._head or b"") + data
        # An old TLS hello may hold the byte that ends a frame here.
        begun = head[:1] == b"\x80" or not self._lines.completes(head)
        if len(head) < _SIGNATURE and begun:
            self._head = head
            return []
        self._head = None
        events: list[Event] = []
        if foreign_head(head):
            events.append(Garbled(raw=head[:_SIGNATURE], fault=Fault.FOREIGN))
            self._lines.skip()
            self._deaf = self._lines.ends_in_text
            head = b"" if self._deaf else head[_SIGNATURE:]
        return events + [self._judged(event) for event in self._lines.receive(head)]

    def _judged(self, event: Event) -> Event:
        return self._judge(event) if isinstance(event, Frame) else event


class GapFramer:
    """Frames that end where the line falls silent; `ended` says that it did."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._buffer = b""
        self._skipping = False

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in; an event comes of it only where they are more than a frame can be."""
        if self._skipping:
            return []
        self._buffer += data
        if len(self._buffer) <= self._limit:
            return []
        head, self._buffer, self._skipping = self._buffer[: self._limit], b"", True
        return [Garbled(raw=head, fault=Fault.NO_TERMINATOR)]

    def ended(self) -> list[Event]:
        """Give what came since the last silence."""
        raw, self._buffer, self._skipping = self._buffer, b"", False
        return [Frame(raw)] if raw else []
