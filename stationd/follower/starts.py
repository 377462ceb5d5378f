"""A start of the daemon: whether it alone was down before it, or the whole machine.

A machine that started anew has another boot id, and its ticks begin again.  Where neither tells
(an entry of an older release, or a long time down), the moment it was started does: that is the
time of the entry less its ticks, which a step of the clock in between would bend.
"""

from dataclasses import dataclass

from stationd.follower.meaning import note_of
from stationd.gaps.model import Cause
from stationd.journal.model import Entry

__all__ = ["Start", "before_start", "boot_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The last start of a node's daemon; ``boot`` is the machine's boot id, empty: not told."""

    at: str
    boot: str


def boot_of(started: Entry) -> str:
    """Return the machine's boot id that a `started` entry names; empty: none."""
    boot = note_of(started).get("boot")
    return boot[:40] if isinstance(boot, str) else ""


def before_start(last: Entry, started: Entry, boot: str) -> Cause:
    """Return what was down between ``last`` and ``started``; ``boot`` is the boot id before."""
    now = boot_of(started)
    if boot and now:
        return Cause.DAEMON_DOWN if boot == now else Cause.HOST_DOWN
    began = started.received_at - started.ticks
    if started.ticks < last.ticks or began > last.received_at:
        return Cause.HOST_DOWN
    return Cause.DAEMON_DOWN
