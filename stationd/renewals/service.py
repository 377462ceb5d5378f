"""Renewing: list what is stored, have the list stamped by everybody, and put it under its lock.

1. *read*: an object that no list has named yet is read back whole, for its second hash
2. *begun*: the list, with the hashes of the one before, is a row before anybody sees it
3. *stamped*: every authority is asked; what answers and holds is noted
4. *stored*: replies, and the list last, each under its lock; then the custody record

Killed anywhere, the next pass goes on from the rows.  `passed` is called with the name of each
point; tests end the process there.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from archive.authorities.base import Authority
from archive.canonical import JsonValue
from archive.errors import (
    ArchiveError,
    AuthorityUnavailableError,
    MalformedError,
    ObjectDiffersError,
)
from archive.renewal import Named, renewal_list
from archive.stores.base import COMPLIANCE, BundleStore, Held
from archive.timestamps import read_reply
from stationd.db import schema
from stationd.db.kept import Kept, record_kept
from stationd.desk import Desk
from stationd.errors import UnavailableError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType, file_name
from stationd.ledger.store import append
from stationd.renewals import store
from stationd.renewals.model import Renewal, Stamp, Stored
from stationd.schedule.store import release_lease, take_lease

__all__ = ["Renewing", "is_due", "key_of", "renew", "renewals", "work"]

_BLOCK = 1 << 20
_LEASE = "renewal"
_LEASE_LENGTH = timedelta(hours=1)


def _nowhere(_point: str) -> None:
    """Pass a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewing:
    """What renewals are worked on with; one a process."""

    desk: Desk
    authorities: Sequence[Authority]
    store: BundleStore
    every: timedelta
    retention: timedelta
    holder: str
    passed: Callable[[str], None] = _nowhere


def renewals(desk: Desk) -> list[Renewal]:
    """Return all renewals, the oldest first."""
    with desk.database.reading() as connection:
        return store.read_renewals(connection)


def is_due(newest: Renewal | None, *, now: datetime, every: timedelta) -> bool:
    """Tell whether there is something to do: one that was begun, or a year is over."""
    return newest is None or not newest.stored or now - newest.made_at >= every


def work(renewing: Renewing) -> Renewal | None:
    """Renew if it is time, or go on with what was begun; None: there was nothing to do.

    Where nothing is stored yet there is nothing to renew.
    """
    desk = renewing.desk
    with desk.database.reading() as connection:
        newest = store.read_newest(connection)
        anything = bool(newest) or bool(store.read_stored(connection))
    if not anything or not is_due(newest, now=desk.clock.now(), every=renewing.every):
        return None
    return renew(renewing)


def renew(renewing: Renewing) -> Renewal:
    """Make a list of everything now, or finish the one that was begun; return it stored."""
    desk, holder = renewing.desk, renewing.holder
    with desk.database.writing() as connection:
        now = desk.clock.now()
        if not take_lease(connection, _LEASE, holder, now=now, length=_LEASE_LENGTH):
            raise UnavailableError("Somebody else is making a renewal list; try again later.")
    try:
        with desk.database.reading() as connection:
            newest = store.read_newest(connection)
        begun = newest if newest is not None and not newest.stored else _begin(renewing, newest)
        stamped = begun if begun.stamps else _stamp(renewing, begun)
        _store(renewing, stamped)
    finally:
        with desk.database.writing() as connection:
            release_lease(connection, _LEASE, holder)
    return replace(stamped, stored=True)


# --- 1 and 2: read, begun ---


def _begin(renewing: Renewing, before: Renewal | None) -> Renewal:
    desk = renewing.desk
    with desk.database.reading() as connection:
        found = store.read_stored(connection)
    for one in found:
        if not one.sha512:
            _read(renewing, one)
    renewing.passed("read")
    with desk.database.writing() as connection:
        listed = [one for one in store.read_stored(connection) if one.sha512]
        now = desk.clock.now()
        n = 1 if before is None else before.n + 1
        content = renewal_list(
            station=desk.station,
            n=n,
            made=now,
            previous=None if before is None else before.content,
            objects=[_named(one) for one in listed],
        )
        made = Renewal(
            n=n,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            sha512=hashlib.sha512(content).hexdigest(),
            objects=len(listed),
            made_at=now,
        )
        store.record_renewal(connection, made)
    renewing.passed("begun")
    return made


def _named(one: Stored) -> Named:
    return Named(
        key=one.key,
        version_id=one.version_id,
        size=one.size,
        sha256=one.sha256,
        sha512=one.sha512,
    )


def _read(renewing: Renewing, one: Stored) -> None:
    """Read an object back whole, and note its second hash once the first is what it was."""
    with tempfile.TemporaryDirectory(prefix="stationd-renewal-") as folder:
        path = Path(folder) / "object"
        renewing.store.fetch(one.key, one.version_id, path)
        first, second = hashlib.sha256(), hashlib.sha512()
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                first.update(block)
                second.update(block)
    if first.hexdigest() != one.sha256:
        raise ObjectDiffersError(
            f"{renewing.store.name}: {one.key} version {one.version_id} reads back as "
            f"{first.hexdigest()}, not {one.sha256}; it is named in no list"
        )
    with renewing.desk.database.writing() as connection:
        noted = replace(one, sha512=second.hexdigest())
        store.record_digest(connection, noted, renewing.desk.clock.now())


# --- 3: stamped ---


def _stamp(renewing: Renewing, begun: Renewal) -> Renewal:
    """Ask every authority; raise `AuthorityUnavailableError` with what each said if none did."""
    made: list[Stamp] = []
    faults: list[str] = []
    for authority in renewing.authorities:
        try:
            reply = authority.stamp(begun.content)
            at = read_reply(reply).time
        except (ArchiveError, MalformedError) as error:
            faults.append(str(error))
            continue
        made.append(Stamp(place=len(made), authority=authority.name, reply=reply, stamped_at=at))
    if not made:
        raise AuthorityUnavailableError("; ".join(faults) or "there is no authority to ask")
    with renewing.desk.database.writing() as connection:
        store.record_stamps(connection, begun.n, made)
    renewing.passed("stamped")
    return replace(begun, stamps=tuple(made))


# --- 4: stored ---


def key_of(station: str, n: int, ending: str) -> str:
    """Return where a file of a renewal lies in the archive."""
    return f"renewals/{file_name(station)}/{n:06}.{ending}"


def _store(renewing: Renewing, one: Renewal) -> None:
    files = [("tsr" if it.place == 0 else f"{it.authority}.tsr", it.reply) for it in one.stamps]
    with tempfile.TemporaryDirectory(prefix="stationd-renewal-") as folder:
        # The list last: it makes the renewal complete.
        for ending, content in (*files, ("jsonl", one.content)):
            path = Path(folder) / ending
            path.write_bytes(content)
            _put(renewing, one, ending, path)
    renewing.passed("stored")


def _put(renewing: Renewing, one: Renewal, ending: str, path: Path) -> None:
    desk = renewing.desk
    content = path.read_bytes()
    key = key_of(desk.station, one.n, ending)
    digest = hashlib.sha256(content).hexdigest()
    until = _whole(desk.clock.now() + renewing.retention)
    version = renewing.store.put(key, path, sha256=digest, retain_until=until, legal_hold=False)
    renewing.passed(f"sent {ending}")
    held = renewing.store.head(key, version)
    _compare(renewing.store, key, held, (len(content), digest, until))
    kept = Kept(
        key=key,
        n=one.n,
        size=len(content),
        sha256=digest,
        version_id=version,
        mode=held.mode,
        retain_until=held.retain_until,
        stored_at=desk.clock.now(),
    )
    with desk.database.writing() as connection:
        record_kept(connection, schema.renewal_objects, kept)
        if digest == one.sha256:
            draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.MACHINE, _told(one, kept))
            append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


def _told(one: Renewal, kept: Kept) -> dict[str, JsonValue]:
    """Return what the record of a renewal says."""
    return {
        "by": "worker",
        "key": kept.key,
        "kind": "renewed",
        "list": one.n,
        "objects": one.objects,
        "sha256": one.sha256,
        "sha512": one.sha512,
        "stamped_by": [it.authority for it in one.stamps],
        "version_id": kept.version_id,
    }


def _compare(kept: BundleStore, key: str, held: Held, asked: tuple[int, str, datetime]) -> None:
    """Raise `ObjectDiffersError` where the archive does not hold what was asked for."""
    size, digest, until = asked
    faults: list[str] = []
    if held.size != size or held.sha256 not in (None, digest):
        faults.append("other bytes than were sent")
    if kept.locked and held.mode != COMPLIANCE:
        faults.append(f"lock mode {held.mode} instead of {COMPLIANCE}")
    if kept.locked and (held.retain_until is None or held.retain_until < until):
        faults.append(f"locked until {held.retain_until} instead of {until}")
    if faults:
        text = f"{kept.name}: {key} version {held.version_id} has {'; '.join(faults)}"
        raise ObjectDiffersError(text)


def _whole(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)
