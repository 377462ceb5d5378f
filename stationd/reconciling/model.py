"""What a list says, what we have, and how the two differ."""

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["Comparison", "Finding", "Listed", "Ours", "PlatformList", "Reconciled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of the platform's list: an account by its number here, or by what its panel sends."""

    line: int
    account: str = ""
    number: str = ""
    group: str = ""
    customer: str = ""

    def __str__(self) -> str:
        """Return what the list calls it."""
        return self.account or f"{self.group} {self.number}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """An account of ours; ``expected``: the platform should have it.

    ``numbers`` are the group and number of each of its panels; ``closed``: its record is.
    """

    acct: str
    customer: str
    expected: bool
    closed: bool
    opened_at: datetime
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference: gone, back, unknown or reused; ``what`` is an account or a number."""

    kind: str
    what: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How a list differs from our accounts.

    ``reused`` has the account of ours whose number it is, and how the list calls it.
    """

    expected: int
    gone: tuple[str, ...]
    back: tuple[str, ...]
    unknown: tuple[str, ...]
    reused: tuple[tuple[str, str], ...]
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformList:
    """A list that was compared."""

    id: str
    name: str
    sha256: str
    at: datetime
    by: str
    accounts: int
    state: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What came of a list: what it showed, the bundles ordered, and numbers heard of nobody."""

    list: PlatformList
    findings: tuple[Finding, ...] = ()
    orders: tuple[str, ...] = ()
    heard: tuple[tuple[str, str, int], ...] = field(default=())
