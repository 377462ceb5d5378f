"""Who is connected to a listener, from which networks, and who makes room for another."""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from stationd.networks import network_of

__all__ = ["STRANGER_NS", "Caller", "Callers"]

STRANGER_NS = 30 * 10**9
"""Age at which a connection without a signal of a known account may have to make room."""

_LOOK_AGAIN_NS = 10**9


class Caller(Protocol):
    """One connection, as far as this is about it; times are ticks."""

    @property
    def host(self) -> str:
        """Where it comes from."""

    @property
    def since(self) -> int:
        """When it was made."""

    @property
    def heard(self) -> int | None:
        """When its last good signal of a known account came; None: none did."""

    def stop_reading(self) -> None:
        """Read no more of it: we stop."""

    def hang_up(self, cause: str) -> None:
        """End it."""


class Callers:
    """The connections of one listener: no more than ``most``, and ``per_network`` of a network.

    When there is no more room, whoever said nothing for the longest time makes some: first those
    that never sent a signal of a known account, then those silent for more than ``idle_ns``.
    """

    def __init__(self, *, most: int, per_network: int, idle_ns: int) -> None:
        self._most = most
        self._per_network = per_network
        self._idle_ns = idle_ns
        self._callers: dict[Caller, str] = {}
        self._networks: Counter[str] = Counter()
        self._not_before: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._callers)

    def __iter__(self) -> Iterator[Caller]:
        return iter(list(self._callers))

    def add(self, caller: Caller) -> None:
        """Count a caller in."""
        network = network_of(caller.host)
        self._callers[caller] = network
        self._networks[network] += 1

    def discard(self, caller: Caller) -> None:
        """Count a caller out, where it was counted in."""
        network = self._callers.pop(caller, None)
        if network is not None:
            self._networks[network] -= 1
            if not self._networks[network]:
                del self._networks[network]

    def room(self, host: str, now: int) -> bool:
        """Tell whether there is room for a caller from ``host``, made by another if need be."""
        network = network_of(host)
        if self._networks[network] >= self._per_network:
            return self._make_room(network, now)
        return len(self._callers) < self._most or self._make_room("", now)

    def _make_room(self, network: str, now: int) -> bool:
        """End the connection that is most likely nobody's; of ``network``, where that is full."""
        # Where nobody at all may go, nobody of any network may.
        if any(now < self._not_before.get(full, now) for full in (network, "")):
            return False
        idle = [
            caller
            for caller, its in self._callers.items()
            if (not network or its == network) and self._may_go(caller, now)
        ]
        if not idle:
            # A flood of calls must not make us look through all of them each time.
            self._not_before = {n: at for n, at in self._not_before.items() if now < at}
            self._not_before[network] = now + _LOOK_AGAIN_NS
            return False
        longest = min(idle, key=_last_sign)
        self.discard(longest)
        longest.hang_up("made room for another connection")
        return True

    def _may_go(self, caller: Caller, now: int) -> bool:
        if caller.heard is None:
            return now - caller.since >= STRANGER_NS
        return now - caller.heard >= self._idle_ns


def _last_sign(caller: Caller) -> tuple[bool, int]:
    """Order strangers before those who are known, and each by how long they said nothing."""
    known = caller.heard is not None
    return known, caller.heard if caller.heard is not None else caller.since
