"""When a number may be given to an account: rules over the dates and scopes of its links."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.model import Link

__all__ = ["KINDS_OF_SCOPE", "conflict", "overlaps", "scope_fault"]

KINDS_OF_SCOPE = ("areas", "zones", "classes")


def conflict(new: Link, existing: Iterable[Link]) -> Link | None:
    """Return a link that already has what ``new`` would take, or None.

    Two accounts may share a number at one time only where both links have a scope and the
    scopes name nothing in common.
    """
    for link in existing:
        if link.id != new.id and overlaps(link, new) and not _apart(link, new):
            return link
    return None


def overlaps(one: Link, other: Link) -> bool:
    """Tell whether two links have a moment in common; an end is not part of its link."""
    return _before(one.valid_from, other.valid_to) and _before(other.valid_from, one.valid_to)


def scope_fault(scope: Mapping[str, JsonValue]) -> str | None:
    """Return what is wrong with a scope, or None."""
    for kind, members in scope.items():
        if kind not in KINDS_OF_SCOPE:
            return f"a scope has {', '.join(KINDS_OF_SCOPE)}, not {kind}"
        if not isinstance(members, Sequence) or isinstance(members, str) or not members:
            return f"{kind} of a scope is a list that names at least one"
        if not all(isinstance(member, str) for member in members):
            return f"{kind} of a scope names texts"
    return None


def _before(start: datetime, end: datetime | None) -> bool:
    return end is None or start < end


def _apart(one: Link, other: Link) -> bool:
    if one.acct == other.acct:
        return False
    shared = set(one.scope) & set(other.scope)
    return any(not (_members(one, kind) & _members(other, kind)) for kind in shared)


def _members(link: Link, kind: str) -> set[JsonValue]:
    members = link.scope[kind]
    return set(members) if isinstance(members, Sequence) else set()
