"""When a bundle is read back anew, and how near the end of its lock is.

Pure: an instant is spread by the order's own id, so what was verified in one night does not come
due in one night.
"""

from datetime import datetime, timedelta
from hashlib import sha256

__all__ = ["HELD_FOR", "HORIZONS", "LATEST", "horizon", "reverify_at"]

LATEST = timedelta(days=90)
"""Every bundle is read back at least this often."""

_SPREAD = timedelta(days=30)

HORIZONS = (30, 90, 180)
"""Days before the end of a lock at which it is alarmed, the nearest first."""

HELD_FOR = timedelta(days=365)
"""How far the lock of a bundle under a hold is extended, once it nears its end."""


def reverify_at(order_id: str, verified_at: datetime) -> datetime:
    """Return when a bundle that was verified now is to be read back, outside of open cases.

    It lies in the last of the three months, at a place that the order's id draws.
    """
    drawn = int.from_bytes(sha256(order_id.encode()).digest()[:4])
    return verified_at + LATEST - _SPREAD * (drawn / (1 << 32))


def horizon(until: datetime, now: datetime) -> int | None:
    """Return the nearest horizon that the end of a lock has come within; None: it is far."""
    left = until - now
    return next((days for days in HORIZONS if left <= timedelta(days=days)), None)
