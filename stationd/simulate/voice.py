"""How a receiver speaks: what it writes, and what it takes for an answer.

Everything here is pure.  A voice is a handful of functions; the talker (`receiver`) decides when
they are asked.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from stationd.simulate.happening import Event, Stamp

__all__ = ["ACK", "NAK", "Answer", "Read", "Voice", "damaged", "echoed", "in_bytes"]

ACK = b"\x06"
NAK = b"\x15"


class Answer(Enum):
    """What came back."""

    TAKEN = "taken"  # the automation has taken what is in flight
    REFUSED = "refused"  # it wants it again
    STRANGE = "strange"  # bytes that are no answer


Read = Callable[[bytearray, bytes], Answer | None]
"""Take one answer off the front of what was heard, given what is in flight (empty: nothing).

None: what was heard is the beginning of an answer, or nothing.
"""


def in_bytes(taken: tuple[bytes, ...] = (ACK,), refused: tuple[bytes, ...] = (NAK,)) -> Read:
    """Return what reads fixed answers; what begins like none is strange, byte by byte."""
    kinds = [(each, Answer.TAKEN) for each in taken] + [(each, Answer.REFUSED) for each in refused]

    def read(heard: bytearray, in_flight: bytes) -> Answer | None:
        for said, answer in kinds:
            if heard.startswith(said):
                del heard[: len(said)]
                return answer
        if any(said.startswith(heard) for said, _ in kinds):
            return None
        del heard[:1]
        return Answer.STRANGE

    return read


def echoed(heard: bytearray, in_flight: bytes) -> Answer | None:
    """Read the answer of whoever sends back what was sent."""
    if not in_flight:
        return in_bytes((), ())(heard, in_flight) if heard else None
    return in_bytes((in_flight,), ())(heard, in_flight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """The bytes of one receiver.

    ``write`` gives the frames of an event; each must be taken before the next is sent.
    ``heartbeat``: a sign of life; None: there is none.  ``trouble``: what the receiver says of its
    computer once that is back, given whether it was lost (True) or is back (False).  ``end``: what
    closes a call in which nothing more is to be said.  ``questions``: what the automation may ask
    into a silence, and what is said to it.  ``checks``: damage is noticed by the other side.
    """

    write: Callable[[Event, Stamp], tuple[bytes, ...]]
    read: Read = field(default_factory=in_bytes)
    heartbeat: Callable[[Stamp], bytes] | None = None
    trouble: Callable[[Stamp, bool], bytes] | None = None
    end: bytes = b""
    questions: Mapping[bytes, bytes] = field(default_factory=dict)
    checks: bool = True


def damaged(raw: bytes) -> bytes:
    """Return ``raw`` as it arrives when one of its bytes has wrong parity: that comes as NUL."""
    place = 2 * len(raw) // 3
    return raw[:place] + b"\x00" + raw[place + 1 :]
