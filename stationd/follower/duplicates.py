"""The same event by another receiver or path: linked, never dropped.

A panel that reports over two paths, or a receiver that is heard on two lines or by two nodes, gives
one event twice.  The second record names the first one's entry (``duplicate_of``); both stay, and a
person may judge otherwise.  A frame that comes again on one path is a repeat, which the session
marks.

Which record is the first, is by the order of appending.  Two nodes are taken over side by side, so
what the other one received a moment later may stand there before.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from receivers.signals import Signal
from stationd.clock import from_ns, iso
from stationd.follower.model import Owner, Taken

__all__ = ["Duplicates", "Heard", "earliest", "latest", "several_paths"]

# A second path over a telephone line takes most of a minute; two alarms of one zone within it
# that are not one are marked too, and both are there to see.
_WITHIN_NS = 60 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event of an account as one path brought it: what it said, and the entry it is in."""

    acct: str
    signal_class: str
    code: str
    zone: str
    user: str
    area: str
    listener: str
    number: str
    rx: str
    journal: str
    position: int
    part: int


def earliest(received_at: int) -> str:
    """Return the earliest time at which an event is still the same as one at ``received_at``."""
    return iso(from_ns(received_at - _WITHIN_NS))


def latest(received_at: int) -> str:
    """Return the latest time at which an event is still the same as one at ``received_at``."""
    return iso(from_ns(received_at + _WITHIN_NS))


def several_paths(
    owners: Mapping[tuple[str, str], Iterable[Owner]], listeners: Mapping[str, int]
) -> set[str]:
    """Return the accounts that more than one path can bring an event of.

    ``listeners`` says how many listeners of all nodes a receiver group has.
    """
    return {
        owner.acct
        for (group, _), found in owners.items()
        for owner in found
        if owner.paths > 1 or listeners.get(group, 0) > 1
    }


class Duplicates:
    """Recent events of the accounts that more than one path leads to."""

    def __init__(self, accts: Iterable[str], recent: Iterable[Heard]) -> None:
        self._accts = frozenset(accts)
        self._recent: dict[tuple[str, ...], list[Heard]] = {}
        for heard in recent:
            self._recent.setdefault(_event(heard), []).append(heard)

    def find(
        self, acct: str, signal: Signal, taken: Taken, journal: str, part: int
    ) -> Heard | None:
        """Return the first record of the event that another path brought; remember this one."""
        if acct not in self._accts:
            return None
        heard = Heard(
            acct=acct,
            signal_class=str(signal.signal_class),
            code=signal.code,
            zone=signal.zone,
            user=signal.user,
            area=signal.area,
            listener=taken.entry.listener,
            number=signal.number,
            rx=taken.rx,
            journal=journal,
            position=taken.entry.position,
            part=part,
        )
        alike = self._recent.setdefault(_event(heard), [])
        received_at = taken.entry.received_at
        since, until = earliest(received_at), latest(received_at)
        found = next((one for one in alike if _elsewhere(one, heard, since, until)), None)
        alike.append(heard)
        return found


def _event(heard: Heard) -> tuple[str, ...]:
    return (heard.acct, heard.signal_class, heard.code, heard.zone, heard.user, heard.area)


def _elsewhere(one: Heard, heard: Heard, since: str, until: str) -> bool:
    """Tell whether another path brought the event; two nodes may call their listeners alike."""
    if one.journal != heard.journal:
        return since <= one.rx <= until
    other_path = (one.listener, one.number) != (heard.listener, heard.number)
    return other_path and since <= one.rx <= heard.rx
