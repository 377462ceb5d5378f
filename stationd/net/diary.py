"""Entries of our own and whatever nobody can be asked to send again, kept until committed.

A link that went down while the journal was away still has to be told, and a tap's sender will not
repeat.  So these wait here, in order and in bounded number, and are submitted again until they are
committed.  What does not fit is counted in a `hole` entry.
"""

from collections import deque
from collections.abc import Callable, Sequence

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from archive.canonical import JsonValue, encode
from stationd.clock import Clock
from stationd.ids import Ids
from stationd.journal.model import Draft, Kind, Receipt, encode_body
from stationd.net.committer import Submitter
from stationd.net.reactor import Delays

__all__ = ["Diary"]

MOST_KEPT = 10_000
RETRY_SECONDS = 1.0


class Diary:
    """Writes what happened to us, and does not forget it while the journal is away."""

    _log = Logger()

    def __init__(
        self,
        submit: Callable[[Sequence[bytes], Submitter], None],
        *,
        reactor: Delays,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._submit = submit
        self._reactor = reactor
        self._clock = clock
        self._ids = ids
        self._kept: deque[tuple[bytes, bool]] = deque()
        self._whole = 0
        self._lost = 0
        self._busy = False
        self._closed = False
        self._empty: list[Deferred[None]] = []

    def write(
        self,
        kind: Kind,
        note: dict[str, JsonValue],
        *,
        listener: str = "",
        peer: str = "",
        at: int | None = None,
    ) -> None:
        """Write an entry of ours; ``at`` is when it happened where that is not now."""
        draft = Draft(
            received_at=self._clock.now_ns() if at is None else at,
            ticks=self._clock.ticks(),
            listener=listener,
            peer=peer,
            kind=kind,
            raw=b"",
            note=encode(note),
            salt=self._ids.salt(),
        )
        self.keep([encode_body(draft)])

    def keep(self, bodies: Sequence[bytes], *, whole: bool = False) -> None:
        """Take over ``bodies``, to be committed as soon as it can be.

        ``whole``: all of them, however many wait; for what is bounded by itself.
        """
        if self._closed:
            return
        for body in bodies:
            if whole or len(self._kept) - self._whole < MOST_KEPT:
                self._kept.append((body, whole))
                self._whole += whole
            else:
                self._lost += 1
        self._send()

    def close(self) -> None:
        """Take nothing more: the last entry has been written."""
        self._closed = True

    def empty(self) -> Deferred[None]:
        """Return a Deferred that fires once all of it is committed."""
        done: Deferred[None] = Deferred()
        if self._kept or self._busy:
            self._empty.append(done)
        else:
            done.callback(None)
        return done

    def _send(self) -> None:
        if self._busy or not self._kept:
            return
        self._busy = True
        self._submit([body for body, _ in self._kept], self)

    def committed(self, receipts: Sequence[Receipt]) -> None:
        """Forget what is committed."""
        self._busy = False
        for _ in receipts:
            _, whole = self._kept.popleft()
            self._whole -= whole
        if self._lost:
            lost, self._lost = self._lost, 0
            self._log.error("entries_lost", count=lost)
            self.write(Kind.HOLE, {"cause": "more than could be kept", "count": lost})
        self._send()
        if not self._kept:
            fired, self._empty = self._empty, []
            for done in fired:
                done.callback(None)

    def failed(self, failure: Failure) -> None:
        """Try again later: the committer has told of it."""
        self._reactor.callLater(RETRY_SECONDS, self._again)

    def _again(self) -> None:
        self._busy = False
        self._send()
