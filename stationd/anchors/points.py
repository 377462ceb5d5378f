"""Which anchors a bundle shows of an account: its points."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archive.merkle import account_key
from stationd.anchors import store
from stationd.anchors.due import AT_MOST
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.errors import NotFoundError

__all__ = [
    "MOST_INCIDENTS",
    "Sizes",
    "choose",
    "covered_at",
    "read_chosen",
    "read_unstamped",
    "unstamped",
]

MOST_INCIDENTS = 2000
"""Signals of incidents whose anchors are shown; of more, the latest."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The size of a chain at every checkpoint that was marked, in order."""

    marks: Sequence[tuple[int, int]]

    def at(self, n: int) -> int:
        """Return how many records the chain had at checkpoint ``n``."""
        found = bisect.bisect_right(self.marks, n, key=lambda mark: mark[0])
        return self.marks[found - 1][1] if found else 0


def choose(
    points: Sequence[tuple[int, datetime]], sizes: Sizes, incidents: Sequence[int]
) -> list[int]:
    """Return which of ``points`` a bundle shows; the last of them is the one it reaches to.

    They are the first after the chain began, the last of each month, those before and after each
    incident (given by its record's number), and the last.
    """
    covered = [(n, at, size) for n, at in points if (size := sizes.at(n))]
    if not covered:
        return []
    chosen = {covered[0][0], covered[-1][0]}
    months = {(at.year, at.month): n for n, at, _ in covered}
    chosen |= set(months.values())
    reached = [size for _, _, size in covered]
    for seq in incidents[-MOST_INCIDENTS:]:
        after = bisect.bisect_left(reached, seq)
        before = after - 1
        # Among points of one size the first shows the record soonest.
        chosen |= {covered[place][0] for place in (before, after) if 0 <= place < len(covered)}
    return sorted(chosen)


def read_chosen(
    connection: Connection, station: str, chain: tuple[str, int], upto: int
) -> list[int]:
    """Return the points that a bundle of ``chain`` up to checkpoint ``upto`` shows."""
    sizes = Sizes(store.read_sizes(connection, account_key(station, *chain)))
    incidents = store.read_incidents(connection, *chain, sizes.at(upto))
    return choose(store.read_points(connection, upto), sizes, incidents)


def covered_at(
    connection: Connection, station: str, chain: tuple[str, int], n: int
) -> tuple[int, bytes]:
    """Return size and head of a chain as checkpoint ``n``, which was marked, covers it."""
    size = Sizes(store.read_sizes(connection, account_key(station, *chain))).at(n)
    if size == 0:
        acct, epoch = chain
        raise NotFoundError(f"Checkpoint {n} covers nothing of {acct}, epoch {epoch}.")
    return size, store.read_head_at(connection, *chain, size)


def unstamped(times: Sequence[datetime], opened: datetime) -> list[tuple[datetime, datetime]]:
    """Return the spans without a point that are longer than a checkpoint may wait for its stamp."""
    spans: list[tuple[datetime, datetime]] = []
    before = opened
    for made in times:
        if made - before > AT_MOST:
            spans.append((before, made))
        before = max(before, made)
    return spans


def read_unstamped(
    connection: Connection, chain: tuple[str, int], upto: int | None
) -> list[dict[str, str]]:
    """Return the spans in an account's life without a stamp, as rows of its gaps."""
    opened = store.read_opened(connection, *chain)
    if upto is None or opened is None:
        return []
    points = [at for _, at in store.read_points(connection, upto) if at >= opened]
    return [
        {
            "kind": "unstamped",
            "listener": "ledger",
            "from": iso(first),
            "to": iso(last),
            "cause": "no time stamp",
            "detail": "no checkpoint of this span was stamped in time",
        }
        for first, last in unstamped(points, opened)
    ]
