"""How the station stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from stationd.runaways.model import Run
from stationd.timekeeping.model import Clock

__all__ = ["JournalState", "Kept", "LineState", "Overview"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """How far a node's journal has been taken over.

    ``behind`` is how many entries wait, None where this machine cannot read the journal.
    """

    journal: str
    node: str
    position: int
    taken_at: str
    behind: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What this node's journal still has, and how much of it an anchor in the archive covers.

    ``since`` is the time of the oldest entry; ``open_since`` that of the oldest that no stored
    anchor covers and that is therefore never dropped.  None: there is none such.
    """

    entries: int
    since: datetime | None
    released: int
    open: int
    open_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineState:
    """A listener's link; ``heard_at`` None: nothing yet."""

    listener: str
    node: str
    up: bool
    since: str
    why: str
    heard_at: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What is counted once for the whole station.

    ``checkpoint`` is the number of the newest one, None before the first; ``uncovered`` counts
    chains with records that no checkpoint covers yet.  ``supervision`` counts by state.
    ``clocks`` are those of receivers.
    """

    journals: tuple[JournalState, ...]
    lines: tuple[LineState, ...]
    open_gaps: int
    supervision: Mapping[str, int]
    parked: int
    accounts: Mapping[str, int]
    cases: Mapping[str, int]
    orders: Mapping[str, int]
    holds: int
    checkpoint: int | None
    checkpoint_at: str | None
    uncovered: int
    runaways: tuple[Run, ...] = ()
    clocks: tuple[Clock, ...] = ()
    wrong_panels: int = 0
