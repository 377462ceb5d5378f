"""What a crowd sent and what came back, in numbers small enough for a million events."""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

__all__ = ["COUNTS", "Connections", "Measures", "Strange", "latency_ms", "total"]

_MOST_STRANGE = 100


@dataclass(slots=True)
class Measures:
    """The counts of one way.

    ``events``: what there was to report; ``sent``: events that were handed to a connection;
    ``repeats``: sent again; ``acknowledged``: events whose own acknowledgement came;
    ``wrong``: answers that were none of those expected; ``spare``: second acknowledgements of an
    event that was sent more than once; ``refused``: refusals; ``silences``: waits that ended
    without an answer; ``twice``: events sent once more by the second line though they had been
    acknowledged; ``busy``: events that found the receiver's buffer full and waited at the panel.
    ``latencies`` are microseconds, from when it was an event's turn until it was acknowledged,
    whatever that took: a call, repeats, another line.  A panel has one event in flight, and so has
    a receiver.
    """

    events: int = 0
    sent: int = 0
    repeats: int = 0
    acknowledged: int = 0
    wrong: int = 0
    spare: int = 0
    refused: int = 0
    silences: int = 0
    twice: int = 0
    busy: int = 0
    latencies: "array[int]" = field(default_factory=lambda: array("L"))

    @property
    def lost(self) -> int:
        """Events that are not acknowledged."""
        return self.events - self.acknowledged

    def as_json(self) -> Mapping[str, object]:
        """Return the counts and latencies for a report."""
        counts = {name: getattr(self, name) for name in COUNTS}
        return counts | {"lost": self.lost, "latency_ms": latency_ms(self.latencies)}


COUNTS = tuple(each.name for each in fields(Measures) if each.name != "latencies")
"""The names of the plain counts, in the order of a report."""


@dataclass(slots=True)
class Connections:
    """What became of connections.  ``lost``: ended from over there, or by a fault on the way."""

    made: int = 0
    failed: int = 0
    lost: int = 0
    open: int = 0
    most_open: int = 0

    def opened(self) -> None:
        """Count one that was made."""
        self.made += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)

    def closed(self, *, by_us: bool) -> None:
        """Count one that ended."""
        self.open -= 1
        self.lost += not by_us

    def as_json(self) -> Mapping[str, int]:
        """Return the counts for a report."""
        return {
            "made": self.made,
            "failed": self.failed,
            "lost": self.lost,
            "most_open": self.most_open,
        }


class Strange:
    """What answers had wrong about them; the first hundred are enough."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def complain(self, text: str) -> None:
        """Keep ``text``, unless there are enough."""
        if len(self.texts) < _MOST_STRANGE:
            self.texts.append(text)


def total(each: Iterable[Measures]) -> Measures:
    """Return the sum of some ways."""
    summed = Measures()
    for one in each:
        for name in COUNTS:
            setattr(summed, name, getattr(summed, name) + getattr(one, name))
        summed.latencies += one.latencies
    return summed


def latency_ms(latencies: Iterable[int]) -> Mapping[str, float | None]:
    """Return the median, the 99th percentile and the longest of some microseconds, in ms."""
    ordered = sorted(latencies)

    def at(share: float) -> float | None:
        if not ordered:
            return None
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000

    return {"p50": at(0.5), "p99": at(0.99), "max": at(1.0)}
