"""Supervision of accounts: what is expected of each, how it stands, and its silences."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = [
    "Counts",
    "Expected",
    "Heard",
    "LineHealth",
    "News",
    "Silence",
    "State",
    "Supervised",
    "Way",
    "grace",
]

_LEAST_GRACE, _MOST_GRACE = 10 * 60, 6 * 3600


class Way(StrEnum):
    """What an account is expected to say: timer tests over any path, or polls of one number."""

    TESTS = "tests"
    POLLS = "polls"


class Counts(StrEnum):
    """Which signals count as a test."""

    TEST = "test"
    ANY = "any"


class State(StrEnum):
    """How a supervised account stands."""

    OK = "ok"
    LATE = "late"
    MISSED = "missed"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is expected of an account; group and number are empty for tests.  Periods are seconds.

    ``counts`` is for tests: a poll is heard by the daemon, which takes any sign of life.
    """

    acct: str
    way: Way
    group: str = ""
    number: str = ""
    interval: int
    grace: int
    counts: Counts = Counts.ANY

    @property
    def key(self) -> tuple[str, Way, str, str]:
        """What its row is known by."""
        return self.acct, self.way, self.group, self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervised:
    """How an account stands.

    ``supervised_at`` is since when it is supervised, ``heard_at`` its last sign of life as of the
    last look (None: none yet), ``told_at`` the last entry about its polls (None: none).
    ``epoch`` and ``seq`` are the last signal that was looked at; ``due_at`` is when to look again,
    None: not before something is heard.  ``longest`` is in seconds.
    """

    expected: Expected
    state: State
    since: datetime
    why: str
    supervised_at: datetime
    heard_at: datetime | None = None
    told_at: datetime | None = None
    longest: int = 0
    listener: str = ""
    epoch: int = 0
    seq: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """A time in which an account was not heard though it should have been; None: it lasts.

    ``began_at`` is the last sign of life before.  ``patience`` is after how many seconds without
    one it counted as missed, ``interval`` how often it was expected.  ``alive_at`` is when others
    were heard last on the listener before the miss; None: not told.
    """

    acct: str
    way: Way
    group: str
    number: str
    began_at: datetime
    missed_at: datetime
    ended_at: datetime | None
    listener: str
    interval: int
    patience: int
    alive_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Heard:
    """A signal that counts: its place in the account's chain, when and where it came in."""

    epoch: int
    seq: int
    at: datetime
    listener: str


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """That an account's tests were missed, or came again: what its chain is told.

    ``heard_at`` is the last sign of life before; None: there was none.
    """

    acct: str
    cause: State
    at: datetime
    heard_at: datetime | None
    interval: int
    grace: int
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHealth:
    """How a listener stands: up, late (heartbeats fail to come) or down."""

    listener: str
    node: str
    state: str
    since: str
    why: str
    heard_at: str | None


def grace(interval: int) -> int:
    """Return how many seconds late a test may be where nothing is set: a quarter, within bounds."""
    return min(max(interval // 4, _LEAST_GRACE), _MOST_GRACE)
