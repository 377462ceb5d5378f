"""The conversation of receivers that take a fixed answer, mostly one byte.

There is no sequence number in most of them, so an identical frame that comes before our answer to
the first was handed out is a repeat; after the answer it is a second event.  Where each frame has
a number of its own (`ByteSession` is given ``repeats``), identical bytes are a repeat also after
it.  What is not understood is acknowledged all the same, for a receiver that is refused a frame
blocks the line behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from receivers.events import Event, Fault, Frame, Garbled
from receivers.lines import Framer
from receivers.options import bytes_option, read_bytes, read_count, read_word
from receivers.repeats import Repeats
from receivers.session import Option, Options

__all__ = [
    "ACKNOWLEDGEMENT",
    "ANSWER_OPTIONS",
    "REFUSAL",
    "Answers",
    "ByteSession",
    "answers_of",
    "repeats_of",
]

ACKNOWLEDGEMENT = b"\x06"
REFUSAL = b"\x15"

ANSWER_OPTIONS: Mapping[str, Option] = MappingProxyType(
    {
        "answer": bytes_option(
            "06", "The answer to a frame, in hexadecimal; empty where the receiver takes none."
        ),
        "nak": Option(
            default="never",
            choices=("never", "damaged"),
            help="Answer `refusal` to a damaged frame; only where the receiver repeats after it.",
        ),
        "refusal": bytes_option("15", "What `nak` answers with, in hexadecimal."),
    }
)
"""The options of a receiver whose answers can be programmed."""

# The slowest model repeats for 4 times 9.9 s.  A tap never hears its answers, so an old frame
# without one must not make every later one of its kind a repeat.
_REPEAT_SPAN = timedelta(seconds=60)
_NUMBERED_SPAN = timedelta(minutes=10)
_NUMBERED_LIMIT = 8192
_PENDING_LIMIT = 1024
_DAMAGED = frozenset({Fault.CHECKSUM, Fault.CUT})


@dataclass(frozen=True, slots=True)
class Answers:
    """What is said to a frame that is committed, and to a damaged one (empty: silence).

    ``heartbeat`` is said to a heartbeat; None: the same as to a frame.  ``once``: copies that came
    before the answer to the first get none of their own, where a spare byte would be taken for
    the answer to the next frame.  ``echo``: the answer is the frame itself.  ``refusals`` is how
    often in a row a damaged frame is refused: receivers give a frame up that is refused too often.
    """

    taken: bytes = ACKNOWLEDGEMENT
    damaged: bytes = b""
    heartbeat: bytes | None = None
    once: bool = False
    echo: bool = False
    refusals: int = 3


def answers_of(options: Options, known: Mapping[str, Option], *, refusals: int) -> Answers:
    """Return the answers that a listener's options ask for (see `ANSWER_OPTIONS`)."""
    refuses = read_word(options, known, "nak") == "damaged"
    taken = read_bytes(options, known, "answer")
    heartbeat = None
    if "okay" in known:
        # What answers our own question is answered only where the options say so.
        word = read_word(options, known, "okay")
        asks = "poll" in known and read_count(options, known, "poll") > 0
        if word == "never" or (word == "auto" and asks):
            heartbeat = b""
    return Answers(
        taken=taken,
        damaged=read_bytes(options, known, "refusal") if refuses else b"",
        heartbeat=heartbeat,
        once="copies" in known and read_word(options, known, "copies") == "once",
        refusals=refusals,
    )


def repeats_of(memory: dict[str, object], protocol: str) -> Repeats:
    """Return what a listener's sessions share, of a protocol whose frames have numbers."""
    repeats = memory.setdefault(protocol, Repeats(span=_NUMBERED_SPAN, limit=_NUMBERED_LIMIT))
    assert isinstance(repeats, Repeats)  # noqa: S101 - the name is the protocol's own
    return repeats


class ByteSession:
    """One connection to a receiver, or its serial line."""

    def __init__(self, framer: Framer, answers: Answers, repeats: Repeats | None = None) -> None:
        self._framer = framer
        self._answers = answers
        self._repeats = repeats
        self._span = _REPEAT_SPAN if repeats is None else _NUMBERED_SPAN
        self._refused = 0
        # Nobody repeats for want of an answer that never comes.
        self._awaited = bool(answers.taken) or answers.echo
        # Frames whose answer was not handed out yet, and when each first came.
        self._pending: dict[bytes, datetime] = {}
        self._heard: datetime | None = None

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""
        self._heard = received_at
        return [self._marked(event, received_at) for event in self._framer.receive(data)]

    def ended(self) -> list[Event]:
        """Give what was left unfinished when the connection ended or the line fell silent."""
        # What a silence ends came when the last byte did.
        heard = self._heard
        return [
            event if heard is None else self._marked(event, heard) for event in self._framer.ended()
        ]

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""
        answers = self._answers
        if isinstance(event, Garbled):
            return self._refuse() if event.fault in _DAMAGED else b""
        self._refused = 0
        if isinstance(event, Frame):
            if event.fault is not None or (answers.once and self._is_answered_copy(event)):
                return b""
        elif answers.heartbeat is not None:
            return answers.heartbeat
        return event.raw if answers.echo else answers.taken

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""
        if isinstance(event, Frame):
            first = self._pending.pop(event.raw, None)
            if self._repeats is not None and first is not None:
                self._repeats.remember(event.raw, first)

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""
        self._pending.pop(event.raw, None)

    def _is_answered_copy(self, frame: Frame) -> bool:
        return frame.repeat and frame.raw not in self._pending

    def _refuse(self) -> bytes:
        self._refused += 1
        return self._answers.damaged if self._refused <= self._answers.refusals else b""

    def _marked(self, event: Event, received_at: datetime) -> Event:
        if not self._awaited or not isinstance(event, Frame) or event.fault is not None:
            return event
        raw, pending = event.raw, self._pending
        before = pending.get(raw)
        if before is None and self._repeats is not None:
            before = self._repeats.last(raw)
        if before is not None and received_at - before <= self._span:
            pending.setdefault(raw, received_at)
            event = replace(event, repeat=True)
        else:
            pending[raw] = received_at
        if len(pending) > _PENDING_LIMIT:
            del pending[next(iter(pending))]
        return event
