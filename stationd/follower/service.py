"""Following a journal: entries in, records out, in order and exactly once.

One batch is one transaction of the station database: its entries, their records, the index over
them, what is parked, the state of lines, and how far the journal has been taken.  Killed at any
instant, the next call goes on behind the last batch that was committed.

Links are checked and frames decoded before that transaction begins, so that it is short.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol

from archive.canonical import JsonValue
from receivers.own_codes import NO_OWN_CODES, OwnCodes
from receivers.registry import RECEIVERS
from receivers.session import ReceiverSpec
from stationd.clock import from_ns, iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import JournalBrokenError
from stationd.follower import store
from stationd.follower.batch import Batch, heartbeats, numbers_of
from stationd.follower.duplicates import Duplicates, earliest, latest, several_paths
from stationd.follower.key_watch import KeyWatch
from stationd.follower.meaning import taken
from stationd.follower.model import AccountsOf, ListenerFacts, Place, Taken
from stationd.follower.runaway import read_runaways
from stationd.follower.timing import ClockWatch, keys_of
from stationd.follower.watch import Watch
from stationd.gaps.store import read_open_gaps, record_gaps
from stationd.journal.model import Entry
from stationd.keys.store import record_uses
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.runaways.model import policy_of
from stationd.runaways.store import record_runs
from stationd.signals import store as signal_store
from stationd.supervision import service as supervision
from stationd.timekeeping.store import read_clocks, record_clocks

__all__ = ["Journal", "follow", "note_reached"]


class Journal(Protocol):
    """What the follower reads: `stationd.journal.reader.JournalReader`."""

    @property
    def id(self) -> str:
        """The journal's random id, 32 hex digits."""

    def read(self, after: int, count: int) -> list[Entry]:
        """Return up to ``count`` entries behind position ``after``, in order."""


def follow(  # noqa: PLR0913  (what is followed, and what entries are read with)
    desk: Desk,
    reader: Journal,
    *,
    node: str,
    accounts: AccountsOf,
    most: int = 3000,
    receivers: Mapping[str, ReceiverSpec] = RECEIVERS,
    key_watch: KeyWatch | None = None,
    own: OwnCodes = NO_OWN_CODES,
    zones: Mapping[str, tzinfo] | None = None,
) -> int:
    """Take the next entries of ``reader``'s journal; return how many, 0: nothing is new.

    ``accounts`` gives, for a receiver group, the roster's look-up (encrypted frames need keys), and
    ``key_watch`` has read the batches before; ``own`` explains codes of the station's own;
    ``zones`` are those of receivers' clocks.
    Raises `JournalBrokenError` where the journal does not continue what was taken.
    """
    journal = reader.id
    with desk.database.reading() as connection:
        place = store.read_place(connection, journal, node)
        listeners = store.read_listeners(connection, journal)
    asked = desk.clock.now()
    entries = _read(reader, place, most)
    if not entries:
        return 0
    # A full batch says nothing of what stands behind it.
    last = from_ns(entries[-1].received_at)
    reached = asked if len(entries) < most else min(asked, last)
    started = dict(listeners)
    read = taken(entries, place, listeners=started, receivers=receivers, accounts=accounts, own=own)
    batch = list(read)
    key_watch = key_watch or KeyWatch()
    uses = key_watch.uses(batch, accounts)
    with desk.database.writing() as connection:
        if store.read_place(connection, journal, node) != place:
            # Another worker took them meanwhile.
            return 0
        watch = _take(connection, desk, place, batch, started)
        _watch_clocks(connection, node, batch, zones)
        end = batch[-1].entry
        taken_to = dataclasses.replace(place, position=end.position, link=end.link)
        store.record_place(connection, taken_to, iso(reached))
        record_uses(connection, uses)
        if place.position == 0:
            store.record_first(connection, journal, batch[0].rx)
        if watch.start is not None:
            store.record_start(connection, journal, watch.start)
        if started != listeners:
            store.record_listeners(connection, journal, started)
    key_watch.stored(uses)
    return len(batch)


def _read(reader: Journal, place: Place, most: int) -> list[Entry]:
    """Read what is behind ``place``; the entry at it must still be the one that was taken."""
    try:
        entries = reader.read(max(place.position - 1, 0), most + 1)
    except ValueError as error:
        msg = f"node {place.node}, journal {place.journal}: {error}"
        raise JournalBrokenError(msg) from error
    if entries and entries[0].position == place.position:
        if entries[0].link != place.link:
            msg = (
                f"node {place.node}: entry {place.position} of journal {place.journal} is not the "
                "one that was taken; an older copy of the file was put back. Nothing of it is "
                "taken; keep the file and compare it with a backup."
            )
            raise JournalBrokenError(msg)
        entries = entries[1:]
    return entries[:most]


def _take(
    connection: Connection,
    desk: Desk,
    place: Place,
    taken: Sequence[Taken],
    listeners: Mapping[str, ListenerFacts],
) -> Watch:
    """Write what a batch becomes; the caller's transaction commits it all or nothing."""
    now = desk.clock.now()
    last = store.read_last(connection, place)
    if place.position == 0:
        last = _new_journal(connection, desk, place, now)
    if store.record_returned(connection, place.journal):
        _returned(connection, desk, place, now)
    watch = Watch(
        place.node,
        lines=store.read_lines(connection, place.node),
        tallies=store.read_tallies(connection, place.journal),
        gaps=read_open_gaps(connection, place.node),
        last=last,
        ids=desk.ids,
        boot=store.read_boot(connection, place.node),
    )
    owners = store.read_owners(connection, numbers_of(taken))
    several = several_paths(owners, store.count_listeners(connection, place, listeners))
    times = [one.entry.received_at for one in taken]
    since, until = earliest(min(times)), latest(max(times))
    batch = Batch(
        journal=place.journal,
        node=place.node,
        watch=watch,
        owners=owners,
        runaways=read_runaways(connection, policy_of(desk.policies), taken, owners),
        duplicates=Duplicates(several, store.read_heard(connection, several, since, until)),
    )
    for one in taken:
        batch.take(one)
    store.record_entries(connection, place.journal, taken)
    _append(connection, desk, batch, now)
    signal_store.record_parked(connection, batch.parked)
    supervision.take_polls(connection, batch.polls)
    supervision.take_signals(connection, batch.heard())
    store.record_lines(connection, watch.lines())
    store.record_tallies(connection, place.journal, watch.tallies())
    record_gaps(connection, watch.gaps())
    store.record_heard_hours(connection, watch.heard())
    record_runs(connection, batch.runaways.runs())
    return watch


def _watch_clocks(
    connection: Connection,
    node: str,
    taken: Sequence[Taken],
    zones: Mapping[str, tzinfo] | None,
) -> None:
    """Note what a batch shows of the clocks of receivers and panels."""
    if keys := keys_of(taken):
        clocks = ClockWatch(node, clocks=read_clocks(connection, node, keys), zones=zones)
        for one in taken:
            clocks.take(one)
        record_clocks(connection, clocks.clocks())


def note_reached(desk: Desk, journal: str, node: str, at: datetime) -> None:
    """Note that a journal was followed to its end at ``at``; closings of all nodes wait for it."""
    with desk.database.writing() as connection:
        place = store.read_place(connection, journal, node)
        store.record_reached(connection, place, iso(at))


def _returned(connection: Connection, desk: Desk, place: Place, now: datetime) -> None:
    """Take up again a journal that was retired, with an alarm and a record."""
    fields: dict[str, JsonValue] = {
        "journal": place.journal,
        "kind": "journal_returned",
        "node": place.node,
        "position": place.position,
    }
    draft = RecordDraft(STATION, RecordType.LINE, Origin.MACHINE, fields)
    append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
    detail = (
        f"Journal {place.journal} of node {place.node} was retired, and entries come from it "
        f"again, behind entry {place.position}. Accounts that were closed meanwhile have them in "
        "their next epoch; look at what those are."
    )
    store.record_alarm(connection, f"journal returned at {place.node}", detail, iso(now))


def _append(connection: Connection, desk: Desk, batch: Batch, now: datetime) -> None:
    """Append the records, and index those that are signals."""
    records = append(connection, batch.drafts, station=desk.station, now=now, ids=desk.ids)
    signal_store.record_signals(
        connection,
        [
            {
                "acct": record.acct,
                "epoch": record.epoch,
                "seq": record.seq,
                **signal_store.signal_values(draft.fields, marks),
            }
            for record, draft, marks in zip(records, batch.drafts, batch.marks, strict=True)
            if marks is not None
        ],
    )


def _new_journal(connection: Connection, desk: Desk, place: Place, now: datetime) -> Entry | None:
    """Take up a journal that was not there before; at a known node with an alarm and a record.

    Returns the last entry of the node's journal before it, from which a gap may reach here.
    """
    before = store.read_node_journals(connection, place.node)
    if not before:
        return None
    old = before[0]
    fields: dict[str, JsonValue] = {
        "before": {"journal": old.journal, "link": old.link.hex(), "position": old.position},
        "journal": place.journal,
        "kind": "journal_replaced",
        "node": place.node,
    }
    drafts = [RecordDraft(STATION, RecordType.LINE, Origin.MACHINE, fields)]
    # Nothing more comes from the journal before, so its running hours are over.
    drafts += [
        heartbeats(tally, old.journal) for tally in store.read_tallies(connection, old.journal)
    ]
    append(connection, drafts, station=desk.station, now=now, ids=desk.ids)
    store.record_tallies(connection, old.journal, [])
    detail = (
        f"Node {place.node} has a new journal, {place.journal}; the one before, {old.journal}, "
        f"was taken up to entry {old.position}. If it was not replaced on purpose, find out what "
        "became of it: entries behind that one are in no other place. Closings wait for it, and no "
        "account's test is missed at this node, until it is put back or retired "
        "(`stationctl journal retire`)."
    )
    store.record_alarm(connection, f"new journal at {place.node}", detail, iso(now))
    return store.read_last(connection, old)
