"""Sur-Gard: the conversation, in which 06h takes a frame."""

from receivers.byte_answers import REFUSAL, Answers, ByteSession
from receivers.session import Conversation
from receivers.surgard.framing import Framer

__all__ = ["open_session"]


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    options = conversation.options
    answers = Answers(
        damaged=REFUSAL if options.get("nak") == "damaged" else b"",
        once=options.get("copies") == "once",
    )
    return ByteSession(Framer(), answers)
