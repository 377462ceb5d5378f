"""How the station stands, with what this machine can see of its own journal."""

from dataclasses import replace

from stationd.clock import from_ns
from stationd.desk import Desk
from stationd.errors import JournalUnavailableError
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released
from stationd.overview.model import JournalState, Kept, Overview
from stationd.overview.store import read_overview

__all__ = ["count_behind", "kept", "overview"]

_AT_ONCE = 10_000
_MOST = 1_000_000


def overview(desk: Desk, reader: JournalReader) -> Overview:
    """Return how the station stands; ``reader`` reads this node's journal, if it is here."""
    with desk.database.reading() as connection:
        found = read_overview(connection)
    try:
        own = reader.id
        journals = [_measured(one, reader) if one.journal == own else one for one in found.journals]
        if own not in {one.journal for one in found.journals}:
            fresh = JournalState(journal=own, node="", position=0, taken_at="")
            journals.append(_measured(fresh, reader))
    except JournalUnavailableError:
        return found
    return replace(found, journals=tuple(journals))


def kept(reader: JournalReader, released: Released | None) -> Kept:
    """Return what the journal that ``reader`` reads has, and what ``released`` lets it drop.

    Raises `JournalUnavailableError` while there is no journal.
    """
    has = reader.extent()
    own = released is not None and released.journal == has.journal
    upto = min(released.position, has.last) if released is not None and own else 0
    waiting = has.last - max(upto, has.first - 1)
    at = reader.received_at(upto + 1) if waiting else None
    return Kept(
        entries=has.last - has.first + 1 if has.last else 0,
        since=None if has.since is None else from_ns(has.since),
        released=upto,
        open=waiting,
        open_since=None if at is None else from_ns(at),
    )


def count_behind(reader: JournalReader, position: int) -> int:
    """Return how many entries stand after ``position``, counting to a million at most."""
    behind = 0
    while behind < _MOST:
        entries = reader.read(position, _AT_ONCE)
        behind += len(entries)
        if len(entries) < _AT_ONCE:
            break
        position = entries[-1].position
    return behind


def _measured(one: JournalState, reader: JournalReader) -> JournalState:
    return replace(one, behind=count_behind(reader, one.position))
