"""ITI: the conversation, in which 06h takes a record and 15h asks for it again.

Two failures in a row are computer trouble, after which the receiver sends heartbeats only.
"""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of
from receivers.iti.framing import framer, interface_framer
from receivers.options import read_word
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_session"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "layout": Option(
            default="generic",
            choices=("generic", "interface"),
            help="ITI Generic, or the ITI Computer Interface.",
        ),
        **ANSWER_OPTIONS,
    }
)

_REFUSALS = 1


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    options = conversation.options
    interface = read_word(options, OPTIONS, "layout") == "interface"
    lines = interface_framer() if interface else framer()
    return ByteSession(lines, answers_of(options, OPTIONS, refusals=_REFUSALS))
