"""Holds: orders that stop removal or ending."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Hold", "HoldKind"]


class HoldKind(StrEnum):
    """What a hold stops: removal of records, or the end of service."""

    RECORDS = "records"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold on an account.

    ``case_id`` is the case whose own hold it is (None: somebody's order), ``review_at`` None while
    that case is open, ``lifted_at`` None while the hold is in force.
    """

    id: str
    kind: HoldKind
    acct: str
    case_id: str | None
    ground: str
    author: str
    set_at: datetime
    review_at: datetime | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None

    @property
    def in_force(self) -> bool:
        """Whether the hold still stops anything."""
        return self.lifted_at is None
