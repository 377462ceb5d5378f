"""A DC-09 panel's side of the conversation, without the connection.

One message is in flight at a time, under the next sequence number.  It is repeated with the same
bytes until its acknowledgement comes: same sequence, receiver, prefix and account, right check
value, and encrypted (with a time) if the message was.  A NAK carries the receiver's time: the
panel corrects its clock and sends the message anew.  A DUH ends the message for good.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from stationd.clock import Clock
from stationd.simulate import dc09
from stationd.simulate.tally import Count, Tally

__all__ = ["Habits", "Panel", "Said"]

_LAST_SEQUENCE = 9999
_REFUSALS_PER_MESSAGE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How a panel waits, in seconds; ``poll_every`` None: it sends no link tests.

    After ``repeats`` it gives the path up for ``pause``, and then tries the same message again.
    ``slow`` is how much the panel's clock is behind until a NAK corrects it.
    """

    wait: float = 5.0
    repeats: int = 3
    pause: float = 10.0
    poll_every: float | None = None
    slow: timedelta = timedelta(0)
    stamps: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One event to be sent; ``damaged``: the first copy has a wrong check value."""

    token: str
    content: str
    extended: tuple[str, ...] = ()
    damaged: bool = False


@dataclass(slots=True)
class _Waiting:
    said: Said
    count: Count
    message: dc09.Message | None = None
    raw: bytes = b""
    sent: int = 0
    tries: int = 0
    refusals: int = 0


class Panel:
    """The conversation: `take` events, write what `receive` and `tick` return."""

    def __init__(
        self,
        number: str,
        tally: Tally,
        habits: Habits,
        *,
        clock: Clock,
        random: Callable[[int], bytes],
        key: bytes | None = None,
    ) -> None:
        self._number = number
        self._tally = tally
        self._habits = habits
        self._clock = clock
        self._random = random
        self._key = key
        self._behind = habits.slow
        self._sequence = 0
        self._buffer: deque[_Waiting] = deque()
        self._heard = bytearray()
        self._open = False
        self._in_flight = False
        self._next_at = 0.0
        self._spoke_at = 0.0

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is in flight."""
        return not self._buffer

    @property
    def leaves(self) -> bool:
        """One that connects for what it has to say wants to hang up."""
        return self.idle

    @property
    def due(self) -> float | None:
        """When `tick` must be called; None: not before something else happens."""
        if not self._open:
            return None
        if self._buffer:
            return self._next_at
        if self._habits.poll_every is None:
            return None
        return self._spoke_at + self._habits.poll_every

    def take(self, said: Said) -> None:
        """Put an event into the buffer."""
        count = self._tally.of(self._number)
        count.events += 1
        self._buffer.append(_Waiting(said, count))

    def opened(self, now: float) -> None:
        """Begin on a fresh connection."""
        self._open = True
        self._heard.clear()
        self._next_at = self._spoke_at = now

    def closed(self) -> None:
        """Forget what was in flight; it goes first on the next connection."""
        self._open = self._in_flight = False

    def receive(self, data: bytes, now: float) -> bytes:
        """Take bytes in, return what is to be written."""
        self._heard += data
        written = b""
        for raw in dc09.split(self._heard):
            try:
                answer = dc09.read_answer(raw, self._key)
            except dc09.AnswerError as error:
                self._tally.complain(f"{self._number}: {error}")
            else:
                written += self._answered(answer, now)
        return written + self._next(now)

    def tick(self, now: float) -> bytes:
        """Do what has come due, return what is to be written."""
        polls = self._habits.poll_every
        if self._open and not self._buffer and polls is not None and now >= self._spoke_at + polls:
            self._tally.polls.events += 1
            self._buffer.append(_Waiting(Said(token="NULL", content=""), self._tally.polls))
            self._next_at = now
        return self._next(now)

    def _answered(self, answer: dc09.Answer, now: float) -> bytes:
        waiting = self._buffer[0] if self._in_flight else None
        if waiting is None or waiting.message is None:
            self._tally.complain(f"{self._number}: {answer.token} with nothing in flight")
        elif answer.token == "NAK":
            return self._corrected(waiting, answer, now)
        elif answer.header != waiting.message.header:
            wanted = waiting.message.header
            self._tally.complain(f"{self._number}: {answer.header} answers {wanted}")
        elif answer.token == "ACK" and answer.encrypted != (self._key is not None):
            self._tally.complain(f"{self._number}: acknowledged in the wrong cipher")
        elif answer.token in {"ACK", "DUH"}:
            if answer.token == "ACK":
                waiting.count.acknowledged += 1
                self._tally.note(self._number, (waiting.raw,))
            waiting.count.refused += answer.token == "DUH"
            self._settle(now)
            self._buffer.popleft()
        else:
            self._tally.complain(f"{self._number}: {answer.token} is no answer it knows")
        return b""

    def _corrected(self, waiting: _Waiting, answer: dc09.Answer, now: float) -> bytes:
        """Set the panel's clock by a NAK and send the message under its new time."""
        waiting.count.refused += 1
        waiting.refusals += 1
        if answer.stamp is None:
            self._tally.complain(f"{self._number}: a NAK without a time")
            return b""
        self._behind = self._clock.now() - answer.stamp
        waiting.raw = b""
        if waiting.refusals > _REFUSALS_PER_MESSAGE:
            self._give_up(waiting, now)
            return b""
        return self._send(waiting, now)

    def _next(self, now: float) -> bytes:
        if not self._open or not self._buffer or now < self._next_at:
            return b""
        waiting = self._buffer[0]
        if not self._in_flight:
            return self._send(waiting, now)
        waiting.count.silences += 1
        if waiting.tries <= self._habits.repeats:
            return self._send(waiting, now)
        self._give_up(waiting, now)
        return b""

    def _give_up(self, waiting: _Waiting, now: float) -> None:
        waiting.tries = waiting.refusals = 0
        waiting.raw = b""  # a later try has its own time
        self._settle(now)
        self._next_at = now + self._habits.pause

    def _settle(self, now: float) -> None:
        self._in_flight = False
        self._next_at = now

    def _send(self, waiting: _Waiting, now: float) -> bytes:
        first = waiting.sent == 0
        if not waiting.raw:
            waiting.message = waiting.message or self._message(waiting.said)
            waiting.raw = self._encoded(waiting.message)
        waiting.count.sent += first
        waiting.count.repeats += not first
        waiting.sent += 1
        waiting.tries += 1
        self._in_flight = True
        self._spoke_at = now
        self._next_at = now + self._habits.wait
        if first and waiting.said.damaged:
            waiting.count.damaged += 1
            return _with_wrong_check(waiting.raw)
        return waiting.raw

    def _message(self, said: Said) -> dc09.Message:
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        return dc09.Message(
            token=said.token,
            sequence=self._sequence,
            number=self._number,
            content=said.content,
            extended=said.extended,
        )

    def _encoded(self, message: dc09.Message) -> bytes:
        stamped = self._habits.stamps or self._key is not None
        return dc09.encode(
            message,
            stamp=self._clock.now() - self._behind if stamped else None,
            key=self._key,
            random=self._random,
        )


def _with_wrong_check(raw: bytes) -> bytes:
    """Return the frame with another first digit in its check value."""
    return raw[:1] + (b"1" if raw[1:2] == b"0" else b"0") + raw[2:]
