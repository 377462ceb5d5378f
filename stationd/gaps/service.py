"""Asking for gaps."""

from collections.abc import Sequence
from datetime import datetime

from stationd.clock import iso
from stationd.desk import Desk
from stationd.gaps import store
from stationd.gaps.model import Gap

__all__ = ["gaps"]


def gaps(
    desk: Desk,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    listeners: Sequence[str] | None = None,
) -> list[Gap]:
    """Return the gaps of a period, by their beginning; of ``listeners`` and whole nodes, or all."""
    with desk.database.reading() as connection:
        return store.read_gaps(
            connection,
            since=None if since is None else iso(since),
            until=None if until is None else iso(until),
            listeners=listeners,
        )
