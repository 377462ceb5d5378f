"""A purge and its items: who proposed and approved what, and how far it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stationd.errors import NotAuthorisedError, RefusedError
from stationd.retention.model import DataClass
from stationd.staff.model import Person, Role
from stationd.tombstones.model import START, Cursor

__all__ = ["FRESH", "Item", "ItemState", "Purge", "PurgeState", "check_second"]

FRESH = 3600
"""Seconds for which a bundle that was read back counts as verified right before a removal."""


class PurgeState(StrEnum):
    """How far a purge is."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


class ItemState(StrEnum):
    """How far an item is; ``REFUSED`` ends it too, whatever of it has gone by then."""

    LISTED = "listed"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A class of one account in a purge.

    ``counts`` is what has gone so far, by kind; ``cursor`` the last record that has.
    """

    purge_id: str
    acct: str
    data_class: DataClass
    place: int
    state: ItemState = ItemState.LISTED
    why: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    cursor: Cursor = START
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Purge:
    """A purge.

    ``listed`` is the exact list in canonical JSON that both persons saw, ``list_sha256`` its hash;
    nothing goes before ``due_at`` (None: not approved).  ``certificate`` and ``certificate_text``
    are the documents that say what was done.
    """

    id: str
    state: PurgeState
    ground: str
    listed: str
    list_sha256: str
    proposed_by: str
    proposed_role: Role
    proposed_at: datetime
    approved_by: str | None = None
    approved_role: Role | None = None
    approved_at: datetime | None = None
    due_at: datetime | None = None
    retry_at: datetime | None = None
    why: str = ""
    ended_at: datetime | None = None
    ended_by: str | None = None
    certificate: bytes | None = None
    certificate_text: bytes | None = None


def check_second(purge: Purge, by: Person) -> None:
    """Raise unless ``by`` may be the second of the two persons: another one, one a manager."""
    if purge.proposed_by == by.login:
        raise RefusedError(
            f"{by.login} proposed purge {purge.id}. It takes two persons: another manager or an "
            "administrator approves."
        )
    if Role.MANAGER not in (purge.proposed_role, by.role):
        raise NotAuthorisedError(
            f"Purge {purge.id} was proposed by an administrator; a manager approves it. "
            "Administrators run the machine and do not decide over records alone."
        )
