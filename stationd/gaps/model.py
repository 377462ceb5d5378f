"""Gaps: spans in which we cannot vouch that a signal would have been recorded."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["NOT_LISTENING", "Cause", "Gap"]


class Cause(StrEnum):
    """Why there is a gap (terms, 4)."""

    RECEIVER_LINK = "receiver_link"
    RECEIVER_FAULT = "receiver_fault"
    DAEMON_DOWN = "daemon_down"
    HOST_DOWN = "host_down"
    DISK_REFUSED = "disk_refused"
    CLOCK = "clock"
    CLOCK_STEP = "clock_step"
    TAP_LOSS = "tap_loss"
    ACCOUNT_PATH = "account_path"
    IMPORT_BOUNDARY = "import_boundary"


NOT_LISTENING = frozenset(Cause) - {Cause.CLOCK, Cause.ACCOUNT_PATH, Cause.IMPORT_BOUNDARY}
"""Causes on our side of an account's path: while one lasts, its silence says nothing of it.

A clock that is not synchronised hears as well as another; one that is set makes a span that never
passed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A span; ``listener`` is empty where it concerns the whole node, ``ended_at`` None: open.

    Times are texts of `stationd.clock.iso`.  A `clock_step` spans the times the clock stepped
    between, whichever was first.  ``acct`` is empty where it concerns whoever is heard there.
    """

    id: str
    listener: str
    node: str
    cause: str
    began_at: str
    ended_at: str | None
    detail: str
    acct: str = ""
