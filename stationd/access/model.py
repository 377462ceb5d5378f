"""Who looks, for what, and what custody tells of an account."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["READ", "Act", "Purpose", "Reader"]

READ = "read"
"""The kind of a custody record that says that somebody read something."""


class Purpose(StrEnum):
    """What somebody reads for: a code, since records hold no text that people typed."""

    WORK = "work"
    CASE = "case"
    CLAIM = "claim"
    COURT = "court"
    CUSTOMER = "customer"
    AUDIT = "audit"
    REPAIR = "repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who reads: a login of the station, if there is one, and the machine's user and address."""

    login: str | None
    user: str
    address: str

    @property
    def name(self) -> str:
        """The login; where nobody is logged in, the machine's user, told apart by a prefix."""
        return self.login if self.login is not None else f"os:{self.user}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of custody on an account, a line of the list.

    ``on`` is what was read, or the bundle's order; ``recipient`` and ``purpose`` are those of a
    hand-out where it was one.  Empty: the act has none.
    """

    seq: int
    at: str
    act: str
    by: str
    on: str
    purpose: str
    recipient: str
    address: str
