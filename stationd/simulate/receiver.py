"""A Sur-Gard receiver's side of the automation line, without the line.

One frame is in flight at a time.  A frame waits `Habits.wait` seconds for its 06, is sent again
`Habits.repeats` times, and then the receiver declares communication failure: it keeps what it has
(as much as `Habits.buffer` holds) and sends nothing but heartbeats, until one of them is
acknowledged.  Then it goes on with the oldest.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from stationd.simulate import surgard
from stationd.simulate.tally import Count, Tally

__all__ = ["Habits", "Receiver", "Report"]

_REFUSALS_PER_FRAME = 26  # how often a refused line card repeats (System 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a receiver waits; the defaults are those of a System 5.  Times in seconds.

    ``buffer`` is 127 messages for each line of the receiver.
    """

    wait: float = 4.0
    repeats: int = 3
    heartbeat_every: float = 30.0
    buffer: int = 127


@dataclass(frozen=True, slots=True)
class Report:
    """One event to be sent; ``damaged`` goes out in its place the first time."""

    number: str
    raw: bytes
    damaged: bytes | None = None


@dataclass(slots=True)
class _Waiting:
    """A report in the buffer: how often it was sent, ever and since the line last worked."""

    report: Report
    sent: int = 0
    tries: int = 0
    refusals: int = 0


class Receiver:
    """The conversation: `take` reports, write what `receive` and `tick` return."""

    def __init__(self, header: surgard.Header, tally: Tally, habits: Habits) -> None:
        self._header = header
        self._tally = tally
        self._habits = habits
        self._buffer: deque[_Waiting] = deque()
        self._open = False
        self._failed = False
        self._deadline: float | None = None
        self._beating = False
        self._in_flight = False
        self._quiet_since = 0.0

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is in flight."""
        return not self._buffer

    @property
    def failed(self) -> bool:
        """The receiver has declared communication failure."""
        return self._failed

    @property
    def due(self) -> float | None:
        """When `tick` must be called; None: not before something else happens."""
        if not self._open:
            return None
        if self._deadline is not None:
            return self._deadline
        if self._buffer and not self._failed:
            return self._quiet_since
        return self._quiet_since + self._habits.heartbeat_every

    def take(self, report: Report) -> None:
        """Put a report into the buffer; a full buffer loses it, and says so in the tally."""
        count = self._tally.of(report.number)
        count.events += 1
        if len(self._buffer) >= self._habits.buffer:
            count.lost += 1
        else:
            self._buffer.append(_Waiting(report))

    def opened(self, now: float) -> None:
        """Begin on a fresh line."""
        self._open = True
        self._quiet_since = now

    def closed(self) -> None:
        """Forget what was in flight; it goes first when the line is back."""
        self._open = self._in_flight = self._beating = False
        self._deadline = None

    def receive(self, data: bytes, now: float) -> bytes:
        """Take bytes in, return what is to be written."""
        written = b""
        for byte in _bytes(data):
            if byte == surgard.ACK:
                self._acknowledged(now)
            elif byte == surgard.NAK:
                written += self._refused(now)
            else:
                self._tally.complain(f"a receiver heard {byte.hex()}, which is no answer")
        return written + self._next(now)

    def tick(self, now: float) -> bytes:
        """Do what has come due, return what is to be written."""
        written = b""
        if self._deadline is not None and now >= self._deadline:
            written = self._silence(now)
        return written + self._next(now)

    def _acknowledged(self, now: float) -> None:
        if self._in_flight:
            self._tally.of(self._buffer.popleft().report.number).acknowledged += 1
        elif self._beating:
            self._tally.heartbeats.acknowledged += 1
            self._failed = False
        else:
            self._tally.complain("a receiver heard 06 with nothing in flight")
        self._settle(now)

    def _refused(self, now: float) -> bytes:
        if not self._in_flight:
            self._tally.heartbeats.refused += 1
            self._settle(now)
            return b""
        waiting = self._buffer[0]
        self._tally.of(waiting.report.number).refused += 1
        waiting.refusals += 1
        if waiting.refusals < _REFUSALS_PER_FRAME:
            return self._send(waiting, now)
        return self._fail(now)

    def _silence(self, now: float) -> bytes:
        if self._beating:
            self._tally.heartbeats.silences += 1
            return self._fail(now)
        waiting = self._buffer[0]
        self._tally.of(waiting.report.number).silences += 1
        if waiting.tries <= self._habits.repeats:
            return self._send(waiting, now)
        return self._fail(now)

    def _fail(self, now: float) -> bytes:
        self._failed = True
        for waiting in self._buffer:
            waiting.tries = waiting.refusals = 0
        self._settle(now)
        return b""

    def _settle(self, now: float) -> None:
        self._in_flight = self._beating = False
        self._deadline = None
        self._quiet_since = now

    def _next(self, now: float) -> bytes:
        if not self._open or self._in_flight or self._beating:
            return b""
        if self._buffer and not self._failed:
            return self._send(self._buffer[0], now)
        if now - self._quiet_since < self._habits.heartbeat_every:
            return b""
        self._beating = True
        self._deadline = now + self._habits.wait
        self._tally.heartbeats.events += 1
        self._tally.heartbeats.sent += 1
        return surgard.heartbeat(self._header)

    def _send(self, waiting: _Waiting, now: float) -> bytes:
        first = waiting.sent == 0
        _count(self._tally.of(waiting.report.number), waiting.report, first=first)
        waiting.sent += 1
        waiting.tries += 1
        self._in_flight = True
        self._deadline = now + self._habits.wait
        if first and waiting.report.damaged is not None:
            return waiting.report.damaged
        return waiting.report.raw


def _count(count: Count, report: Report, *, first: bool) -> None:
    count.sent += first
    count.repeats += not first
    count.damaged += first and report.damaged is not None


def _bytes(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))
