"""Exprecium: the conversation, in which 06h takes a line; without it the line comes for ever."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of
from receivers.exprecium.framing import framer
from receivers.options import LETTERS
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_session"]

OPTIONS: Mapping[str, Option] = MappingProxyType({"letters": LETTERS, **ANSWER_OPTIONS})

_REFUSALS = 3


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    answers = answers_of(conversation.options, OPTIONS, refusals=_REFUSALS)
    return ByteSession(framer(), answers)
