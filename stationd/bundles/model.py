"""Bundles ordered, and the files they became."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

__all__ = ["Kind", "Order", "OrderState", "StoredObject"]


class Kind(StrEnum):
    """What a bundle is made for (architecture reference, section 4)."""

    PRIMARY = "primary"
    CLOSING = "closing"
    ON_REQUEST = "on_request"
    REDACTED = "redacted"


class OrderState(StrEnum):
    """How far a bundle is; each is reached once, in this order, or it failed for good.

    ``PURGED``: its files are being removed, or are gone; the row stays.
    """

    ORDERED = "ordered"
    BUILT = "built"
    STORED = "stored"
    VERIFIED = "verified"
    FAILED = "failed"
    PURGED = "purged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A bundle that somebody, or the case table, asked for.

    ``source_id`` is the order of the whole bundle that a redacted copy is of, ``redaction`` how it
    is redacted.
    """

    id: str
    kind: Kind
    acct: str
    epoch: int
    case_id: str | None
    ordered_by: str
    ordered_at: datetime
    state: OrderState
    legal_hold: bool
    retry_at: datetime
    checkpoint: int | None = None
    name: str | None = None
    facts: str | None = None
    content_id: str | None = None
    retain_until: datetime | None = None
    records: int | None = None
    progress: int = 0
    why: str = ""
    tries: int = 0
    lease_by: str | None = None
    lease_until: datetime | None = None
    verified_at: datetime | None = None
    reverify_at: datetime | None = None
    horizon: int | None = None
    source_id: str | None = None
    redaction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """One file of a bundle: its sealed local copy, and where it lies in the archive.

    ``gone_at`` None: no purge has removed it.
    """

    order_id: str
    file: str
    key: str
    size: int
    sha256: str
    path: str
    version_id: str | None = None
    retain_until: datetime | None = None
    mode: str | None = None
    legal_hold: bool = False
    verified_at: datetime | None = None
    gone_at: datetime | None = None
