"""Imports: what goes in, where faults are, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Arrangement", "Fault", "ImportOrder", "ImportReport", "Place", "Source"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of a file; lines count from 1, the header's."""

    file: str
    line: int

    def __str__(self) -> str:
        """Return the place as people find it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong on a line, as a sentence."""

    place: Place
    text: str

    def __str__(self) -> str:
        """Return the fault with its place."""
        return f"{self.place}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to import: its name, for messages, and its bytes."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """How files are read.

    ``columns`` maps a column's heading to a field, ``defaults`` gives fields that no cell gives.
    ``dates`` is a `strptime` format; ``delimiter`` empty: found out from the header.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    dates: str = "%Y-%m-%d"
    encoding: str = "utf-8"
    delimiter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What to import, and whether only to look (a dry run does everything but write)."""

    sources: Sequence[Source]
    arrangement: Arrangement
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did, or in a dry run would do; rows that are counted once each."""

    rows: int
    new: int
    changed: int
    unchanged: int
    accounts_opened: int
    accounts_changed: int
    transmitters: int
    links: int
    ignored_columns: tuple[str, ...]
    applied: bool
