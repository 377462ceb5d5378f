"""Dealers, customers, sites, contracts, accounts and transmitters."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.canonical import JsonValue

__all__ = [
    "ACCT_PATTERN",
    "Account",
    "Contract",
    "Customer",
    "Dealer",
    "Link",
    "Opening",
    "Ownership",
    "Party",
    "RecordState",
    "SealedKey",
    "Service",
    "Site",
    "Standing",
    "Transmitter",
    "is_acct",
]

ACCT_PATTERN = r"[A-Za-z0-9._-]{1,32}"
_ACCT = re.compile(ACCT_PATTERN)


def is_acct(text: str) -> bool:
    """Tell whether ``text`` may be an account's number here; ``station`` names another chain."""
    return _ACCT.fullmatch(text) is not None and text != "station"


class Party(StrEnum):
    """With whom the contract is."""

    STATION = "station"
    DEALER = "dealer"


class Standing(StrEnum):
    """How a contract stands (terms, 5)."""

    CURRENT = "current"
    PAST_DUE = "past_due"
    IN_DEFAULT = "in_default"
    DISPUTED = "disputed"
    IN_COLLECTION = "in_collection"
    IN_LITIGATION = "in_litigation"
    BANKRUPTCY_STAY = "bankruptcy_stay"
    ENDED = "ended"


class Service(StrEnum):
    """What an account's signals are answered with."""

    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDED = "ended"


class RecordState(StrEnum):
    """What becomes of an account's record."""

    OPEN = "open"
    CLOSED = "closed"
    PURGED = "purged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dealer:
    """An alarm company whose customers the station monitors."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A party to contracts.  ``details`` has address, phone and e-mail."""

    id: str
    name: str
    dealer_id: str | None = None
    details: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Protected premises.  ``zone`` is an IANA time zone."""

    id: str
    customer_id: str
    name: str
    address: str
    zone: str
    jurisdiction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A contract; it has one account.  ``cure_days`` None: no right to cure."""

    id: str
    site_id: str
    number: str
    party: Party = Party.STATION
    standing: Standing = Standing.CURRENT
    notice_days: int = 30
    cure_days: int | None = None
    terms: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One contract's monitored service at one site.

    ``epoch`` takes new records.  ``details`` has ``systems`` (a list of system classes), test
    interval, schedule and authorities.
    """

    acct: str
    contract_id: str
    service: Service
    record: RecordState
    epoch: int
    details: Mapping[str, JsonValue]
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedKey:
    """A panel's key, sealed, and from when to when it counts (None: without an end).

    ``overlap`` is the seconds after which keys before this one end, counted from the first frame
    under it; None: its use does not end them.
    """

    sealed: str = field(repr=False)
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    overlap: int | None = None
    added_at: datetime | None = None

    @property
    def id(self) -> str:
        """What the key is told by in rows and records: the seal, which says nothing of the key."""
        return hashlib.sha256(self.sealed.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transmitter:
    """A number that a panel sends, and what answering it needs.

    ``window_back`` and ``window_ahead`` are seconds around our clock (None: not checked),
    ``poll_interval`` seconds (None: unsupervised).  Until ``quarantined_until`` the number of a
    closed account is given to nobody else.
    """

    id: str
    group: str
    number: str
    protocol: str = ""
    keys: tuple[SealedKey, ...] = ()
    window_back: int | None = 40
    window_ahead: int | None = 20
    poll_interval: int | None = None
    switches: frozenset[str] = frozenset()
    quarantined_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Which account a transmitter belongs to, from (inclusive) when to (exclusive) when.

    ``scope`` may have ``areas``, ``zones`` and ``classes``, lists of texts; empty: everything.
    """

    id: str
    transmitter_id: str
    acct: str
    scope: Mapping[str, JsonValue]
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ownership:
    """From when to when, and in which scope, a number belongs to an account."""

    valid_from: datetime
    valid_to: datetime | None = None
    scope: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Everything that belongs to one account, as it is opened."""

    customer: Customer
    site: Site
    contract: Contract
    acct: str
    service: Service = Service.ACTIVE
    details: Mapping[str, JsonValue] = field(default_factory=dict)
