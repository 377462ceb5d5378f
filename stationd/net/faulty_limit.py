"""A limit on what one peer may make us keep of its noise.

From one peer at most `KEPT` faulty entries a minute are kept whole; the rest are counted, and the
count becomes one entry a fault when the minute is over.  The number of peers watched is bounded as
well: the one heard longest ago is told of first.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from receivers.events import Fault

__all__ = ["KEPT", "MINUTE_NS", "Counted", "FaultyLimit"]

KEPT = 100
"""Faulty entries of one peer that are kept whole in a minute."""

MINUTE_NS = 60 * 10**9
MOST_PEERS = 4096


@dataclass(slots=True)
class Counted:
    """What one peer or network sent that was not kept, with the times of the first and last."""

    peer: str
    fault: str
    count: int
    first: int
    last: int


@dataclass(slots=True)
class _Minute:
    began: int
    kept: int = 0
    rest: dict[Fault, Counted] = field(default_factory=dict)


class FaultyLimit:
    """Which faulty events of a listener are kept; ``ticks`` count minutes, ``at`` is for people."""

    def __init__(self) -> None:
        self._peers: OrderedDict[str, _Minute] = OrderedDict()
        self._over: list[Counted] = []

    def keeps(self, peer: str, fault: Fault, *, at: int, ticks: int) -> bool:
        """Tell whether this one is kept whole; where not, it has been counted."""
        minute = self._minute(peer, ticks)
        if minute.kept < KEPT:
            minute.kept += 1
            return True
        counted = minute.rest.setdefault(fault, Counted(peer, fault.value, 0, at, at))
        counted.count += 1
        counted.last = at
        return False

    def due(self, ticks: int) -> Iterator[Counted]:
        """Yield, once, what was counted in minutes that are over by ``ticks``."""
        for peer in [p for p, m in self._peers.items() if ticks - m.began >= MINUTE_NS]:
            self._close(peer)
        over, self._over = self._over, []
        yield from over

    def everything(self) -> Iterator[Counted]:
        """Yield, once, all that was counted: we stop."""
        for peer in list(self._peers):
            self._close(peer)
        yield from self.due(0)

    def _minute(self, peer: str, ticks: int) -> _Minute:
        minute = self._peers.get(peer)
        if minute is not None and ticks - minute.began >= MINUTE_NS:
            self._close(peer)
            minute = None
        if minute is None:
            minute = self._peers[peer] = _Minute(ticks)
            if len(self._peers) > MOST_PEERS:
                self._close(next(iter(self._peers)))
        self._peers.move_to_end(peer)
        return minute

    def _close(self, peer: str) -> None:
        self._over += self._peers.pop(peer).rest.values()
