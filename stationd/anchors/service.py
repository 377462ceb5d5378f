"""Anchoring: the newest checkpoint's note stamped by others, and put where nobody removes it.

1. *begun*, by the worker that makes checkpoints: the sizes of chains that changed are marked, and
   the exact bytes to be stamped are noted, in one transaction
2. *stamped*, in a process of its own: every authority is asked; what answers and holds is noted
3. *stored*: note, replies and the entries since the anchor before, each under its lock, each noted

Killed anywhere, the next pass goes on from the rows: a note once noted is the one that is stamped,
an object once put is adopted by its hash.  `passed` is called with the name of each point; tests
end the process there.
"""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from archive.authorities.base import Authority
from archive.errors import (
    ArchiveError,
    AuthorityUnavailableError,
    MalformedError,
    ObjectDiffersError,
)
from archive.stores.base import COMPLIANCE, BundleStore, Held
from archive.timestamps import read_reply
from stationd.anchors import store
from stationd.anchors.due import is_point, kept_states
from stationd.anchors.model import Anchor, Stamp
from stationd.anchors.views import States
from stationd.db import schema
from stationd.db.kept import Kept, record_kept
from stationd.desk import Desk
from stationd.ledger import checkpoints
from stationd.ledger.model import file_name
from stationd.ledger.service import LedgerTree
from stationd.schedule.checks import Check, record_check
from stationd.schedule.store import release_lease, take_lease

__all__ = ["LEASE", "Anchorage", "begin", "key_of", "put", "stamp", "work"]

LEASE = "anchor"
_LEASE_LENGTH = timedelta(minutes=5)
# What was begun longer ago is left: a newer checkpoint is there to be stamped.
_FRESH = timedelta(seconds=90)
_AT_ONCE = 100


def _nowhere(_point: str) -> None:
    """Pass a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchorage:
    """What anchors are worked on with; one a process."""

    desk: Desk
    authorities: Sequence[Authority]
    store: BundleStore
    states: States
    retention: timedelta
    holder: str
    passed: Callable[[str], None] = _nowhere


# --- 1: begun ---


def begin(desk: Desk, tree: LedgerTree, states: States) -> int | None:
    """Note that the newest checkpoint is to be stamped; return its number, None: there is none.

    Only whoever makes checkpoints may call this: nothing must be published meanwhile.
    """
    with desk.database.writing() as connection:
        n = checkpoints.read_newest_note(connection)
        note = None if n is None else store.read_note_to_stamp(connection, n)
        if n is None or note is None or not checkpoints.record_marks(connection, n):
            return None
        store.record_anchor(connection, n, note, desk.clock.now())
    if tree.log.size == n + 1:
        states.save(n, tree.state)
    return n


# --- The pass ---


def work(anchorage: Anchorage) -> int:
    """Stamp what was begun and store what is stamped; return how many anchors were stored.

    Raises what stood in the way after doing what could be done.
    """
    desk, holder = anchorage.desk, anchorage.holder
    with desk.database.writing() as connection:
        now = desk.clock.now()
        if not take_lease(connection, LEASE, holder, now=now, length=_LEASE_LENGTH):
            return 0
    try:
        fault = _stamp_newest(anchorage)
        stored = _store_waiting(anchorage)
    finally:
        with desk.database.writing() as connection:
            release_lease(connection, LEASE, holder)
    if fault is not None:
        raise fault
    return stored


def _stamp_newest(anchorage: Anchorage) -> ArchiveError | None:
    """Stamp the newest anchor that was begun; return what stood in the way."""
    with anchorage.desk.database.reading() as connection:
        begun = store.read_progress(connection).begun
        anchor = None if begun is None else store.read_anchor(connection, begun[0])
    if anchor is None or anchor.stamps or not _fresh(anchor, anchorage.desk.clock.now()):
        return None
    try:
        stamp(anchorage, anchor)
    except AuthorityUnavailableError as error:
        return error
    return None


def _fresh(anchor: Anchor, now: datetime) -> bool:
    return abs(now - anchor.begun_at) <= _FRESH


# --- 2: stamped ---


def stamp(anchorage: Anchorage, anchor: Anchor) -> tuple[Stamp, ...]:
    """Ask every authority for a stamp over an anchor's note; note those that came.

    Raises `AuthorityUnavailableError` with what each said when there is none.
    """
    made: list[Stamp] = []
    faults: list[str] = []
    for authority in anchorage.authorities:
        try:
            reply = authority.stamp(anchor.note)
            read = read_reply(reply)
        except (ArchiveError, MalformedError) as error:
            faults.append(str(error))
            _tell(anchorage.desk, authority, "failed", str(error))
            continue
        anchorage.passed("answered")
        made.append(
            Stamp(
                n=anchor.n,
                place=len(made),
                authority=authority.name,
                reply=reply,
                stamped_at=read.time,
                policy=read.policy,
                good=is_point(anchor.time, read.time),
            )
        )
        _tell(anchorage.desk, authority, *_judged(anchor, made[-1]))
    if not made:
        raise AuthorityUnavailableError("; ".join(faults) or "there is no authority to ask")
    made = _good_first(made)
    with anchorage.desk.database.writing() as connection:
        store.record_stamps(connection, made)
        kept = store.read_anchor(connection, anchor.n).stamps
    anchorage.passed("stamped")
    return kept


def _good_first(made: Iterable[Stamp]) -> list[Stamp]:
    """Let a stamp that makes a point be the first, whichever authority it is of."""
    ordered = sorted(made, key=lambda one: not one.good)
    return [replace(one, place=place) for place, one in enumerate(ordered)]


def _judged(anchor: Anchor, made: Stamp) -> tuple[str, str]:
    if made.good:
        return "passed", f"stamped checkpoint {anchor.n}"
    text = (
        f"stamped checkpoint {anchor.n} of {anchor.time:%Y-%m-%d %H:%M:%S} UTC at "
        f"{made.stamped_at:%Y-%m-%d %H:%M:%S} UTC, so it is no point; look at our clock and theirs"
    )
    return "failed", text


def _tell(desk: Desk, authority: Authority, outcome: str, detail: str) -> None:
    name = f"authority {authority.name}"[:64]
    check = Check(name=name, outcome=outcome, detail=detail[:1000], at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, check)


# --- 3: stored ---


def key_of(station: str, anchor: Anchor, ending: str) -> str:
    """Return where a file of an anchor lies in the archive."""
    return f"ledger/{file_name(station)}/{anchor.time:%Y/%m/%d}/{anchor.n:09}.{ending}"


def _store_waiting(anchorage: Anchorage) -> int:
    """Store stamped anchors that wait, the oldest first; the first that fails ends the pass."""
    with anchorage.desk.database.reading() as connection:
        waiting = store.read_unstored(connection, _AT_ONCE)
    for anchor in waiting:
        put(anchorage, anchor)
    if waiting:
        _prune(anchorage)
    return len(waiting)


def put(anchorage: Anchorage, anchor: Anchor) -> None:
    """Put entries, replies and note of a stamped anchor under their locks."""
    with tempfile.TemporaryDirectory(prefix="stationd-anchor-") as folder:
        for ending, path in _files(anchorage.desk, anchor, Path(folder)):
            _put(anchorage, anchor, key_of(anchorage.desk.station, anchor, ending), path)
    anchorage.passed("stored")


def _files(desk: Desk, anchor: Anchor, folder: Path) -> list[tuple[str, Path]]:
    """Write an anchor's files; return the ending of each one's key, the note last."""
    entries = folder / "entries"
    with desk.database.reading() as connection, entries.open("wb") as stream:
        first = store.read_first_entry(connection, anchor.n)
        for entry in store.read_entries(connection, first, anchor.n):
            stream.write(entry + b"\n")
    files = [("entries", entries)]
    for one in anchor.stamps:
        ending = "tsr" if one.place == 0 else f"{one.authority}.tsr"
        files.append((ending, folder / f"{one.place}.tsr"))
        files[-1][1].write_bytes(one.reply)
    note = folder / "note"
    note.write_bytes(anchor.note)
    return [*files, ("note", note)]


def _put(anchorage: Anchorage, anchor: Anchor, key: str, path: Path) -> None:
    content = path.read_bytes()
    digest = sha256(content).hexdigest()
    until = _whole(anchorage.desk.clock.now() + anchorage.retention)
    version = anchorage.store.put(key, path, sha256=digest, retain_until=until, legal_hold=False)
    anchorage.passed(f"sent {path.name}")
    held = anchorage.store.head(key, version)
    _compare(anchorage, key, held, (len(content), digest, until))
    with anchorage.desk.database.writing() as connection:
        record_kept(
            connection,
            schema.anchor_objects,
            Kept(
                key=key,
                n=anchor.n,
                size=len(content),
                sha256=digest,
                version_id=version,
                mode=held.mode,
                retain_until=held.retain_until,
                stored_at=anchorage.desk.clock.now(),
            ),
        )
    anchorage.passed(f"put {path.name}")


def _compare(anchorage: Anchorage, key: str, held: Held, asked: tuple[int, str, datetime]) -> None:
    """Raise `ObjectDiffersError` where the archive does not hold what was asked for."""
    size, digest, until = asked
    faults: list[str] = []
    if held.size != size:
        faults.append(f"{held.size} bytes instead of {size}")
    if held.sha256 not in (None, digest):
        faults.append(f"hash {held.sha256} instead of {digest}")
    if anchorage.store.locked and held.mode != COMPLIANCE:
        faults.append(f"lock mode {held.mode} instead of {COMPLIANCE}")
    if anchorage.store.locked and (held.retain_until is None or held.retain_until < until):
        faults.append(f"locked until {held.retain_until} instead of {until}")
    if faults:
        text = f"{anchorage.store.name}: {key} version {held.version_id} has {'; '.join(faults)}"
        raise ObjectDiffersError(text)


def _whole(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)


def _prune(anchorage: Anchorage) -> None:
    """Let the cache hold what proofs will ask for, and no more."""
    with anchorage.desk.database.reading() as connection:
        newest = checkpoints.read_count(connection)
        points = store.read_points(connection, newest)
        begun = store.read_progress(connection).begun
    kept = kept_states(points, anchorage.desk.clock.now())
    anchorage.states.prune(kept | ({begun[0]} if begun else set()))
