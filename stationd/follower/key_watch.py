"""What frames show of the keys that panels use: the first one under a new key, and faults.

Only numbers that the roster knows are noted, so that nobody can fill a table with invented ones;
what comes from others is parked, and counted there.
"""

from collections.abc import Iterable
from typing import TypeAlias

from receivers.signals import Decoded, Undecoded
from stationd.follower.meaning import note_of
from stationd.follower.model import AccountsOf, Taken
from stationd.journal.model import Kind
from stationd.keys.model import KeyUse, What

__all__ = ["KeyWatch"]

_Place: TypeAlias = tuple[str, str, What, str]

_FAULTS = {
    what.value: what
    for what in (
        What.OLD_KEY,
        What.EARLY_KEY,
        What.UNDECRYPTABLE,
        What.NOT_ENCRYPTED,
        What.STALE,
        What.REPLAYED,
    )
}


class KeyWatch:
    """Reads batches for what they show, and remembers which first uses have been stored."""

    def __init__(self) -> None:
        self._stored: set[_Place] = set()

    def uses(self, taken: Iterable[Taken], accounts: AccountsOf) -> list[KeyUse]:
        """Return what the frames among ``taken`` show, those that show the same in one sum."""
        found: dict[_Place, list[str]] = {}
        for one in taken:
            place = _place(one, accounts)
            if place is not None and place not in self._stored:
                found.setdefault(place, []).append(one.rx)
        return [
            KeyUse(
                group=group,
                number=number,
                what=what,
                key=key,
                count=len(times),
                first_at=min(times),
                last_at=max(times),
            )
            for (group, number, what, key), times in found.items()
        ]

    def stored(self, uses: Iterable[KeyUse]) -> None:
        """Take note that ``uses`` are stored: a first use is told once."""
        self._stored |= {
            (use.group, use.number, use.what, use.key)
            for use in uses
            if use.what in (What.OPENED, What.CHANGED)
        }


def _place(one: Taken, accounts: AccountsOf) -> _Place | None:
    """Return what a frame shows, of which number that the roster knows; None: nothing."""
    if one.entry.kind is not Kind.FRAME or one.listener is None or one.meaning is None:
        return None
    shown = _shown(one, one.meaning)
    if shown is None:
        return None
    what, key, number = shown
    account = accounts(one.listener.group)(number) if number else None
    if account is None or (what is What.CLEAR and not account.keys):
        return None
    return one.listener.group, number, what, key


def _shown(one: Taken, meaning: Decoded | Undecoded) -> tuple[What, str, str] | None:
    """Return what a frame shows, the id of its key, and the number of its transmitter."""
    number = meaning.sender if isinstance(meaning, Decoded) else meaning.number
    fault = note_of(one.entry).get("fault") if one.entry.note else None
    if fault is not None or not isinstance(meaning, Decoded):
        return (_FAULTS[fault], "", number) if fault in _FAULTS else None
    if meaning.key:
        what, _, key = meaning.key.partition(":")
        return What(what), key, number
    return None if meaning.plain else (What.CLEAR, "", number)
