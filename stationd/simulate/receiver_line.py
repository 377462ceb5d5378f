"""A Sur-Gard receiver that serves many accounts over one or two automation lines.

The rules are a System 5's: one frame in flight, `Manner.wait` seconds for its 06, the same frame
three times more, then communication failure: nothing but heartbeats until one is acknowledged.  A
receiver with a second line changes to it where the first goes away; what was in flight, and the
last event that was acknowledged, go out on it again, for the spare half of the receiver has not
seen that acknowledgement.  What finds the buffer full waits at the panel, which dials again.

Times are nanoseconds that only grow.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from stationd.simulate import surgard
from stationd.simulate.crowd import text_of
from stationd.simulate.measures import Measures, Strange

__all__ = ["Books", "Manner", "ReceiverLine"]

_SECOND = 1_000_000_000
_REFUSALS_PER_FRAME = 26
_ACK, _NAK = 0x06, 0x15


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a receiver waits, in seconds, and what its buffer holds."""

    wait: float = 4.0
    repeats: int = 3
    heartbeat_every: float = 30.0
    buffer: int = 127


@dataclass(slots=True)
class _Event:
    account: int
    came: int
    frame: bytes
    since: int = 0
    sends: int = 0
    again: bool = False


class Books:
    """What all receivers of a rehearsal share: counts for each account, and the measures.

    ``made`` has how many events an account had, ``settled`` how many are acknowledged;
    ``longest_wait`` is how long an event was in a receiver until it was its turn.
    """

    def __init__(
        self, first: int, measures: Measures, strange: Strange, codes: Sequence[str]
    ) -> None:
        self.made: dict[int, int] = {}
        self.settled: dict[int, int] = {}
        self.heartbeats = 0
        self.longest_wait = 0
        self.measures = measures
        self.strange = strange
        self._first = first
        self._codes = codes

    def event(self, header: surgard.Header, account: int, now: int) -> _Event:
        """Return the next event of ``account`` as the receiver passes it on."""
        count = self.made.get(account, 0)
        self.made[account] = count + 1
        number = f"{self._first + account:X}"
        block = text_of(number, self._codes[count % len(self._codes)], count + 1)
        return _Event(account, now, surgard.sia(header, number, block.partition("|")[2]))


class ReceiverLine:
    """The receiver's side: `take` events, write what `receive` and `tick` return on `line`."""

    def __init__(
        self, header: surgard.Header, books: Books, manner: Manner, *, lines: int = 1
    ) -> None:
        self._header = header
        self._books = books
        self._manner = manner
        self._open = [False] * lines
        self._line: int | None = None
        self._waiting: deque[_Event] = deque()
        self._last: _Event | None = None
        self._deadline: int | None = None
        self._tries = 0
        self._beating = False
        self._failed = False
        self._quiet_since = 0
        # Frames that went out on this line and were not answered yet, repeats included.
        self._owed = 0

    @property
    def idle(self) -> bool:
        """Every event is acknowledged."""
        return not self._waiting

    @property
    def line(self) -> int | None:
        """The line that is spoken on; None: there is none."""
        return self._line

    @property
    def failed(self) -> bool:
        """The receiver has declared communication failure."""
        return self._failed

    def take(self, account: int, now: int) -> bytes:
        """Give it an event of ``account``, return what is to be written."""
        measures = self._books.measures
        measures.events += 1
        measures.busy += len(self._waiting) >= self._manner.buffer
        self._waiting.append(self._books.event(self._header, account, now))
        return self._next(now)

    def opened(self, line: int, now: int) -> bytes:
        """Take note that ``line`` is there, return what is to be written."""
        self._open[line] = True
        if self._line is None:
            self._change(line, now)
        return self._next(now)

    def closed(self, line: int, now: int) -> bytes:
        """Take note that ``line`` is gone, return what is to be written on another."""
        self._open[line] = False
        if line != self._line:
            return b""
        self._settle(now)
        self._line = None
        others = [other for other, is_open in enumerate(self._open) if is_open]
        if others:
            self._change(others[0], now)
        return self._next(now)

    def receive(self, line: int, data: bytes, now: int) -> bytes:
        """Take the bytes in that ``line`` brought, return what is to be written.

        What came together with an answer came before the next frame: it answers nothing.
        """
        waits = self._deadline is not None
        for byte in data if line == self._line else b"":
            if byte == _NAK and waits:
                return self._refused(now)
            if byte != _ACK or not self._owed:
                self._books.measures.wrong += 1
                self._books.strange.complain(f"a receiver heard {byte:02X}, which answers nothing")
                continue
            self._owed -= 1
            if waits:
                self._acknowledged(now)
                waits = False
            else:
                self._books.measures.spare += 1
        return self.tick(now)

    def tick(self, now: int) -> bytes:
        """Do what has come due, return what is to be written."""
        if self._deadline is not None and now >= self._deadline:
            self._books.measures.silences += not self._beating
            if self._beating or self._tries > self._manner.repeats:
                self._failed = True
                self._settle(now)
            else:
                return self._send(now)
        return self._next(now)

    def _refused(self, now: int) -> bytes:
        self._books.measures.refused += 1
        if self._beating or self._tries >= _REFUSALS_PER_FRAME:
            self._failed = True
            self._settle(now)
            return b""
        return self._send(now)

    def _change(self, line: int, now: int) -> None:
        """Speak on ``line`` from now on, with the last event once more if there was another."""
        changed = self._last is not None and len(self._open) > 1
        self._line = line
        self._owed = 0
        self._failed = False
        self._quiet_since = now
        if changed and self._last is not None and not self._last.again:
            self._last.again = True
            self._waiting.appendleft(self._last)
            self._books.measures.twice += 1

    def _acknowledged(self, now: int) -> None:
        self._failed = False
        if not self._beating:
            event = self._last = self._waiting.popleft()
            if not event.again:
                measures, settled = self._books.measures, self._books.settled
                measures.acknowledged += 1
                measures.latencies.append((now - event.since) // 1000)
                settled[event.account] = settled.get(event.account, 0) + 1
        self._settle(now)

    def _settle(self, now: int) -> None:
        self._deadline = None
        self._beating = False
        self._tries = 0
        self._quiet_since = now

    def _next(self, now: int) -> bytes:
        if self._line is None or self._deadline is not None:
            return b""
        if self._waiting and not self._failed:
            return self._send(now)
        if now - self._quiet_since < self._manner.heartbeat_every * _SECOND:
            return b""
        self._beating = True
        self._owed += 1
        self._deadline = now + int(self._manner.wait * _SECOND)
        self._books.heartbeats += 1
        return surgard.heartbeat(self._header)

    def _send(self, now: int) -> bytes:
        event, measures = self._waiting[0], self._books.measures
        if not event.sends:
            event.since = now
            self._books.longest_wait = max(self._books.longest_wait, now - event.came)
        measures.sent += not event.sends
        measures.repeats += event.sends > 0 and not (event.again and not self._tries)
        event.sends += 1
        self._owed += 1
        self._tries += 1
        self._deadline = now + int(self._manner.wait * _SECOND)
        return event.frame
