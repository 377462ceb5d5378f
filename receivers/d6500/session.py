"""D6500 mode: the conversation, in which 06h takes a line and 15h asks for it again.

A Bosch receiver skips a message that was refused three times in a row: a refusal can lose an
event.  So damage is refused only where the options say so, and never three times.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of
from receivers.d6500.framing import framer
from receivers.options import LETTERS, bytes_option, read_bytes
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_session"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "header": bytes_option(
            "", "The header character before each line, in hexadecimal, if it is not a space."
        ),
        "end": bytes_option("14", "The trailer behind each line, in hexadecimal."),
        "long_accounts": Option(
            default=False,
            help="The line character is the left part of the account (VisorALARM): number is "
            "line and account together.",
        ),
        "letters": replace(LETTERS, help=f"For type 1: {LETTERS.help}"),
        **ANSWER_OPTIONS,
    }
)

_REFUSALS = 2


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    options = conversation.options
    lines = framer(
        header=read_bytes(options, OPTIONS, "header"), end=read_bytes(options, OPTIONS, "end")
    )
    return ByteSession(lines, answers_of(options, OPTIONS, refusals=_REFUSALS))
