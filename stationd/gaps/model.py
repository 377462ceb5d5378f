"""Gaps: spans in which we cannot vouch that a signal would have been recorded."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Cause", "Gap"]


class Cause(StrEnum):
    """Why there is a gap (terms, 4)."""

    RECEIVER_LINK = "receiver_link"
    DAEMON_DOWN = "daemon_down"
    HOST_DOWN = "host_down"
    DISK_REFUSED = "disk_refused"
    CLOCK = "clock"
    CLOCK_STEP = "clock_step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span; ``listener`` is empty where it concerns the whole node, ``ended_at`` None: open.

    Times are texts of `stationd.clock.iso`.  A `clock_step` spans the times the clock stepped
    between, whichever was first.
    """

    id: str
    listener: str
    node: str
    cause: str
    began_at: str
    ended_at: str | None
    detail: str
