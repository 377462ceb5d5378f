"""Osborne-Hoffman: the conversation, as far as it is known: a word with its quotes takes a line."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.byte_answers import Answers, ByteSession
from receivers.oh.framing import framer
from receivers.oh.message import ANSWER
from receivers.options import bytes_option, read_bytes
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_session"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "answer": bytes_option(
            ANSWER.hex().upper(),
            'The answer to a line, in hexadecimal; the default is "ACK" with its quotes.',
        )
    }
)


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection."""
    return ByteSession(framer(), Answers(taken=read_bytes(conversation.options, OPTIONS, "answer")))
