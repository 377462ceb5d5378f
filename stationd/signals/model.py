"""Signals as they are looked up: decoded columns of records, and what is parked."""

from dataclasses import dataclass

__all__ = ["COLUMNS", "UNKNOWN", "Parked", "ParkedSum", "SignalRow", "Summary"]

UNKNOWN = "unknown_number"
"""Why an event is parked whose number no account has."""

COLUMNS = (
    "received_at",
    "listener",
    "receiver_group",
    "number",
    "signal_class",
    "code",
    "name",
    "zone",
    "user",
    "area",
    "text",
    "marks",
)
"""The columns of `SignalRow` besides its place in a chain, in the order of the table."""


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal in an account's history: an index entry, never the evidence.

    ``(acct, epoch, seq)`` names the record that is.  The columns are as its last correction reads
    it; ``was`` is what it said at first, empty where it was never corrected.  A view that folds a
    runaway lets the first signal of a kind stand for ``count`` of them, received until ``last_at``.
    """

    acct: str
    epoch: int
    seq: int
    received_at: str
    listener: str
    receiver_group: str
    number: str
    signal_class: str
    code: str
    name: str
    zone: str
    user: str
    area: str
    text: str
    marks: str
    was: str = ""
    count: int = 1
    last_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A frame, or one event of it, that was kept but not decoded or not assigned."""

    journal: str
    position: int
    part: int
    reason: str
    detail: str
    receiver_group: str
    number: str
    listener: str
    peer: str
    received_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedSum:
    """What is still parked of one number, for one reason, from one listener."""

    receiver_group: str
    number: str
    reason: str
    listener: str
    peer: str
    count: int
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many signals of each class an account has in a period, and its ends."""

    count: int
    first_at: str | None
    last_at: str | None
    classes: dict[str, int]
