"""What the audit reads, and what it finds."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["ChainState", "Cursor", "Fault", "Mismatch", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger, as it stands in the database; ``body`` None: purged."""

    seq: int
    t: str
    type: str
    origin: str
    body: bytes | None
    leaf: bytes
    head: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not hold; ``acct`` empty: it is of the whole ledger, ``seq`` 0: of none.

    ``what`` is a word for it, by which the same fault is known again.
    """

    acct: str
    epoch: int
    seq: int
    what: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainState:
    """How far a chain reaches, by ``heads`` and by ``published`` (size 0: not there)."""

    acct: str
    epoch: int
    key: bytes
    size: int
    head: bytes
    published_size: int
    published_head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """How far the running audit is: the chain it is in, and the last row it has hashed."""

    acct: str = ""
    epoch: int = 0
    seq: int = 0
    passes: int = 0
    passed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """A fault that was recorded; ``settled_at`` None: nobody has answered for it yet."""

    id: str
    fault: Fault
    found_at: datetime
    settled_at: datetime | None = None
    settled_by: str | None = None
