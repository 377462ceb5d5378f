"""What is read anew, what is known of it, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from archive.canonical import JsonValue, encode
from receivers.own_codes import NO_OWN_CODES, OwnCodes
from receivers.session import ReceiverSpec
from stationd.follower.model import AccountsOf, ListenerFacts

__all__ = [
    "Asked",
    "Change",
    "Cursor",
    "Known",
    "ParkedPlace",
    "Report",
    "Run",
    "Stored",
    "Tools",
]

Cursor = tuple[str, int, int]
"""Where a pass goes on: a journal and a position, or an account and its (epoch, seq)."""

MEANING = (
    "area",
    "class",
    "code",
    "extra",
    "name",
    "new",
    "number",
    "panel_time",
    "rcv",
    "receiver_time",
    "sender_time",
    "sequence",
    "text",
    "user",
    "vendor",
    "zone",
)
"""The keys of a record that are a reading of its frame; ``table`` says what it was read with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which entries are read anew: all, or those of accounts or listeners, or of a time.

    ``options_now``: with the options that a listener has now, not those it had then.
    """

    accounts: tuple[str, ...] = ()
    listeners: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    options_now: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What entries are read with.

    ``now`` has the listeners of the settings by name, where their present options are asked for.
    """

    receivers: Mapping[str, ReceiverSpec]
    accounts: AccountsOf
    own: OwnCodes = NO_OWN_CODES
    now: Mapping[str, ListenerFacts] = field(default_factory=dict)
    table: str
    software: str

    def versions(self, asked: Asked) -> str:
        """Return, as canonical text, what is asked and what it is read with.

        A pass that was cut short goes on only where all of it is the same.
        """
        value: dict[str, JsonValue] = {
            "accounts": asked.accounts,
            "listeners": asked.listeners,
            "options": {name: _options(facts) for name, facts in self.now.items()},
            "own": self.own.version,
            "since": asked.since,
            "software": self.software,
            "table": self.table,
            "until": asked.until,
        }
        return encode(value).decode()


def _options(facts: ListenerFacts) -> dict[str, JsonValue]:
    return {**facts.options, "receiver": facts.receiver}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An entry as the station database keeps it; ``body`` None: purged."""

    journal: str
    position: int
    body: bytes | None
    link: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A record that a chain has of an entry.

    ``part`` is 0 where it is no signal.  ``reading`` are the decoded fields as they stand now,
    after the last correction; ``record`` is the record itself.
    """

    acct: str
    epoch: int
    seq: int
    part: int
    record: Mapping[str, Any]
    reading: Mapping[str, Any]
    marks: str = ""
    corrections: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedPlace:
    """A parked frame or event that has not found its account."""

    part: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An applied pass: who asked for what, how far it is, and what it did."""

    id: str
    asked: str
    by: str
    began_at: str
    cursor: Cursor | None
    counts: Mapping[str, int]


@dataclass(slots=True)
class Change:
    """One kind of change: what is said before and after, how often, and where for example."""

    before: str
    after: str
    count: int = 0
    examples: list[tuple[str, int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """What a pass found, in bounded memory.

    ``counts`` has ``entries``, ``signals``, ``corrected``, ``added``, ``withdrawn``, ``settled``,
    ``unreadable`` and ``purged``.  ``changes`` and ``accounts`` are cut at a limit; what is beyond
    it is counted in ``more_changes`` and ``more_accounts``.
    """

    counts: dict[str, int] = field(default_factory=dict)
    changes: dict[tuple[str, str], Change] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    more_changes: int = 0
    more_accounts: int = 0
    finished: bool = True
