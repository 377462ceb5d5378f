"""Reading what is kept anew: a pass over entries, page by page.

A page is read and decoded without a transaction of its own being held, then compared with what the
ledger has, and only where something changes written in one short transaction, which looks again at
what it writes about.  Whatever is done is found done by the next pass, so a pass may be cut short
anywhere; one that is asked for again with the same tools goes on where it was.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Protocol

from archive.canonical import JsonValue
from stationd.clock import from_ns, iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.follower.batch import numbers_of
from stationd.follower.store import read_owners
from stationd.journal.model import Entry, decode_body
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.redecoding import store
from stationd.redecoding.counting import Counting
from stationd.redecoding.model import Asked, Cursor, Known, Report, Run, Stored, Tools
from stationd.redecoding.plan import Owners, Plan, plan
from stationd.redecoding.reading import Read, Timeline, read_anew
from stationd.redecoding.writing import write
from stationd.schedule.store import release_lease, take_lease
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["Told", "look", "redecode"]

_PAGE = 500
_LEASE = "redecode"
_LEASE_FOR = timedelta(minutes=10)
# A page that changes nothing writes nothing; how far the pass is, is stored every so many pages.
_STORED_EVERY = 20


class Told(Protocol):
    """Who is told how far a pass is."""

    def __call__(self, report: Report) -> None:
        """Take note of what was found so far."""


def _nobody(report: Report) -> None:
    """Tell nobody."""


def look(desk: Desk, asked: Asked, tools: Tools, *, told: Told = _nobody) -> Report:
    """Return what reading anew would change; nothing is written."""
    counting = Counting()
    for page in _Pages(desk, asked, tools):
        for read, change in _changes(desk, page):
            counting.add(read, change)
        counting.pass_over(page)
        told(counting.report)
    return counting.report


def redecode(
    desk: Desk,
    asked: Asked,
    tools: Tools,
    *,
    by: Person,
    told: Told = _nobody,
    most_pages: int | None = None,
) -> Report:
    """Read anew and record what changes; ``report.finished`` is False after ``most_pages``.

    Goes on where a pass that asked the same was cut short; its counts are counted on.
    """
    require(by, Right.RUN_MACHINE)
    run = _begin(desk, tools.versions(asked), by)
    counting = Counting(run.counts)
    since_stored = 0
    for number, page in enumerate(_Pages(desk, asked, tools, run.cursor)):
        if most_pages is not None and number == most_pages:
            _store(desk, run)
            counting.report.finished = False
            return counting.report
        wrote = _apply(desk, page, tools, run, counting)
        counting.pass_over(page)
        run = replace(run, cursor=page.after, counts=dict(counting.report.counts))
        since_stored += 1
        if wrote or since_stored >= _STORED_EVERY:
            _store(desk, run)
            since_stored = 0
        told(counting.report)
    _finish(desk, run, tools)
    return counting.report


# --- Pages ---


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries read anew, and where the next page begins."""

    reads: Sequence[Read]
    entries: int
    purged: int
    after: Cursor


@dataclass(slots=True)
class _Pages:
    """The pages of a pass, in order, from ``after`` on."""

    desk: Desk
    asked: Asked
    tools: Tools
    after: Cursor | None = None
    timelines: dict[str, Timeline] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Page]:
        with self.desk.database.reading() as connection:
            scopes = list(self.asked.accounts) or store.read_journals(connection)
        for scope in scopes:
            cursor = self._start(scope, scopes)
            while cursor is not None:
                stored, cursor = self._stored(cursor)
                if cursor is not None:
                    yield self._page(stored, cursor)

    def _start(self, scope: str, scopes: Sequence[str]) -> Cursor | None:
        """Return where a scope begins; None: a pass before has done with it."""
        if self.after is None or self.after[0] not in scopes:
            return (scope, 0, 0)
        here, done = scopes.index(scope), scopes.index(self.after[0])
        if here < done:
            return None
        return self.after if here == done else (scope, 0, 0)

    def _stored(self, cursor: Cursor) -> tuple[list[Stored], Cursor | None]:
        scope, first, second = cursor
        with self.desk.database.reading() as connection:
            if not self.asked.accounts:
                found = store.read_entries_page(connection, scope, first, _PAGE)
                return found, (scope, found[-1].position, 0) if found else None
            found, last = store.read_accounts_page(connection, scope, (first, second), _PAGE)
            return found, None if last is None else (scope, *last)

    def _page(self, stored: Sequence[Stored], after: Cursor) -> Page:
        reads = []
        for one in stored:
            if one.body is None:
                continue
            entry = decode_body(one.body, position=one.position, link=one.link)
            if _wanted(entry, self.asked):
                then = self._timeline(one.journal).at(entry.position, entry.listener)
                read = read_anew(one.journal, entry, then, self.tools)
                reads += [] if read is None else [read]
        purged = sum(one.body is None for one in stored)
        return Page(reads, len(stored), purged, after)

    def _timeline(self, journal: str) -> Timeline:
        if journal not in self.timelines:
            with self.desk.database.reading() as connection:
                self.timelines[journal] = Timeline(store.read_started(connection, journal))
        return self.timelines[journal]


def _wanted(entry: Entry, asked: Asked) -> bool:
    if asked.listeners and entry.listener not in asked.listeners:
        return False
    if asked.since is None and asked.until is None:
        return True
    rx = iso(from_ns(entry.received_at))
    return (asked.since is None or rx >= asked.since) and (asked.until is None or rx < asked.until)


# --- Comparing ---


def _changes(desk: Desk, page: Page) -> list[tuple[Read, Plan]]:
    with desk.database.reading() as connection:
        return _compared(connection, page)


def _compared(connection: Connection, page: Page) -> list[tuple[Read, Plan]]:
    """Return each entry of a page with what it changes."""
    by_journal: dict[str, list[Read]] = {}
    for read in page.reads:
        by_journal.setdefault(read.journal, []).append(read)
    found = []
    for journal, reads in by_journal.items():
        positions = [read.entry.position for read in reads]
        known = store.read_known(connection, journal, positions)
        parked = store.read_parked(connection, journal, positions)
        owners = _owners(connection, reads, known)
        found += [
            (
                read,
                plan(
                    read,
                    known.get(read.entry.position, ()),
                    parked.get(read.entry.position, ()),
                    owners,
                ),
            )
            for read in reads
        ]
    return found


def _owners(
    connection: Connection, reads: Sequence[Read], known: Mapping[int, Sequence[Known]]
) -> Owners:
    """Return whose the numbers are that are read now, and those that were read before."""
    numbers = numbers_of(piece.taken for read in reads for piece in read.pieces)
    for read in reads:
        for piece in read.pieces:
            group = piece.taken.listener.group if piece.taken.listener else ""
            numbers.setdefault(group, set()).update(
                str(one.reading["number"])
                for one in known.get(read.entry.position, ())
                if "number" in one.reading
            )
    return read_owners(connection, numbers)


# --- Applying ---


def _begin(desk: Desk, asked: str, by: Person) -> Run:
    """Return the pass that was cut short, or a new one; only one works at a time."""
    with desk.database.writing() as connection:
        now = desk.clock.now()
        run = store.find_run(connection, asked) or Run(
            id=desk.ids.identifier(),
            asked=asked,
            by=by.login,
            began_at=iso(now),
            cursor=None,
            counts={},
        )
        if not take_lease(connection, _LEASE, run.id, now=now, length=_LEASE_FOR):
            raise UnavailableError(
                "Another pass of `stationctl redecode --apply` is at work. If it was cut short, "
                f"its lease ends {_LEASE_FOR // timedelta(minutes=1)} minutes after its last page."
            )
        store.record_run(connection, run)
    return run


def _apply(desk: Desk, page: Page, tools: Tools, run: Run, counting: Counting) -> bool:
    """Write what a page changes; tell whether it was anything."""
    changes = _changes(desk, page)
    if all(change.empty for _, change in changes):
        for read, change in changes:
            counting.add(read, change)
        return False
    with desk.database.writing() as connection:
        # Seen again under the lock: somebody may have claimed one of them meanwhile.
        changes = _compared(connection, page)
        write(connection, desk, [change for _, change in changes], tools=tools, by=run.by)
    for read, change in changes:
        counting.add(read, change)
    return True


def _store(desk: Desk, run: Run) -> None:
    with desk.database.writing() as connection:
        now = desk.clock.now()
        take_lease(connection, _LEASE, run.id, now=now, length=_LEASE_FOR)
        store.record_run(connection, run)


def _finish(desk: Desk, run: Run, tools: Tools) -> None:
    """Note that a pass is over, in the station's chain too."""
    fields: dict[str, JsonValue] = {
        "by": run.by,
        "counts": dict(run.counts),
        "kind": "redecoded",
        "software": tools.software,
        "table": tools.table,
    }
    if tools.own.version:
        fields["own"] = tools.own.version
    with desk.database.writing() as connection:
        now = desk.clock.now()
        draft = RecordDraft(STATION, RecordType.CONFIG, Origin.HUMAN, fields)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        store.record_run(connection, run, ended_at=iso(now))
        release_lease(connection, _LEASE, run.id)
