"""What a session reports: frames, heartbeats and what was garbled.

A bad frame is an event and not an exception: noise is ordinary, its bytes are evidence, and
raising would lose what the same read completed before it.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["Event", "Fault", "Frame", "Garbled", "Heartbeat"]


class Fault(Enum):
    """Why bytes are garbled, or a frame is kept without being acknowledged."""

    NO_TERMINATOR = "no_terminator"  # longer than any frame without an end
    CUT = "cut"  # the connection or a silence ended it in the middle
    CHECKSUM = "checksum"  # the check value does not agree
    LENGTH = "length"  # the length field does not agree
    SHAPE = "shape"  # not the layout of this protocol
    NOISE = "noise"  # bytes between frames
    UNDECRYPTABLE = "undecryptable"  # encrypted, and no key we have opens it
    OLD_KEY = "old_key"  # encrypted, under a key that had ended
    EARLY_KEY = "early_key"  # encrypted, under a key that had not begun
    NOT_ENCRYPTED = "not_encrypted"  # plain, from an account that has a key
    STALE = "stale"  # encrypted, outside the time window
    REPLAYED = "replayed"  # encrypted, older than what this panel sent before
    FOREIGN = "foreign"  # a port scan, HTTP, a TLS hello
    UNKNOWN_NUMBER = "unknown_number"  # good, on a listener that answers known numbers only


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame.  ``raw`` is every byte of it as received, start and end included.

    ``repeat``: the same frame was sent before on this path and came again; it is stored again,
    acknowledged and marked.  ``poll``: a bare link test, which says only that the account's path
    lives.  ``fault``: it is stored and must not be acknowledged.  ``suspect``: acknowledged, but it
    may be a copy of an older frame.  ``number``: the number on the wire, as text, where the session
    had to read it.  ``context`` are frames that came before on
    this connection, each an entry of its own, without which this one does not say what it means
    (whose event it is); it is kept beside the entry in hexadecimal and given to the decoder as
    the option ``context``.
    """

    raw: bytes
    number: str = ""
    repeat: bool = False
    poll: bool = False
    fault: Fault | None = None
    context: bytes = b""
    suspect: bool = False


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A sign of life of the receiver itself, stored and acknowledged like a frame."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Garbled:
    """Bytes that are no frame: stored, never acknowledged."""

    raw: bytes
    fault: Fault


Event = Frame | Heartbeat | Garbled
