"""Holds: orders that stop removal or ending."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stationd.errors import MistakeError

__all__ = ["LIFT_WITHIN", "Hold", "HoldKind", "Reach", "Scope"]

LIFT_WITHIN = timedelta(hours=24)
"""How long the second person has, once the first asked to lift a hold."""


class HoldKind(StrEnum):
    """What a hold stops: removal of records, or the end of service."""

    RECORDS = "records"
    SERVICE = "service"


class Scope(StrEnum):
    """What a hold's reach is told by."""

    ACCOUNT = "account"
    SITE = "site"
    CUSTOMER = "customer"
    RECEIVER = "receiver"
    STATION = "station"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a hold reaches: accounts by a scope, and of those the ones with something in a span.

    ``of`` is an account's number, the id of a site or customer, or a receiver group; empty for the
    whole station.  ``since`` (inclusive) and ``until`` (exclusive) None: no end on that side.
    """

    scope: Scope = Scope.ACCOUNT
    of: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what reaches nobody, or everybody by mistake."""
        if (self.scope is Scope.STATION) == bool(self.of):
            raise MistakeError("A hold names one account, site, customer or receiver group.")
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise MistakeError("The span of a hold ends after it begins.")
        if self.scope is Scope.STATION and (self.since is None or self.until is None):
            raise MistakeError("A hold on the whole station has a span: a beginning and an end.")

    def __str__(self) -> str:
        """Return what is reached, for people."""
        named = "the whole station" if self.scope is Scope.STATION else f"{self.scope} {self.of}"
        since = "" if self.since is None else f" from {self.since:%Y-%m-%d %H:%M} UTC"
        until = "" if self.until is None else f" until {self.until:%Y-%m-%d %H:%M} UTC"
        return f"{named}{since}{until}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A hold.

    ``case_id`` is the case whose own hold it is (None: somebody's order), ``review_at`` None while
    that case is open, ``lifted_at`` None while the hold is in force.  Who asked to lift it, when,
    and the hash of counsel's document stand there until somebody else does, or asks anew.
    """

    id: str
    kind: HoldKind
    reach: Reach
    case_id: str | None
    ground: str
    author: str
    set_at: datetime
    review_at: datetime | None = None
    lifted_at: datetime | None = None
    lifted_by: str | None = None
    lift_asked_by: str | None = None
    lift_asked_at: datetime | None = None
    lift_doc: bytes | None = None

    @property
    def acct(self) -> str | None:
        """The account, where the hold is on one."""
        return self.reach.of if self.reach.scope is Scope.ACCOUNT else None

    @property
    def in_force(self) -> bool:
        """Whether the hold still stops anything."""
        return self.lifted_at is None
