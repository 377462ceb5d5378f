"""Copies that wait until `stationd` says that they are committed, in bounded memory.

What passes on the line never waits for anything here.  Copies that no longer fit are counted, and
the count stands in the stream where they would have stood.

They are kept as the bytes that go over the socket: a hundred thousand objects that the garbage
collector has to look through would hold the line up for milliseconds at a time.
"""

from collections import deque
from collections.abc import Iterator

from stationd.relaying.wire import Copy, Lost, What, encode_copy

__all__ = ["COST", "CopyBuffer"]

COST = 64
"""Bytes a copy is reckoned at beside its own: small copies must not outgrow the bound either."""

_ROOM_AGAIN = 0.75
"""Once full, the share at which copies are kept again: a hole is one hole, not a thousand."""


class CopyBuffer:
    """The copies of one line that are not committed yet, in order, numbered without a break.

    `unsent` gives what was not handed over on this connection; `confirm` forgets; `rewind` begins
    anew for a new connection.
    """

    __slots__ = ("_again", "_limit", "_lost", "_number", "_sent", "_size", "_unsent")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._sent: deque[bytes] = deque()
        self._unsent: deque[bytes] = deque()
        self._size = 0
        self._number = 0
        self._again = 0
        self._lost: Lost | None = None

    @property
    def size(self) -> int:
        """Bytes that the copies are reckoned at."""
        return self._size

    @property
    def waiting(self) -> int:
        """How many copies are not known to be committed."""
        return len(self._sent) + len(self._unsent)

    @property
    def losing(self) -> bool:
        """Whether copies are counted instead of kept."""
        return self._lost is not None

    @property
    def again(self) -> int:
        """How many copies are to be handed over though an earlier connection has had them."""
        return self._again

    def add(self, what: What, at: int, ticks: int, conversation: int, raw: bytes) -> bool:
        """Keep a copy, or count it where there is no room; tell whether it was kept."""
        self.settle(ticks)
        if self._lost is not None or self._size + len(raw) + COST > self._limit:
            self._count(at, len(raw))
            return False
        self._keep(what, at, ticks, conversation, raw)
        return True

    def settle(self, ticks: int) -> None:
        """Put a count that is open into the stream, once there is room."""
        lost = self._lost
        if lost is not None and self._size <= self._limit * _ROOM_AGAIN:
            self._lost = None
            self._keep(What.HOLE, lost.last, ticks, 0, lost.encode())

    def unsent(self) -> Iterator[bytes]:
        """Yield, and take as handed over, the copies that were not on this connection."""
        while self._unsent:
            copy = self._unsent.popleft()
            self._sent.append(copy)
            self._again = max(0, self._again - 1)
            yield copy

    def confirm(self, number: int) -> None:
        """Forget the copies up to ``number``; what was not handed over cannot be committed."""
        while self._sent and self._number - self.waiting + 1 <= number:
            self._size -= len(self._sent.popleft()) + COST

    def rewind(self) -> None:
        """Hand everything over anew: the connection ended."""
        self._again += len(self._sent)
        self._sent += self._unsent
        self._sent, self._unsent = deque(), self._sent

    def _keep(self, what: What, at: int, ticks: int, conversation: int, raw: bytes) -> None:
        self._number += 1
        copy = encode_copy(
            Copy(
                what=what,
                number=self._number,
                at=at,
                ticks=ticks,
                conversation=conversation,
                raw=raw,
            )
        )
        self._size += len(copy) + COST
        self._unsent.append(copy)

    def _count(self, at: int, size: int) -> None:
        lost = self._lost
        self._lost = (
            Lost(count=1, size=size, first=at, last=at)
            if lost is None
            else Lost(count=lost.count + 1, size=lost.size + size, first=lost.first, last=at)
        )
