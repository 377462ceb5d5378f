"""AES 7705i: the conversation of the mode that is set at the receiver."""

from collections.abc import Mapping
from types import MappingProxyType

from receivers import ademco685, d6500
from receivers.byte_answers import ANSWER_OPTIONS, ByteSession
from receivers.options import LETTERS, OKAY_OPTIONS, read_word
from receivers.session import Conversation, Option, Options, Poll

__all__ = ["OPTIONS", "open_session", "poll"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "mode": Option(
            default="685",
            choices=("685", "6500"),
            help="What is set at the receiver; its maker advises 685 for Contact ID.",
        ),
        "letters": LETTERS,
        **ANSWER_OPTIONS,
        **OKAY_OPTIONS,
    }
)


def open_session(conversation: Conversation) -> ByteSession:
    """Return the session of one connection to a receiver, or of its serial line."""
    if read_word(conversation.options, OPTIONS, "mode") == "685":
        return ademco685.open_session(conversation)
    return d6500.open_session(conversation)


def poll(options: Options) -> Poll | None:
    """Return what the receiver is asked with in 685 mode; in the other nothing is asked."""
    return ademco685.poll(options) if read_word(options, OPTIONS, "mode") == "685" else None
