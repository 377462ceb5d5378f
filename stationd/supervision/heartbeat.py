"""Heartbeat supervision of one listener: when its silence is a fault.

A receiver that is well says so every period.  Three periods without a sign of life, whatever it
is, and the link counts as down; the first sign of life brings it back.  Time is ``ticks``, which no
clock step moves.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["PERIODS", "Change", "Heartbeat"]

PERIODS = 3
"""Silent periods that make a fault: one lost heartbeat on a noisy line is ordinary."""


class Change(Enum):
    """What became of the link."""

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

    def hear(self, ticks: int) -> Change | None:
        """Take note of a sign of life; RETURNED where it ends a silence."""
        self.heard = ticks
        if self.alive:
            return None
        self.alive = True
        return Change.RETURNED

    def look(self, ticks: int) -> Change | None:
        """Look whether the silence has lasted too long by ``ticks``; LOST only once."""
        if not self.alive or ticks - self.heard <= PERIODS * self.period:
            return None
        self.alive = False
        return Change.LOST
