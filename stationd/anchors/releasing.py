"""What a node's journal may drop: entries that an anchored checkpoint covers, and no others."""

import json
from pathlib import Path

from stationd.anchors import store
from stationd.desk import Desk
from stationd.journal.released import Released, read_released, released_path, write_released

__all__ = ["releasable", "release"]


def releasable(entry: bytes, journal: str) -> Released | None:
    """Return how far a checkpoint's entry reaches into ``journal``; None: not at all."""
    for point in json.loads(entry).get("journals", []):
        if point["id"] == journal:
            return Released(
                journal=journal, position=point["position"], link=bytes.fromhex(point["link"])
            )
    return None


def release(desk: Desk, journal_path: Path, journal: str) -> Released | None:
    """Tell this node's `stationd` how far it may drop; return it if that is news.

    Only the newest anchor that is a point and lies whole in the archive counts; what was released
    is never taken back.
    """
    with desk.database.reading() as connection:
        anchor = store.read_newest_stored(connection)
    found = None if anchor is None else releasable(anchor.entry, journal)
    if found is None:
        return None
    before = read_released(released_path(journal_path))
    if before is not None and before.journal == journal and before.position >= found.position:
        return None
    write_released(released_path(journal_path), found)
    return found
