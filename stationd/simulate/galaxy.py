"""The blocks of a Honeywell Galaxy panel that reports in SIA over TCP, without a receiver.

A call is an account block, event and text blocks, and block 0; each waits for an 8.
"""

from collections.abc import Callable

from stationd.simulate.happening import Event, Stamp

__all__ = ["END", "REJECTED", "TAKEN", "block", "writer"]

_ASKS = 0x40
_LONGEST = 63
_WITH_MODIFIERS = 2
_WITH_TEXT = 3


def block(function: str, data: str = "") -> bytes:
    """Return header, function, data and the byte that makes the XOR of all FFh."""
    content = data.encode("ascii")[:_LONGEST]
    body = bytes((_ASKS | len(content),)) + function.encode("ascii") + content
    parity = 0xFF
    for byte in body:
        parity ^= byte
    return body + bytes((parity,))


def writer(*, level: int) -> Callable[[Event, Stamp], tuple[bytes, ...]]:
    """Return what writes a call at a SIA level: 2 adds modifiers, 3 a block of text."""

    def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
        what = event.what
        front = f"ti{stamp.at:%H:%M}/ri1/" if level >= _WITH_MODIFIERS else ""
        place = f"{what.place:02d}" if what.place else ""
        blocks = [block("#", event.number), block("N", f"{front}{what.sia}{place}")]
        if level >= _WITH_TEXT and what.text:
            blocks.append(block("A", what.text))
        return tuple(blocks)

    return write


END = block("0")
"""End of data: the panel hangs up once it is acknowledged."""

TAKEN = (bytes.fromhex("403887"), bytes.fromhex("0038c7"))
REJECTED = (bytes.fromhex("403986"), bytes.fromhex("0039c6"))
