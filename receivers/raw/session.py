"""Raw: the conversation, in which every frame gets the answer that the options name.

There is no refusal, for nothing is known by which a frame could be judged.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers.byte_answers import Answers, ByteSession
from receivers.options import read_bytes, read_word
from receivers.raw.framing import framer
from receivers.raw.options import ECHO, OPTIONS
from receivers.session import Conversation, Option

__all__ = ["DMP_OPTIONS", "OPTIONS", "open_dmp", "open_session"]

DMP_OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        **OPTIONS,
        "end": replace(OPTIONS["end"], help="What the receiver's template ends with, in hex."),
        "start": replace(OPTIONS["start"], help="The start character, in hex, if one is set."),
        "answer": replace(
            OPTIONS["answer"], help="The acknowledgement that is set at the receiver, in hex."
        ),
    }
)
"""The same options, in the words of a DMP receiver's menu."""


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection or line."""
    options = conversation.options
    if read_word(options, OPTIONS, "answer") == ECHO:
        return ByteSession(framer(options), Answers(taken=b"", echo=True))
    return ByteSession(framer(options), Answers(taken=read_bytes(options, OPTIONS, "answer")))


open_dmp = open_session
