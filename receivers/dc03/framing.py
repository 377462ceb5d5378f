"""DC-03: blocks cut by the length in their header, judged by their column parity.

There is no start mark.  A byte that no known function character follows is noise, and so is one
with the bit of the reverse channel, on which no panel sends; so the next block after noise is
found again.  A block whose parity is wrong is garbled as a whole.

A panel whose maker's own encryption is on begins its connection with 05h 01h; nothing of what
follows can be read.
"""

import re

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer
from receivers.seeking import SeekingFramer
from receivers.sia import block_length, read_block

__all__ = ["ENCRYPTED", "LIMIT", "framer"]

LIMIT = 66
"""The longest block: header, function, 63 bytes, parity."""

ENCRYPTED = b"\x05\x01"
"""What a connection begins with that is encrypted by the panel."""

_BLOCK = re.compile(rb"[\x00-\x7f][012346789#&NOEA@?XCPLIVv\x08\x09]")


def framer() -> Framer:
    """Return a framer of DC-03 blocks."""
    return _BlockFramer()


class _BlockFramer:
    def __init__(self) -> None:
        self._blocks = SeekingFramer(
            begins=_BLOCK, undecided=1, end=_end, judge=_judged, limit=LIMIT
        )
        self._head: bytes | None = b""
        self._encrypted = False

    def receive(self, data: bytes) -> list[Event]:
        if self._encrypted:
            return []
        if self._head is None:
            return self._blocks.receive(data)
        head = self._head + data
        if len(head) < len(ENCRYPTED):
            self._head = head
            return []
        self._head = None
        if head.startswith(ENCRYPTED):
            self._encrypted = True
            return [Garbled(ENCRYPTED, Fault.UNDECRYPTABLE)]
        return self._blocks.receive(head)

    def ended(self) -> list[Event]:
        if self._encrypted:
            return []
        events = self._blocks.receive(self._head) if self._head else []
        self._head = None
        return events + self._blocks.ended()


def _end(buffer: bytes, position: int) -> int | None:
    end = position + block_length(buffer[position])
    return end if len(buffer) >= end else None


def _judged(raw: bytes) -> Event:
    return Frame(raw) if read_block(raw) else Garbled(raw, Fault.CHECKSUM)
