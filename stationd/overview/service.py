"""How the station stands, with what this machine can see of its own journal."""

from dataclasses import replace

from stationd.desk import Desk
from stationd.errors import JournalUnavailableError
from stationd.journal.reader import JournalReader
from stationd.overview.model import JournalState, Overview
from stationd.overview.store import read_overview

__all__ = ["count_behind", "overview"]

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
