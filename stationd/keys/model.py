"""Keys of receiver groups, and what frames showed of the keys that panels use."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from stationd.accounts.model import SealedKey

__all__ = ["DEFAULT_OVERLAP", "Ends", "GroupKeys", "KeyLine", "KeyUse", "Shown", "State", "What"]

DEFAULT_OVERLAP = 24 * 3600
"""Seconds for which old keys go on after the first frame under a new one: a day, for a panel with a
second path that was not changed with the first, or is set back after a failed update."""


class What(StrEnum):
    """What a frame showed of the keys its panel uses."""

    OPENED = "opened"
    CHANGED = "changed"
    CLEAR = "clear"
    OLD_KEY = "old_key"
    EARLY_KEY = "early_key"
    UNDECRYPTABLE = "undecryptable"
    NOT_ENCRYPTED = "not_encrypted"
    STALE = "stale"
    REPLAYED = "replayed"


class State(StrEnum):
    """How far a change of keys is."""

    NONE = "none"
    PENDING = "pending"
    BOTH = "both"
    SEEN = "new seen"
    ONE = "one"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyUse:
    """Frames of one number that showed the same: how many, the first and the last.

    ``key`` is the id of the key that opened them, empty where none did or nobody asked.
    """

    group: str
    number: str
    what: What
    key: str
    count: int
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupKeys:
    """The keys of a receiver group: for numbers nobody knows, and accounts without their own.

    ``encrypted_only``: whom these keys are for may not send in clear.
    """

    group: str
    keys: tuple[SealedKey, ...] = ()
    encrypted_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """When the keys before a new one end: at ``until``, or ``overlap`` seconds after its first use.

    Both may be given: whichever comes first.  Neither: they do not end.
    """

    until: datetime | None = None
    overlap: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """A key as it may be shown: what it is told by, its length and its dates.  Never the key."""

    check: str
    bits: int
    valid_from: datetime | None
    valid_to: datetime | None
    added_at: datetime | None
    seen_at: datetime | None
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The keys of one number (or of a group, where ``number`` is empty), and how a change stands.

    ``of_group``: they are the group's, for the account has none of its own.
    """

    group: str
    number: str
    of_group: bool
    state: State
    says: str
    keys: tuple[KeyLine, ...]
