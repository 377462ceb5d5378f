"""Cutting frames that are known by how they begin, in bounded memory.

Some protocols end a frame with no byte of its own, or with one that may also stand in its check
value.  There the next place that looks like a beginning is sought; what stands before it is noise.
"""

import re
from collections.abc import Callable

from receivers.events import Event, Fault, Garbled

__all__ = ["SeekingFramer"]

End = Callable[[bytes, int], int | None]
"""Where the frame ends that begins at a place of a buffer; None: not all of it is there."""


class SeekingFramer:
    """Cut frames that begin where ``begins`` matches and end where ``end`` says.

    ``undecided`` is how many last bytes of a stream may be the start of a beginning.  Noise of
    more than ``limit`` bytes is reported once, and dropped up to the next beginning.
    """

    def __init__(
        self,
        *,
        begins: re.Pattern[bytes],
        undecided: int,
        end: End,
        judge: Callable[[bytes], Event],
        limit: int,
        idle: bytes = b"",
    ) -> None:
        self._begins = begins
        self._undecided = undecided
        self._end = end
        self._judge = judge
        self._limit = limit
        self._idle = idle
        self._buffer = b""
        self._dropping = False

    def receive(self, data: bytes) -> list[Event]:
        """Take bytes in, give the events they complete."""
        buffer = self._buffer + data if self._buffer else data
        events: list[Event] = []
        position = 0
        while (found := self._begins.search(buffer, position)) is not None:
            self._noise(buffer[position : found.start()], events)
            position, self._dropping = found.start(), False
            end = self._end(buffer, position)
            if end is None:
                self._buffer = buffer[position:]
                return events
            events.append(self._judge(buffer[position:end]))
            position = end
        self._keep(buffer[position:], events)
        return events

    def ended(self) -> list[Event]:
        """Give what is unfinished, and begin anew."""
        rest, dropping = self._buffer, self._dropping
        self._buffer, self._dropping = b"", False
        return [Garbled(rest, Fault.CUT)] if rest.strip(self._idle) and not dropping else []

    def _noise(self, raw: bytes, events: list[Event]) -> None:
        """Report what stands before a beginning."""
        raw = raw.lstrip(self._idle)
        if raw and not self._dropping:
            events.append(Garbled(raw[: self._limit], Fault.NOISE))

    def _keep(self, rest: bytes, events: list[Event]) -> None:
        """Keep what may yet become a frame, and report noise that has grown too long."""
        decided = max(len(rest) - self._undecided, 0)
        noise, rest = rest[:decided].lstrip(self._idle), rest[decided:]
        if not self._dropping and len(noise) >= self._limit:
            self._noise(noise, events)
            self._dropping = True
        self._buffer = rest if self._dropping else noise + rest
