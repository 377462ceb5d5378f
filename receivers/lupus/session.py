"""Contact ID over TCP: the conversation, in which 06h takes a string whose check digit is good."""

from receivers.byte_answers import Answers, ByteSession
from receivers.lupus.framing import framer
from receivers.session import Conversation

__all__ = ["open_session"]


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection."""
    return ByteSession(framer(), Answers())
