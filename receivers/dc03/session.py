"""DC-03 over TCP: the conversation of Galaxy panels, block by block.

The panel sends an account block and waits for an 8, an event block and waits for an 8, perhaps a
text block, and so on.  So each block is an entry of its own, committed before its 8, and carries
as its context the blocks without which it does not say what it means.  A block with wrong parity
is rejected with a 9, upon which the panel repeats it.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from receivers.byte_answers import Answers, ByteSession
from receivers.dc03.framing import framer
from receivers.events import Event, Frame
from receivers.options import read_word
from receivers.session import Conversation, Option, Options
from receivers.sia import Block, read_block, write_block
from receivers.text import decode_text

__all__ = ["OPTIONS", "BlockSession", "gap"]

OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "acknowledge": Option(
            default="asked",
            choices=("asked", "each"),
            help="Acknowledge blocks that ask for it in their header, or each block.",
        ),
        "form": Option(
            default="40",
            choices=("40", "00"),
            help="The header of our answers, in hexadecimal: 40 38 87, or 00 38 C7.",
        ),
    }
)

# A panel tries a block four times.
_REFUSALS = 3
_ACCOUNT, _TEXT, _EVENTS = "#", "A", "NOE"
# What only answers: a tap of both directions hears it, and a panel that sends it asks nothing.
_NEVER_ANSWERED = "8967\x08\x09"

_SILENCE = 2.0
"""Seconds: a panel waits 2.5 for its answer and then sends the block again."""


def gap(options: Options) -> float:
    """Return the seconds after which an unfinished block is rejected."""
    return _SILENCE


class BlockSession:
    """One connection of a panel."""

    def __init__(self, conversation: Conversation) -> None:
        options = conversation.options
        asks = read_word(options, OPTIONS, "form") == "40"
        self._each = read_word(options, OPTIONS, "acknowledge") == "each"
        self._talk = ByteSession(
            framer(),
            Answers(
                taken=write_block(Block("8", b"", wants_acknowledgement=asks)),
                damaged=write_block(Block("9", b"", wants_acknowledgement=asks)),
                refusals=_REFUSALS,
            ),
        )
        self._number = ""
        self._account = b""
        self._event = b""

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the blocks they complete, in order."""
        return [self._placed(event) for event in self._talk.receive(data, received_at)]

    def ended(self) -> list[Event]:
        """Give what was left unfinished; an account holds until the next, also over a silence."""
        return self._talk.ended()

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        if isinstance(event, Frame) and not self._is_answered(event.raw):
            return b""
        return self._talk.answer(event, now)

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        self._talk.answered(event)

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""
        self._talk.dropped(event)

    def _is_answered(self, raw: bytes) -> bool:
        block = read_block(raw)
        if block is None or block.reverse or block.function in _NEVER_ANSWERED:
            return False
        return self._each or block.wants_acknowledgement

    def _placed(self, event: Event) -> Event:
        """Return a block with the account it is about, and the blocks it stands on."""
        block = read_block(event.raw) if isinstance(event, Frame) else None
        if block is None or not isinstance(event, Frame):
            return event
        if block.function == _ACCOUNT:
            self._number, self._account, self._event = decode_text(block.data), event.raw, b""
            return replace(event, number=self._number)
        context = self._account + (self._event if block.function == _TEXT else b"")
        if block.function in _EVENTS:
            self._event = event.raw
        return replace(event, number=self._number, context=context)
