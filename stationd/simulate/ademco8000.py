"""The packets of an MX8000 in its own protocol (Ademco 8000), and those of the SK9000.

A packet ends in its V-byte and CR.  A call that is too long goes out in parts under one header;
all but the last have a comma before the V-byte.
"""

from collections.abc import Sequence

from stationd.simulate.happening import Event, Happening, Stamp

__all__ = [
    "beat",
    "call",
    "packet",
    "sk9000_call",
    "sk9000_system",
    "sk9000_trouble",
    "sk9000_write",
    "system",
    "trouble",
    "write",
]

_LONGEST = 128
_SK9000_LONGEST = 70
_ENDS = 3  # the comma of a part that has another behind it, V-byte, CR
_LOST, _RESTORED = "{", "}"  # 7Bh and 7Dh: computer trouble, and its end


def write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return the packets of an event in the protocol of the MX8000."""
    return call(event.number, (_coded(event.what),), stamp)


def call(
    number: str, events: Sequence[str], stamp: Stamp, *, listen_in: int | None = None
) -> tuple[bytes, ...]:
    """Return the packets of a call on line card 01 with SIA events (format 004)."""
    front = f"{_header('&', stamp)}00401\x05{number}"
    tail = "" if listen_in is None else f"*{listen_in:03d}"
    return _cut(front, events, tail, _LONGEST)


def system(code: str, stamp: Stamp) -> bytes:
    """Return what the receiver says of itself: a code byte and its parameters."""
    return packet(f"{_header(chr(2), stamp)}{code}")


def trouble(stamp: Stamp, lost: bool) -> bytes:  # noqa: FBT001  (the voice's shape)
    """Return computer trouble, or its end."""
    return system(_LOST if lost else _RESTORED, stamp)


def beat(stamp: Stamp) -> bytes:
    """Return a heartbeat; its body stands in no manual seen, so it has the header of others."""
    return packet(_header("\x03", Stamp(0, stamp.at)))


def sk9000_write(event: Event, stamp: Stamp) -> tuple[bytes, ...]:
    """Return the packets of an event in the SK9000 protocol."""
    return sk9000_call(event.number, (_coded(event.what),), stamp)


def sk9000_call(number: str, events: Sequence[str], stamp: Stamp) -> tuple[bytes, ...]:
    """Return the packets of a call in format 5 on line card 1; they have no number."""
    front = f"{_short_header(chr(0x27), stamp)}51\x05{number}"
    return _cut(front, events, "", _SK9000_LONGEST)


def sk9000_system(code: str, stamp: Stamp) -> bytes:
    """Return what the receiver says of itself."""
    return packet(f"{_short_header(chr(1), stamp)}{code}")


def sk9000_trouble(stamp: Stamp, lost: bool) -> bytes:  # noqa: FBT001  (the voice's shape)
    """Return computer trouble, or its end."""
    return sk9000_system(_LOST if lost else _RESTORED, stamp)


def packet(text: str) -> bytes:
    """Return ``text`` with the byte that makes its sum agree, and CR."""
    body = text.encode("latin-1")
    check = 0
    for byte in body:
        # Add, clear bit 7, set bit 6: as the manual has it.
        check = ((check + byte) & 0x7F) | 0x40
    return body + bytes((check, 0x0D))


def _coded(what: Happening) -> str:
    return what.sia + (f"{what.place:02d}" if what.place else "")


def _header(kind: str, stamp: Stamp) -> str:
    return f'{kind}{stamp.at:%m%d%y"%H%M%S}"01"{stamp.sequence:04d}"'


def _short_header(kind: str, stamp: Stamp) -> str:
    return f'{kind}{stamp.at:%m%d%y"%H%M}"'


def _cut(front: str, events: Sequence[str], tail: str, longest: int) -> tuple[bytes, ...]:
    """Return packets of at most ``longest`` bytes, each with the whole front."""
    bodies = [front]
    for event in events:
        said = f'"{event}'
        if len(bodies[-1]) + len(said) + len(tail) + _ENDS > longest:
            bodies.append(front)
        bodies[-1] += said
    whole = [f"{body}," for body in bodies[:-1]] + [bodies[-1] + tail]
    return tuple(packet(each) for each in whole)
