"""The clock of a receiver or a panel, as its signals showed it beside ours."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Clock", "ClockState", "state_of"]

RIGHT_MS = 60_000
"""A clock that is off by more is told of; what phones, radio and queues delay is less."""

_HOUR_MS = 3_600_000


class ClockState(StrEnum):
    """Whether a clock is right, off by whole hours (a matter of its zone), or wrong."""

    RIGHT = "right"
    HOURS = "hours"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A clock; ``number`` empty: the receiver's own, else the panel's of that number.

    Offsets are its clock minus ours, in milliseconds; ``offset_ms`` is the middle of the
    ``recent`` samples (seconds since 1970, offset), so that one late frame says nothing.
    ``drift_ms`` is what it gains a day by the middles of ``days`` (day since 1970, offset), None
    while there are too few.
    """

    node: str
    listener: str
    number: str
    taken_at: str
    last_ms: int
    offset_ms: int
    drift_ms: int | None
    state: ClockState
    since: str
    recent: tuple[tuple[int, int], ...]
    days: tuple[tuple[int, int], ...]


def state_of(offset_ms: int) -> ClockState:
    """Return what an offset says of a clock."""
    if abs(offset_ms) <= RIGHT_MS:
        return ClockState.RIGHT
    hours = round(offset_ms / _HOUR_MS)
    if hours and abs(offset_ms - hours * _HOUR_MS) <= RIGHT_MS:
        return ClockState.HOURS
    return ClockState.WRONG
