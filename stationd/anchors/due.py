"""When the newest checkpoint is to be stamped, when a stamp counts, and when there is an alarm."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from stationd.anchors.model import Progress

__all__ = ["AT_MOST", "is_due", "is_point", "kept_states", "trouble"]

AT_MOST = timedelta(hours=26)
"""How long after its time a checkpoint may be stamped and still be a point."""

# Stamps of most authorities are whole seconds, and two good clocks differ by some.
_BEFORE = timedelta(seconds=120)
_STATES = timedelta(days=90)


def is_point(checkpoint_at: datetime, stamped_at: datetime) -> bool:
    """Tell whether a stamp shows that a checkpoint was made when it says."""
    return -_BEFORE <= stamped_at - checkpoint_at <= AT_MOST


def is_due(progress: Progress, *, now: datetime, every: timedelta, wanted: int | None) -> bool:
    """Tell whether the newest checkpoint is to be stamped now.

    Only the newest ever is: at once where somebody waits for one (``wanted``: from this number
    on), else when ``every`` has passed since the last.  A missed hour is not made up.
    """
    if progress.newest is None:
        return False
    newest, stamped = progress.newest[0], progress.stamped
    if stamped is None:
        return True
    if stamped[0] >= newest:
        return False
    if wanted is not None and newest >= wanted and (progress.good or (-1,))[0] < wanted:
        return True
    waited = now - stamped[1]
    # A clock that was set back must not put it off.
    return waited >= every or waited < timedelta()


def trouble(progress: Progress, *, now: datetime, late_after: timedelta) -> str | None:
    """Return what is late, as a sentence; None: nothing is."""
    if progress.newest is None or progress.first_at is None:
        return None
    newest, good = progress.newest[0], progress.good
    since = good[1] if good is not None else progress.first_at
    if (good is None or good[0] < newest) and now - since > late_after:
        last = "none was" if good is None else f"the last was checkpoint {good[0]}"
        return (
            f"No checkpoint was stamped in time since {since:%Y-%m-%d %H:%M:%S} UTC; {last}. What "
            "was recorded since stands on our own word alone. Look at the authorities and the clock"
        )
    if progress.unstored is not None and now - progress.unstored > late_after:
        return (
            f"Stamped checkpoints wait for the archive since {progress.unstored:%Y-%m-%d %H:%M:%S} "
            "UTC. Look at the archive"
        )
    return None


def kept_states(anchors: Iterable[tuple[int, datetime]], now: datetime) -> set[int]:
    """Return the anchors whose state is kept at hand: 90 days, and the last of each month."""
    kept: set[int] = set()
    months: dict[tuple[int, int], int] = {}
    for n, at in anchors:
        if now - at <= _STATES:
            kept.add(n)
        months[at.year, at.month] = n
    return kept | set(months.values())
