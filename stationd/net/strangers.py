"""Limits on what networks that nobody knows may make us keep.

A minute at a time, each network has an allowance of signals of unknown numbers and of what cannot
be read, and all networks together have one.  What is beyond is counted, and so is who was not let
in; when the minute is over each network has one entry a reason.  Known accounts are never asked.

Memory is bounded by the figures themselves: an allowance is remembered only of a network of which
something was kept, and beyond `MOST_TOLD` networks the rest are counted together.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum

from receivers.session import Accounts
from stationd.net.faulty_limit import MINUTE_NS, Counted
from stationd.networks import network_of

__all__ = ["ELSEWHERE", "KEPT_LINKS", "MOST_LINKS", "MOST_TOLD", "Reason", "Strangers"]

MOST_TOLD = 256
"""Networks that have entries of their own in a minute; a flood with false senders has no end."""

ELSEWHERE = "other networks"
"""The peer of what was counted beyond those."""

KEPT_LINKS = 60
"""Connections of one network that a receiver's listener tells of in a minute, each with entries."""

MOST_LINKS = 600
"""The same, of all networks together."""


class Reason(StrEnum):
    """Why something was counted and nothing else; stands in an entry where a fault does."""

    UNKNOWN_NUMBER = "unknown_number"
    NOT_ADMITTED = "not_admitted"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TLS_HANDSHAKE = "tls_handshake"
    CONNECTIONS = "connections"


class Strangers:
    """The limits of one listener; ``ticks`` count minutes, ``at`` is for people.

    ``account`` looks a number up; None: a receiver calls, which speaks for accounts of its own.
    ``policy`` says what becomes of an unknown number: ``take``, ``store`` or ``count``.  While
    ``judges`` is false there is no roster to judge by, and it is taken.
    """

    def __init__(
        self,
        account: Accounts | None,
        *,
        policy: str,
        per_network: int,
        in_all: int,
        judges: Callable[[], bool] = lambda: True,
    ) -> None:
        self.account = account
        self._policy = policy
        self._judges = judges
        self._per_network = per_network
        self._in_all = in_all
        self._began: int | None = None
        self._kept: dict[str, int] = {}
        self._kept_in_all = 0
        self._links: dict[str, int] = {}
        self._links_in_all = 0
        self._told: dict[str, dict[str, Counted]] = {}
        self._over: list[Counted] = []

    @property
    def answers(self) -> bool:
        """Whether a signal of an unknown number that is kept is acknowledged as well."""
        return self._policy == "take" or not self._judges()

    def takes(self, host: str, *, at: int, ticks: int) -> bool:
        """Tell whether a signal of an unknown number is kept; where not, it has been counted."""
        if self._policy == "count" and self._judges():
            self.count(host, Reason.UNKNOWN_NUMBER, at=at, ticks=ticks)
            return False
        return self.keeps(host, Reason.UNKNOWN_NUMBER, at=at, ticks=ticks)

    def keeps(self, host: str, what: str, *, at: int, ticks: int) -> bool:
        """Tell whether something of a stranger is kept; where not, it has been counted."""
        self._turn(ticks)
        network = network_of(host)
        kept = self._kept.get(network, 0)
        if kept < self._per_network and self._kept_in_all < self._in_all:
            self._kept[network] = kept + 1
            self._kept_in_all += 1
            return True
        self._count(network, what, at)
        return False

    def keeps_link(self, host: str, *, at: int, ticks: int) -> bool:
        """Tell whether a connection is told of by itself; where not, it has been counted."""
        self._turn(ticks)
        network = network_of(host)
        links = self._links.get(network, 0)
        if links < KEPT_LINKS and self._links_in_all < MOST_LINKS:
            self._links[network] = links + 1
            self._links_in_all += 1
            return True
        self._count(network, Reason.CONNECTIONS, at)
        return False

    def count(self, host: str, what: str, *, at: int, ticks: int) -> None:
        """Count what nothing is kept of."""
        self._turn(ticks)
        self._count(network_of(host), what, at)

    def due(self, ticks: int) -> Iterator[Counted]:
        """Yield, once, what was counted in minutes that are over by ``ticks``."""
        if self._began is not None and ticks - self._began >= MINUTE_NS:
            self._close()
        over, self._over = self._over, []
        yield from over

    def everything(self) -> Iterator[Counted]:
        """Yield, once, all that was counted: we stop."""
        self._close()
        over, self._over = self._over, []
        yield from over

    def _turn(self, ticks: int) -> None:
        """Begin a minute with the first stranger after the last one is over."""
        if self._began is not None and ticks - self._began >= MINUTE_NS:
            self._close()
        if self._began is None:
            self._began = ticks

    def _close(self) -> None:
        for counted in self._told.values():
            self._over += counted.values()
        self._began = None
        self._kept, self._kept_in_all = {}, 0
        self._links, self._links_in_all = {}, 0
        self._told = {}

    def _count(self, network: str, what: str, at: int) -> None:
        told = self._told.get(network)
        if told is None:
            if len(self._told) >= MOST_TOLD:
                network = ELSEWHERE
            told = self._told.setdefault(network, {})
        counted = told.setdefault(what, Counted(network, str(what), 0, at, at))
        counted.count += 1
        counted.last = at
