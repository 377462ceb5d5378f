"""Supervision of the machine's clock: steps, and whether something keeps it right.

Wall clock and monotonic ticks run side by side.  Where they drift apart between two looks by more
than any slewing could, somebody set the clock.  `WallClock.is_trusted` is asked before our time is
given to a panel that would take it for its own.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["DOUBT_NS", "JUMP_NS", "STEP_NS", "ClockNews", "ClockState", "Reading", "WallClock"]

STEP_NS = 50_000_000
"""A difference that is a step: looks are a second apart, slewing makes at most 0.5 ms of it."""

JUMP_NS = 5 * 10**9
"""A step that panels would notice: two time servers do not disagree by so much."""

DOUBT_NS = 15 * 60 * 10**9
"""How long a jump is held against a clock that nobody vouches for."""


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
        self._was_synced = False
        self._doubted_until = 0
        self._reading = Reading(ClockState.UNKNOWN, 0)
        self._told = False

    def look(self, now: int, ticks: int) -> ClockNews | None:
        """Compare ``now`` (nanoseconds since 1970) with ``ticks``; news where it was set."""
        difference = now - ticks
        before, self._difference = self._difference, difference
        if before is None or abs(difference - before) < STEP_NS:
            return None
        if abs(difference - before) >= JUMP_NS:
            self._doubted_until = ticks + DOUBT_NS
        return ClockNews(self._reading.state, difference - before, self._reading.offset_ns)

    def hear(self, reading: Reading) -> ClockNews | None:
        """Take the kernel's word; news where the state is another than before, and at first."""
        before, self._reading = self._reading, reading
        self._was_synced = self._was_synced or reading.state is ClockState.SYNCED
        if self._told and reading.state is before.state:
            return None
        self._told = True
        return ClockNews(reading.state, 0, reading.offset_ns)

    def is_trusted(self, ticks: int) -> bool:
        """Tell whether the clock may be given to others.

        The kernel's word alone does not decide: there are machines whose clock is right and whose
        kernel is never told.  What counts against a clock is that it was in step and no longer
        is, or that it jumped a short while ago; a kernel that says `synced` now settles both.
        """
        if self._reading.state is ClockState.SYNCED:
            return True
        lost = self._was_synced and self._reading.state is ClockState.UNSYNCED
        return not lost and ticks >= self._doubted_until
