"""A renewal: a list of what is stored, its stamps, and what of it lies in the archive."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Renewal", "Stamp", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """An object of a bundle in the archive; ``sha512`` is empty until it has been read for it."""

    key: str
    version_id: str
    size: int
    sha256: str
    sha512: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """An authority's reply over a list."""

    place: int
    authority: str
    reply: bytes
    stamped_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A list, and how far it is; ``stored``: all of it lies in the archive."""

    n: int
    content: bytes
    sha256: str
    sha512: str
    objects: int
    made_at: datetime
    stamps: tuple[Stamp, ...] = ()
    stored: bool = False
