"""What the follower has before and after it takes entries."""

from collections.abc import Callable
from dataclasses import dataclass

from receivers.session import Accounts, Options
from receivers.signals import Decoded, Undecoded
from stationd.journal.model import Entry

__all__ = [
    "AccountsOf",
    "HeardHour",
    "Line",
    "ListenerFacts",
    "Owner",
    "Place",
    "Retired",
    "Scope",
    "Taken",
    "Tally",
]

AccountsOf = Callable[[str], Accounts]
"""Give a receiver group, get the roster's look-up of its numbers (for keys)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a journal has been taken: its last entry's position and link."""

    journal: str
    node: str
    position: int
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A journal that nothing more comes from, who said so, and the document that says why."""

    journal: str
    node: str
    position: int
    doc: bytes
    by: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerFacts:
    """What a listener was when the daemon last started."""

    receiver: str
    group: str
    mode: str
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An entry whose link has been checked, its exact body, and what its frame says.

    ``meaning`` is None where the entry is no frame.
    """

    entry: Entry
    body: bytes
    rx: str
    listener: ListenerFacts | None
    meaning: Decoded | Undecoded | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which signals of a shared transmitter a link is for; an empty set sets no condition."""

    areas: frozenset[str] = frozenset()
    zones: frozenset[str] = frozenset()
    classes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An account that a number belongs to, from (inclusive) when to (exclusive) when.

    ``paths`` is how many transmitters the account has.
    """

    acct: str
    scope: Scope
    valid_from: str
    valid_to: str | None
    service: str
    record: str
    paths: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The state of a listener's link; ``heard_at`` None: nothing heard yet."""

    listener: str
    node: str
    up: bool
    since: str
    why: str
    heard_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardHour:
    """In which minutes of an hour a listener was heard; ``hour`` counts from 1970 UTC.

    Bit ``n`` of ``minutes`` is minute ``n``: proof that the line lived, whoever else was silent.
    """

    listener: str
    hour: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Heartbeats of one listener within one hour; ``hour`` counts from 1970 UTC."""

    listener: str
    hour: int
    count: int
    first_ns: int
    last_ns: int
    first_position: int
    last_position: int
