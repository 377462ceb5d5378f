"""685 and CAPS: the conversation, in which 06h takes a line where the receiver asks for that.

The receiver may be asked for a sign of life with the letter ``S``; its answer is the OKAY that it
may also send by itself.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from receivers.ademco685.framing import framer
from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of
from receivers.options import LETTERS, OKAY_OPTIONS, read_count, read_word
from receivers.session import Conversation, Option, Options, Poll

__all__ = ["OPTIONS", "open_session", "poll"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "layout": Option(
            default="685",
            choices=("685", "caps"),
            help="caps: 4x2 reports end in the letter A and not in CR.",
        ),
        "long_accounts": Option(
            default=False,
            help="The line digit is the left part of the account (VisorALARM): number is line "
            "and account together.",
        ),
        "letters": replace(LETTERS, help=f"For 3x1 to 4x2: {LETTERS.help}"),
        **ANSWER_OPTIONS,
        **OKAY_OPTIONS,
    }
)

_QUESTION = b"S"
_REFUSALS = 3


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    options = conversation.options
    caps = read_word(options, OPTIONS, "layout") == "caps"
    return ByteSession(framer(caps=caps), answers_of(options, OPTIONS, refusals=_REFUSALS))


def poll(options: Options) -> Poll | None:
    """Return what the receiver is asked with, and how often."""
    every = read_count(options, OPTIONS, "poll")
    return Poll(_QUESTION, float(every)) if every else None
