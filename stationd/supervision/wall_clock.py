"""Supervision of the machine's clock: steps, and whether something keeps it right.

Wall clock and monotonic ticks run side by side.  Where they drift apart between two looks by more
than any slewing could, somebody set the clock.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["STEP_NS", "ClockNews", "ClockState", "Reading", "WallClock"]

STEP_NS = 50_000_000
"""A difference that is a step: looks are a second apart, slewing makes at most 0.5 ms of it."""


class ClockState(StrEnum):
    """Whether the kernel's clock is kept in step with a source of time."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the kernel says of its clock; ``offset_ns`` is what is left to be slewed."""

    state: ClockState
    offset_ns: int


@dataclass(frozen=True, slots=True)
class ClockNews:
    """What a `clock` entry is written for."""

    state: ClockState
    step_ns: int
    offset_ns: int


class WallClock:
    """Compares the clock with the ticks, and the kernel's word with its last one."""

    def __init__(self) -> None:
        self._difference: int | None = None
        self._reading = Reading(ClockState.UNKNOWN, 0)
        self._told = False

    def look(self, now: int, ticks: int) -> ClockNews | None:
        """Compare ``now`` (nanoseconds since 1970) with ``ticks``; news where it was set."""
        difference = now - ticks
        before, self._difference = self._difference, difference
        if before is None or abs(difference - before) < STEP_NS:
            return None
        return ClockNews(self._reading.state, difference - before, self._reading.offset_ns)

    def hear(self, reading: Reading) -> ClockNews | None:
        """Take the kernel's word; news where the state is another than before, and at first."""
        before, self._reading = self._reading, reading
        if self._told and reading.state is before.state:
            return None
        self._told = True
        return ClockNews(reading.state, 0, reading.offset_ns)
