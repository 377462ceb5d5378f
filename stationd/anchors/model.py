"""Anchors: a checkpoint's note, the stamps over it, and what of it lies in the archive."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Anchor", "Progress", "Stamp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """An authority's reply over an anchor's note; ``good``: stamped soon enough to be a point."""

    n: int
    place: int
    authority: str
    reply: bytes
    stamped_at: datetime
    policy: str
    good: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A checkpoint that is to be stamped, or was: the exact bytes of its note, and its stamps."""

    n: int
    note: bytes
    entry: bytes
    time: datetime
    begun_at: datetime
    stamps: tuple[Stamp, ...] = ()

    @property
    def good(self) -> bool:
        """Whether its first stamp came soon enough."""
        return bool(self.stamps) and self.stamps[0].good


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far anchoring is, read at one moment.

    ``newest`` is the newest signed checkpoint with its time, ``begun`` the newest anchor that was
    begun, ``stamped`` the newest that has a stamp, ``good`` the newest that is a point;
    ``unstored`` says since when the oldest stamped anchor waits for the archive.  None: there is
    none.
    """

    newest: tuple[int, datetime] | None = None
    first_at: datetime | None = None
    begun: tuple[int, datetime] | None = None
    stamped: tuple[int, datetime] | None = None
    good: tuple[int, datetime] | None = None
    unstored: datetime | None = None
