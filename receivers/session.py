"""The shape of a session: the conversation on one connection, without the connection.

A session decodes only what its answer depends on: frame, checksum, cipher, sequence number.
What a frame means is decoded later, from the journal (`receivers.signals`).  It has no clock and
no randomness: both come in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from receivers.events import Event, Fault
from receivers.signals import Decoded, Undecoded

__all__ = [
    "Account",
    "Accounts",
    "Conversation",
    "Decode",
    "Key",
    "Option",
    "Options",
    "Poll",
    "ReceiverSpec",
    "Session",
]


@dataclass(frozen=True, slots=True)
class Key:
    """A panel's key, and from when to when it counts (UTC; None: without an end).

    ``name`` is what a decoder tells it by, where somebody wants to know which key a frame was
    under; the daemon's keys have none.
    """

    secret: bytes = field(repr=False)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    name: str = ""

    def is_valid(self, at: datetime) -> bool:
        """Tell whether the key counts at the moment ``at``."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_to is None or at < self.valid_to
        )


@dataclass(frozen=True, slots=True)
class Account:
    """What answering one number needs; a line of the roster.

    ``window_back`` and ``window_ahead`` are seconds around our clock in which an encrypted
    message's time must lie (DC-09 5.5.1.9; 40 and 20 by the standard); None switches the check off.
    ``switches`` are the named deviations of this panel (see each protocol's README).  The line
    whose number is empty is the group's own: what a number that nobody knows is judged by, and
    any frame without a number.
    """

    number: str
    keys: tuple[Key, ...] = ()
    window_back: int | None = 40
    window_ahead: int | None = 20
    poll_interval: int | None = None
    switches: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Conversation:
    """What a session is given when it opens.

    ``account`` looks a number up in the roster (None: unknown, which is stored and acknowledged).
    ``random`` gives random bytes, for padding.  ``options`` are the listener's settings for this
    receiver, checked against `ReceiverSpec.options`.  ``memory`` is shared by all sessions of one
    listener, so that a frame repeated on a new connection is known as a repeat; a protocol keeps
    its own bounded object there, under its own name.  ``group_memory`` is the like for all
    listeners of one receiver group.  ``trusted`` tells whether our own clock may be given to
    others; it is asked only where that matters.
    """

    account: "Accounts"
    random: Callable[[int], bytes]
    options: "Options"
    memory: dict[str, object]
    trusted: Callable[[], bool] = lambda: True
    group_memory: dict[str, object] = field(default_factory=dict)


class Session(Protocol):
    """One conversation on one connection, or on one UDP listener's peer."""

    def receive(self, data: bytes, received_at: datetime) -> list[Event]:
        """Take bytes in, give the events they complete, in order."""

    def ended(self) -> list[Event]:
        """Give what was left unfinished when the connection ended or the line fell silent."""

    def answer(self, event: Event, now: datetime) -> bytes:
        """Return what is sent once ``event`` is committed; empty: silence."""

    def answered(self, event: Event) -> None:
        """Take note that the answer to ``event`` has been handed to the transport."""

    def dropped(self, event: Event) -> None:
        """Forget ``event``: it has no answer, for it is met with silence or was only counted."""


Accounts = Callable[[str], Account | None]
Options = Mapping[str, str | int | bool]
Decode = Callable[[bytes, Accounts, Options], Decoded | Undecoded]
"""Decode one stored frame: raw bytes, roster look-up (for keys), the listener's options."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What is sent to a receiver that wants to be asked, after ``every`` seconds of silence.

    The edge sends it in mode ``primary`` only, on an open connection or line from which nothing
    came for that long, and again after each such silence.  What comes back is an event like any.
    """

    data: bytes
    every: float


@dataclass(frozen=True, slots=True)
class Option:
    """One setting of a receiver: its default, what it may be, and what it is for.

    ``choices`` are all its values, where they can be named.  ``pattern`` is a regular expression
    that a text must match in full; ``least`` and ``most`` bound a number.
    """

    default: str | int | bool
    choices: tuple[str | int | bool, ...] = ()
    help: str = ""
    pattern: str = ""
    least: int | None = None
    most: int | None = None


def _never(options: Options) -> None:
    """Say that these options ask for none."""


def _forget(conversation: Conversation, raw: bytes, at: datetime) -> None:
    """Remember nothing of what was taken before a start."""


@dataclass(frozen=True, slots=True)
class ReceiverSpec:
    """One receiver: what the settings may choose, how to talk to it, how to read it.

    ``options`` maps each option's name to (default, allowed values or a type) as plain data.
    ``silence`` is the seconds after which an unfinished frame on a serial line is cut.  ``gap``
    gives, for a listener's options, the seconds of silence that end a frame on a stream of any
    kind; None: no silence does, and a serial line is cut after ``silence``.  ``poll`` gives what
    the receiver is asked with.  After a `Garbled` event with a fault in ``hang_up_on`` is
    committed, the connection is closed: nothing that can be read will come on it.  ``trial`` marks
    what was built without a device or a full text; the manual's page says what is missing.
    ``nameless`` marks panels' protocols in which an event need not say whose it is.
    ``recall`` puts a frame that was taken before a start back into the conversation's memory.
    """

    title: str
    transports: frozenset[str]
    open: Callable[[Conversation], Session]
    decode: Decode
    options: Mapping[str, Option]
    heartbeat: bool = False
    silence: float = 1.0
    gap: Callable[[Options], float | None] = _never
    poll: Callable[[Options], Poll | None] = _never
    hang_up_on: frozenset[Fault] = frozenset()
    trial: bool = False
    nameless: bool = False
    recall: Callable[[Conversation, bytes, datetime], None] = _forget
