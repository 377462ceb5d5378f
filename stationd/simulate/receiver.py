"""A receiver's side of the automation line, without the line: the rules that all of them share.

One frame is in flight at a time.  It waits `Habits.wait` seconds for its answer, is sent again,
and after so many silences or refusals the receiver declares its computer lost (or gives the frame
up, where its maker says so).  It keeps what it has, as much as its buffer holds, and sends nothing
but heartbeats until one of them is acknowledged, or begins again after a pause.  Which bytes these
are is its `voice`; how patient it is, its habits.
"""

from collections import deque
from dataclasses import dataclass

from stationd.clock import Clock
from stationd.simulate.happening import Event, Form, Happening, Stamp
from stationd.simulate.tally import Count, Tally
from stationd.simulate.voice import Answer, Voice, damaged

__all__ = ["Habits", "Receiver"]

_LAST_SEQUENCE = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a receiver waits; the defaults are those of a Sur-Gard System 5.  Times in seconds.

    A frame is sent again ``repeats`` times after silences and ``refusals`` minus one times after
    refusals; then the computer is lost, or with ``skips`` a frame refused so often is given up.
    ``insists``: whatever is no answer makes it send the frame again.  ``awaits``: False for one
    that waits for no answer at all.  ``pause``: a computer that was lost is tried again after so
    long; None: nothing but heartbeats until one is acknowledged.  ``heartbeat_every``: None for
    one that has none.  ``buffer`` is what it keeps; what happens when it is full is lost.
    ``calls``: a panel that connects when it has something to say, hangs up after it (and after a
    failure), and begins an interrupted call anew; with ``one_a_call`` it hangs up after each event.
    """

    wait: float = 4.0
    repeats: int = 3
    refusals: int = 26
    skips: bool = False
    insists: bool = False
    awaits: bool = True
    pause: float | None = None
    heartbeat_every: float | None = 30.0
    buffer: int = 127
    calls: bool = False
    one_a_call: bool = False


@dataclass(slots=True)
class _Waiting:
    """What is in the buffer: its frames, the one that is next, how many were ever sent.

    ``tries`` and ``refusals`` count for the next frame, since the line last worked.  ``ends``: it
    closes a call.
    """

    number: str
    count: Count
    parts: tuple[bytes, ...]
    damaged: bool = False
    ends: bool = False
    part: int = 0
    reached: int = 0
    tries: int = 0
    refusals: int = 0

    @property
    def raw(self) -> bytes:
        return self.parts[self.part]

    def fresh(self) -> None:
        self.tries = self.refusals = 0


class Receiver:
    """The conversation: `take` what happens, write what `receive` and `tick` return."""

    def __init__(self, voice: Voice, tally: Tally, habits: Habits, *, clock: Clock) -> None:
        self._voice = voice
        self._tally = tally
        self._habits = habits
        self._clock = clock
        self._buffer: deque[_Waiting] = deque()
        self._heard = bytearray()
        self._sequence = 0
        self._open = False
        self._failed = False
        self._over = False
        self._deadline: float | None = None
        self._beating = b""
        self._in_flight = False
        self._quiet_since = 0.0

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is in flight."""
        return not self._buffer

    @property
    def leaves(self) -> bool:
        """One that connects for what it has to say wants to hang up."""
        return self.idle or self._over

    @property
    def failed(self) -> bool:
        """The receiver has declared its computer lost."""
        return self._failed

    @property
    def due(self) -> float | None:
        """When `tick` must be called; None: not before something else happens."""
        if not self._open or self._over:
            return None
        if self._deadline is not None:
            return self._deadline
        if self._buffer and not self._failed:
            return self._quiet_since
        if self._failed and self._habits.pause is not None:
            return self._quiet_since + self._habits.pause
        return self._beats_at

    def take(
        self, number: str, what: Happening, form: Form = Form.CONTACT_ID, *, damaged: bool = False
    ) -> None:
        """Put what happened into the buffer; a full one loses it, and says so in the tally.

        ``damaged``: it goes out with a wrong byte the first time.
        """
        count = self._tally.of(number)
        count.events += 1
        if len(self._buffer) >= self._habits.buffer:
            count.lost += 1
            return
        parts = self._voice.write(Event(number, what, form), self._stamp())
        self._buffer.append(_Waiting(number, count, parts, damaged and self._voice.checks))

    def opened(self, now: float) -> None:
        """Begin on a fresh line."""
        self._open = True
        self._over = False
        self._heard.clear()
        self._quiet_since = now

    def closed(self) -> None:
        """Forget what was in flight; it goes first when the line is back."""
        self._open = self._in_flight = False
        self._beating = b""
        self._deadline = None
        if self._habits.calls and self._buffer:
            self._buffer[0].part = 0
            if self._buffer[0].ends:
                self._buffer.popleft()

    def receive(self, data: bytes, now: float) -> bytes:
        """Take bytes in, return what is to be written."""
        self._heard += data
        while self._heard:
            if (said := self._asked()) is not None:
                return said
            answer = self._voice.read(self._heard, self._sent)
            if answer is None:
                return b""
            if written := self._answered(answer, data, now):
                # What came before something was sent cannot be the answer to it.
                self._heard.clear()
                return written
        return self._next(now)

    def tick(self, now: float) -> bytes:
        """Do what has come due, return what is to be written."""
        written = b""
        if self._deadline is not None and now >= self._deadline:
            written = self._silence(now)
        return written or self._next(now)

    @property
    def _sent(self) -> bytes:
        return self._buffer[0].raw if self._in_flight else self._beating

    @property
    def _beats_at(self) -> float | None:
        every = self._habits.heartbeat_every
        if every is None or self._voice.heartbeat is None:
            return None
        return self._quiet_since + every

    def _stamp(self) -> Stamp:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        return Stamp(self._sequence, self._clock.now())

    def _asked(self) -> bytes | None:
        """Return what is said to a question; None: nothing was asked."""
        for question, said in self._voice.questions.items():
            if self._heard.startswith(question):
                del self._heard[: len(question)]
                if self._in_flight:
                    return b""
                count = self._tally.heartbeats
                count.events, count.sent = count.events + 1, count.sent + 1
                count.unasked += 1
                return said
        return None

    def _answered(self, answer: Answer, data: bytes, now: float) -> bytes:
        if answer is Answer.TAKEN:
            return self._acknowledged(now)
        if answer is Answer.REFUSED:
            return self._refused(now)
        self._tally.complain(f"a receiver heard {data.hex()}, which is no answer")
        if self._habits.insists and self._in_flight:
            return self._send(self._buffer[0], now)
        return b""

    def _acknowledged(self, now: float) -> bytes:
        if self._in_flight:
            self._taken(self._buffer[0])
        elif self._beating:
            self._tally.heartbeats.acknowledged += 1
            self._recover()
        else:
            self._tally.complain("a receiver was acknowledged with nothing in flight")
            return b""
        self._settle(now)
        return self._next(now)

    def _taken(self, waiting: _Waiting) -> None:
        waiting.fresh()
        waiting.part += 1
        if waiting.part < len(waiting.parts):
            return
        self._buffer.popleft()
        waiting.count.acknowledged += 1
        self._tally.note(waiting.number, waiting.parts)
        self._over = waiting.ends or self._habits.one_a_call
        if self._voice.end and not self._buffer and not waiting.ends:
            end = (self._voice.end,)
            self._buffer.append(_Waiting("", self._tally.own, end, ends=True))
            self._tally.own.events += 1

    def _refused(self, now: float) -> bytes:
        if not self._in_flight:
            if self._beating:
                self._tally.heartbeats.refused += 1
                self._settle(now)
            else:
                self._tally.complain("a receiver was refused with nothing in flight")
            return b""
        waiting = self._buffer[0]
        waiting.count.refused += 1
        waiting.refusals += 1
        if waiting.refusals < self._habits.refusals:
            return self._send(waiting, now)
        if not self._habits.skips:
            return self._fail(now)
        self._buffer.popleft()
        waiting.count.skipped += 1
        self._settle(now)
        return self._next(now)

    def _silence(self, now: float) -> bytes:
        if not self._in_flight:
            self._tally.heartbeats.silences += 1
            return self._fail(now)
        waiting = self._buffer[0]
        waiting.count.silences += 1
        if waiting.tries <= self._habits.repeats:
            return self._send(waiting, now)
        return self._fail(now)

    def _fail(self, now: float) -> bytes:
        if not self._failed:
            self._tell(lost=True)
        self._failed = True
        self._over = self._habits.calls
        for waiting in self._buffer:
            waiting.fresh()
        self._settle(now)
        return b""

    def _recover(self) -> None:
        if self._failed:
            self._failed = False
            self._tell(lost=False)

    def _tell(self, *, lost: bool) -> None:
        """Put what the receiver says of its computer into the buffer, where it says anything."""
        if self._voice.trouble is not None:
            self._tally.own.events += 1
            parts = (self._voice.trouble(self._stamp(), lost),)
            self._buffer.append(_Waiting("", self._tally.own, parts))

    def _settle(self, now: float) -> None:
        self._in_flight = False
        self._beating = b""
        self._deadline = None
        self._quiet_since = now

    def _next(self, now: float) -> bytes:
        if not self._open or self._over or self._in_flight or self._beating:
            return b""
        pause = self._habits.pause
        if self._failed and pause is not None and now >= self._quiet_since + pause:
            self._recover()
        if self._buffer and not self._failed:
            return self._send(self._buffer[0], now) if self._habits.awaits else self._all(now)
        return self._beat(now)

    def _beat(self, now: float) -> bytes:
        at, heartbeat = self._beats_at, self._voice.heartbeat
        if at is None or heartbeat is None or now < at:
            return b""
        self._tally.heartbeats.events += 1
        self._tally.heartbeats.sent += 1
        raw = heartbeat(Stamp(0, self._clock.now()))
        if not self._habits.awaits:
            self._tally.heartbeats.unasked += 1
            self._settle(now)
            return raw
        self._beating = raw
        self._deadline = now + self._habits.wait
        return raw

    def _all(self, now: float) -> bytes:
        """Return everything, for one that waits for nothing."""
        written = b""
        while self._buffer:
            waiting = self._buffer.popleft()
            waiting.count.sent += 1
            waiting.count.unasked += 1
            written += b"".join(waiting.parts)
        self._settle(now)
        return written

    def _send(self, waiting: _Waiting, now: float) -> bytes:
        first = waiting.reached == 0
        waiting.count.sent += first
        waiting.count.repeats += waiting.part < waiting.reached
        waiting.reached = max(waiting.reached, waiting.part + 1)
        waiting.tries += 1
        self._in_flight = True
        self._deadline = now + self._habits.wait
        if first and waiting.damaged:
            waiting.count.damaged += 1
            return damaged(waiting.raw)
        return waiting.raw
