"""8000 and SK9000: the conversation, in which 06h takes a packet and 15h asks for it again.

A receiver that was refused twice in a row, or waited twice in vain, declares computer trouble and
sends heartbeats only.  So a damaged packet is refused once; if it comes damaged again, silence
leaves the receiver to its own timer.  A packet of the 8000 has a reference number: the same bytes
again are a repeat also after our answer, which was then lost on its way.
"""

from collections.abc import Mapping
from types import MappingProxyType

from receivers.ademco8000.framing import framer
from receivers.byte_answers import ANSWER_OPTIONS, ByteSession, answers_of, repeats_of
from receivers.session import Conversation, Option

__all__ = ["OPTIONS", "open_8000", "open_sk9000"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "nak": Option(
            default="damaged",
            choices=("never", "damaged"),
            help="Answer 15h to a packet whose V-byte does not agree, or only wait for its repeat.",
        ),
        **{name: ANSWER_OPTIONS[name] for name in ("answer", "refusal")},
    }
)

_REFUSALS = 1


def open_8000(conversation: Conversation) -> ByteSession:
    """Return the session of a connection or line of the MX8000's own protocol."""
    answers = answers_of(conversation.options, OPTIONS, refusals=_REFUSALS)
    return ByteSession(framer(), answers, repeats_of(conversation.memory, "mx8000"))


def open_sk9000(conversation: Conversation) -> ByteSession:
    """Return the session of a connection or line of the SK9000 protocol."""
    return ByteSession(framer(), answers_of(conversation.options, OPTIONS, refusals=_REFUSALS))
