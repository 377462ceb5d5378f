"""Sur-Gard: the conversation, in which 06h takes a frame."""

from receivers.byte_answers import ByteSession, answers_of
from receivers.options import read_bytes, read_count
from receivers.session import Conversation, Options
from receivers.surgard.framing import framer
from receivers.surgard.message import OPTIONS

__all__ = ["gap", "open_session"]

# System 5 gives an event up after 26 refusals, others after 20.
_REFUSALS = 10


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    options = conversation.options
    end = read_bytes(options, OPTIONS, "end")
    return ByteSession(framer(end), answers_of(options, OPTIONS, refusals=_REFUSALS))


def gap(options: Options) -> float | None:
    """Return the seconds of silence that end a frame, where nothing else does."""
    if read_bytes(options, OPTIONS, "end"):
        return None
    return read_count(options, OPTIONS, "gap_ms") / 1000
