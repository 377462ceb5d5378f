"""Many small submissions into few transactions, and never more waiting than memory bears.

While one transaction runs in the writer's thread, what arrives waits; it then goes into the next
one together.  A quiet station commits each signal alone and at once, a busy one shares the cost
of the disk: no timer, nothing to tune but the largest batch.

What waits is bounded.  Beyond the bound every `Valve` is closed: edges stop reading, the kernel's
buffers fill, and the peers wait.  Nothing is thrown away here.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from stationd.clock import Clock
from stationd.journal.model import Receipt
from stationd.net.thread import InThread
from stationd.net.valve import Valve

__all__ = ["Append", "Committer", "Submitter"]

Append = Callable[[Sequence[bytes]], list[Receipt]]
Back = Callable[[int, str], None]

SLOW_NS = 10 * 10**9
"""A wait after which receivers have given up their tries: no better than a refusal."""

MOST_BYTES = 64 * 2**20
"""Bytes that may wait, whatever their number: a flood of the longest frames must fit as well."""


class Submitter(Protocol):
    """Who is told, once and in the reactor's thread, what became of a submission.

    A Deferred for each would cost a fifth of what an acknowledgement costs.
    """

    def committed(self, receipts: Sequence[Receipt]) -> None:
        """All of the submission is committed; here are its receipts."""

    def failed(self, failure: Failure) -> None:
        """Nothing of it is, and nothing may be acknowledged."""


_Submission = tuple[Sequence[bytes], Submitter, int, int]
"""Bodies, who is told, the ticks when it came, and the bodies' bytes."""


class Committer:
    """Hands what waits to ``append`` in the writer's thread, a transaction at a time."""

    _log = Logger()

    def __init__(
        self,
        append: Append,
        *,
        in_thread: InThread,
        clock: Clock,
        largest_batch: int,
        most_waiting: int,
        back: Back | None = None,
    ) -> None:
        """``back`` is told since when (nanoseconds) the journal took nothing, and why."""
        self._back = back
        self._refusing: int | None = None
        self._append = append
        self._in_thread = in_thread
        self._clock = clock
        self._largest_batch = largest_batch
        self._most_waiting = most_waiting
        self._waiting: deque[_Submission] = deque()
        self._running: list[_Submission] = []
        self._count = 0
        self._bytes = 0
        self._valves: set[Valve] = set()
        self._full = False
        self._failing = False
        self._committed: int | None = None
        self._idle: list[Deferred[None]] = []

    def submit(self, bodies: Sequence[bytes], submitter: Submitter) -> None:
        """Commit ``bodies``, in one transaction and in order, and tell ``submitter`` of it."""
        size = len(bodies[0]) if len(bodies) == 1 else sum(map(len, bodies))
        self._waiting.append((bodies, submitter, self._clock.ticks(), size))
        self._count += len(bodies)
        self._bytes += size
        if not self._running:
            self._start()
        elif not self._full and (self._count > self._most_waiting or self._bytes > MOST_BYTES):
            self._full = True
            self._log.warn("intake_paused", waiting=self._count)
            for valve in self._valves:
                valve.close("committer")

    @property
    def waiting(self) -> int:
        """Entries submitted and not committed yet."""
        return self._count

    @property
    def failing(self) -> bool:
        """Whether the last transaction failed."""
        return self._failing

    def committed(self) -> int | None:
        """Return the ticks of the last commit; None: there was none, or a later one failed."""
        return self._committed

    def oldest_ns(self) -> int:
        """Return the age of the oldest submission that waits, in nanoseconds; 0: none waits."""
        oldest = self._running or self._waiting
        return self._clock.ticks() - oldest[0][2] if oldest else 0

    def idle(self) -> Deferred[None]:
        """Return a Deferred that fires when nothing waits any more."""
        done: Deferred[None] = Deferred()
        if self._running:
            self._idle.append(done)
        else:
            done.callback(None)
        return done

    def add(self, valve: Valve) -> None:
        """Let ``valve`` be closed while too much waits."""
        self._valves.add(valve)
        if self._full:
            valve.close("committer")

    def remove(self, valve: Valve) -> None:
        """Forget ``valve``: its transport is gone."""
        self._valves.discard(valve)

    def _start(self) -> None:
        batch: list[_Submission] = []
        bodies: list[bytes] = []
        while self._waiting and (
            not batch or len(bodies) + len(self._waiting[0][0]) <= self._largest_batch
        ):
            submission = self._waiting.popleft()
            batch.append(submission)
            bodies += submission[0]
        self._running = batch
        running = self._in_thread(lambda: self._append(bodies))
        running.addCallbacks(self._succeeded, self._failed)
        running.addErrback(self._surprised)

    def _succeeded(self, receipts: list[Receipt]) -> None:
        if self._failing:
            self._failing = False
            self._log.warn("journal_back")
        self._committed = self._clock.ticks()
        took_nothing = self._took_nothing()
        batch = self._finish()
        at = 0
        for bodies, submitter, _, _ in batch:
            end = at + len(bodies)
            try:
                submitter.committed(receipts[at:end])
            except Exception:  # noqa: BLE001  (one submitter's fault must not silence the others)
                self._log.failure("submitter_fault")
            at = end
        if took_nothing is not None and self._back is not None:
            self._back(*took_nothing)

    def _took_nothing(self) -> tuple[int, str] | None:
        """Return since when nothing was committed, and why; None: all is well."""
        refusing, self._refusing = self._refusing, None
        if refusing is not None:
            return refusing, "the journal took nothing"
        if self._clock.ticks() - self._running[0][2] >= SLOW_NS:
            return self._begun(), "the journal was slow"
        return None

    def _begun(self) -> int:
        """Return when the oldest of the running submissions came."""
        return self._clock.now_ns() - (self._clock.ticks() - self._running[0][2])

    def _failed(self, failure: Failure) -> None:
        self._committed = None
        if self._refusing is None:
            self._refusing = self._begun()
        if not self._failing:
            self._failing = True
            self._log.error("journal_unavailable", why=failure.getErrorMessage())
        for _, submitter, _, _ in self._finish():
            try:
                submitter.failed(failure)
            except Exception:  # noqa: BLE001  (likewise)
                self._log.failure("submitter_fault")

    def _surprised(self, failure: Failure) -> None:
        self._log.failure("committer_fault", failure)

    def _finish(self) -> list[_Submission]:
        """End the running transaction, start the next, and return what the first one held.

        The next one runs in its thread while this thread still answers for the first.
        """
        batch, self._running = self._running, []
        for bodies, _, _, size in batch:
            self._count -= len(bodies)
            self._bytes -= size
        if self._full and self._count <= self._most_waiting // 2 and self._bytes < MOST_BYTES // 2:
            self._full = False
            for valve in self._valves:
                valve.open("committer")
        if self._waiting:
            self._start()
        elif self._idle:
            self._nothing_waits()
        return batch

    def _nothing_waits(self) -> None:
        fired, self._idle = self._idle, []
        for done in fired:
            done.callback(None)
