"""Heartbeat supervision of one listener: when its silence is a fault.

A receiver that is well says so every period.  After two periods without a sign of life, whatever
it is, we warn; after three the link counts as down, until the first sign of life.  Time is
``ticks``, which no clock step moves.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["PERIODS", "WARN_PERIODS", "Change", "Heartbeat"]

PERIODS = 3
"""Silent periods that make a fault: one lost heartbeat on a noisy line is ordinary."""

WARN_PERIODS = 2
"""Silent periods after which somebody may want to look."""


class Change(Enum):
    """What became of the link."""

    LATE = "late"
    LOST = "lost"
    RETURNED = "returned"


@dataclass(slots=True)
class Heartbeat:
    """One listener's silence.  ``period`` and all ticks are nanoseconds.

    Begins as alive at ``heard``: a receiver has three periods to make itself heard after a start.
    """

    period: int
    heard: int
    alive: bool = True
    late: bool = False

    def hear(self, ticks: int) -> Change | None:
        """Take note of a sign of life; RETURNED where it ends a silence."""
        self.heard, self.late = ticks, False
        if self.alive:
            return None
        self.alive = True
        return Change.RETURNED

    def look(self, ticks: int) -> Change | None:
        """Look whether the silence has lasted too long by ``ticks``; LATE and LOST only once."""
        silent = ticks - self.heard
        if not self.alive or silent <= WARN_PERIODS * self.period:
            return None
        if silent > PERIODS * self.period:
            self.alive, self.late = False, True
            return Change.LOST
        if self.late:
            return None
        self.late = True
        return Change.LATE
