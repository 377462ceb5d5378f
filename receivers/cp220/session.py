"""CP-220: the conversation, all of whose bytes are programmed at the receiver.

As it leaves the factory it waits for no acknowledgement; so by default none is sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of
from receivers.cp220.framing import framer
from receivers.options import bytes_option, read_bytes
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_session"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "end": bytes_option("0D", "The terminator set at the receiver, in hexadecimal."),
        "time_header": bytes_option(
            "", "The character set at the receiver before date and time, in hexadecimal."
        ),
        **ANSWER_OPTIONS,
        "answer": replace(
            ANSWER_OPTIONS["answer"],
            default="",
            help="The ACK character set at the receiver, in hexadecimal; empty: it is off there.",
        ),
    }
)

# It repeats ten times and then declares the computer failed.
_REFUSALS = 9


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one serial line."""
    options = conversation.options
    lines = framer(read_bytes(options, OPTIONS, "end"), read_bytes(options, OPTIONS, "time_header"))
    return ByteSession(lines, answers_of(options, OPTIONS, refusals=_REFUSALS))
