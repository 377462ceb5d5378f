"""The rules of a change of keys: which keys count, until when, and how far it is.

Keys stand in the order in which they were added.  A key may end those before it a while after the
first frame under it; when that was is read from the journal, so the same frames give the same ends
whenever they are read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stationd.accounts.model import SealedKey
from stationd.errors import MistakeError
from stationd.keys.model import Ends, State, What

__all__ = ["counting", "in_force", "named", "progress", "with_key"]

Seen = Mapping[str, datetime]
"""When the first frame under a key was received, by the key's id."""


def with_key(
    keys: Sequence[SealedKey], new: SealedKey, ends: Ends, now: datetime
) -> tuple[SealedKey, ...]:
    """Return ``keys`` and the new one, which ends them as ``ends`` says; or raise `MistakeError`.

    A panel must not be left without a key that counts between the old one and the new one.
    """
    begins = now if new.valid_from is None else new.valid_from
    if ends.until is not None and ends.until < begins:
        raise MistakeError(
            f"The old key would end {ends.until:%Y-%m-%d %H:%M} UTC, before the new one begins "
            f"{begins:%Y-%m-%d %H:%M} UTC: between the two no key would count."
        )
    olds = [_ended(key, ends.until) for key in keys]
    return (*olds, replace(new, overlap=ends.overlap, added_at=now))


def in_force(keys: Sequence[SealedKey], seen: Seen) -> tuple[SealedKey, ...]:
    """Return ``keys`` with the ends that the use of newer ones has brought."""
    end: datetime | None = None
    found: list[SealedKey] = []
    for key in reversed(keys):
        found.append(_ended(key, end))
        first = seen.get(key.id)
        if first is not None and key.overlap is not None:
            brings = first + timedelta(seconds=key.overlap)
            end = brings if end is None else min(end, brings)
    return tuple(reversed(found))


def named(keys: Sequence[SealedKey], seen: Seen) -> dict[str, str]:
    """Return the names, by id, of keys whose first frame is waited for.

    A name is what that frame will be noted as (``changed``: it ends keys before it) and the id.
    Only keys that were added with an overlap wait: nothing depends on the others.
    """
    return {
        key.id: f"{What.CHANGED if place else What.OPENED}:{key.id}"
        for place, key in enumerate(keys)
        if key.overlap is not None and key.id not in seen
    }


def counting(key: SealedKey, at: datetime) -> bool:
    """Tell whether a key counts at a moment."""
    return (key.valid_from is None or key.valid_from <= at) and (
        key.valid_to is None or at < key.valid_to
    )


def progress(keys: Sequence[SealedKey], seen: Seen, now: datetime) -> tuple[State, str]:
    """Return how far the change to the newest key is, and a sentence that says so."""
    if not keys:
        return State.NONE, "There is no key."
    *before, newest = in_force(keys, seen)
    first = seen.get(newest.id)
    if newest.valid_from is not None and now < newest.valid_from:
        return State.PENDING, f"The newest key begins {_day(newest.valid_from)}."
    olds = [key for key in before if counting(key, now)]
    if olds:
        return _changing(olds, first)
    if not counting(newest, now):
        return State.NONE, "No key counts any more."
    return State.ONE, f"One key counts{'' if first is None else f', seen since {_day(first)}'}."


def _changing(olds: Sequence[SealedKey], first: datetime | None) -> tuple[State, str]:
    """Return how a change stands while keys before the newest still count."""
    ends = [key.valid_to for key in olds if key.valid_to is not None]
    last = f" The old one ends {_day(max(ends))}." if len(ends) == len(olds) else ""
    if first is None:
        return State.BOTH, f"Both keys count; the new one has not been seen.{last}"
    said = f"The new key has been seen since {_day(first)}; the old one still counts.{last}"
    return State.SEEN, said


def _ended(key: SealedKey, end: datetime | None) -> SealedKey:
    if end is None or (key.valid_to is not None and key.valid_to <= end):
        return key
    return replace(key, valid_to=end)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
