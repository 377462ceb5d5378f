"""DC-03: blocks cut by the length in their header, judged by their column parity.

There is no start mark.  A byte that no known function character follows is noise, and so is one
with the bit of the reverse channel, on which no panel sends; so the next block after noise is
found again.  A block whose parity is wrong is garbled as a whole.
"""

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer
from receivers.sia import block_length, read_block

__all__ = ["LIMIT", "framer"]

LIMIT = 66
"""The longest block: header, function, 63 bytes, parity."""

_REVERSE = 0x80
_FUNCTIONS = b"012346789#&NOEA@?XCPLIVv\x08\x09"


def framer() -> Framer:
    """Return a framer of DC-03 blocks."""
    return _BlockFramer()


class _BlockFramer:
    def __init__(self) -> None:
        self._buffer = b""

    def receive(self, data: bytes) -> list[Event]:
        buffer = self._buffer + data
        events: list[Event] = []
        position, noise = 0, 0
        while len(buffer) - position > 1:
            plausible = buffer[position] < _REVERSE and buffer[position + 1] in _FUNCTIONS
            if not plausible and position - noise < LIMIT:
                position += 1
                continue
            if position > noise:
                events.append(Garbled(buffer[noise:position], Fault.NOISE))
                noise = position
                continue
            end = position + block_length(buffer[position])
            if len(buffer) < end:
                break
            raw = buffer[position:end]
            events.append(Frame(raw) if read_block(raw) else Garbled(raw, Fault.CHECKSUM))
            position = noise = end
        self._buffer = buffer[noise:]
        return events

    def ended(self) -> list[Event]:
        rest, self._buffer = self._buffer, b""
        return [Garbled(rest, Fault.CUT)] if rest else []
