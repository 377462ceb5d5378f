"""What `stationctl doctor` looks at: one function a check, each saying what helps."""

import json
import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from archive.errors import ArchiveError
from archive.page import read_page
from archive.seal import Seal
from stationd import parts
from stationd.cli.office import Office
from stationd.cli.status import kept_sentence
from stationd.clock import iso
from stationd.db.revision import check_revision
from stationd.db.rights import read_role, read_unguarded
from stationd.db.server import faults as server_faults
from stationd.db.server import read_server
from stationd.errors import StationdError
from stationd.gaps.service import followed, gaps
from stationd.journal.chain import first_link, links
from stationd.journal.model import Entry, Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.released import read_released, released_path
from stationd.keys.model import What
from stationd.keys.service import faults
from stationd.ledger.log_key import check_log_key
from stationd.net.certificates import read_context, valid_until
from stationd.net.kernel_clock import read_kernel_clock
from stationd.overview.service import kept
from stationd.overview.store import read_taken
from stationd.roster.file import read
from stationd.roster.service import read_current
from stationd.settings import SerialListener, TcpListener, secret
from stationd.staff.model import Role
from stationd.staff.service import staff_list
from stationd.supervision.model import State
from stationd.supervision.service import standing
from stationd.supervision.wall_clock import ClockState

__all__ = ["CHECKS", "Check", "Finding", "Outcome", "examine"]

_LAST_ENTRIES = 10_000
_LEAST_FREE = 0.1
_LARGEST_OFFSET_NS = 500_000_000
_SEAL_WARNING = timedelta(days=60)
_LIST_WARNING = timedelta(days=30)
_SHORT_LIST = timedelta(days=60)
_FAULTS_WITHIN = timedelta(days=1)
_FOLLOWED_WITHIN = timedelta(minutes=10)
_DROPPED_WITHIN = timedelta(days=1)
_CERTIFICATE_WARNING = timedelta(days=14)
_DAY_NS = 86400 * 10**9
_MOST_TOLD = 10


class Outcome(StrEnum):
    """How a check came out."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's end, as a sentence."""

    check: str
    outcome: Outcome
    text: str


Told: TypeAlias = Iterator[tuple[Outcome, str]]
Check: TypeAlias = Callable[[Office], Told]


def examine(name: str, check: Check, office: Office) -> list[Finding]:
    """Return what a check found; what it raises on purpose is a failure and says what helps."""
    findings: list[Finding] = []
    try:
        findings += [Finding(name, outcome, text) for outcome, text in check(office)]
    except (StationdError, ArchiveError, OSError) as error:
        findings.append(Finding(name, Outcome.FAILED, str(error)))
    return findings


def _settings(office: Office) -> Told:
    settings = office.settings
    yield Outcome.PASSED, f"{office.config} reads well"
    if not settings.listeners:
        yield Outcome.WARNED, "there are no [[listeners]], so nothing can be received"
    if settings.codes.file is not None:
        yield Outcome.PASSED, f"own codes: {parts.own_codes(settings).version}"
    if settings.archive is None:
        yield Outcome.WARNED, "there is no [archive.store], so no account can be closed"
    if not settings.authorities:
        yield Outcome.WARNED, "there are no [[authorities]], so nothing can be stamped"


def _keys(office: Office) -> Told:
    seal = parts.seal(office.settings)
    yield Outcome.PASSED, f"seal certificate good until {seal.valid_until:%Y-%m-%d}"
    if seal.valid_until - office.clock.now() < _SEAL_WARNING:
        yield Outcome.WARNED, "the seal certificate ends soon: `stationctl keys renew`"
    if (token := office.settings.keys.token) is not None:
        yield Outcome.PASSED, f"token {token.token} signs with the key of the seal certificate"
    log_key = parts.log_key(office.settings)
    yield Outcome.PASSED, f"log key {log_key.fingerprint[:23]}…"
    office.sealer()
    yield from _private(secret(office.settings.roster.key))
    yield from _lists(office, seal)


def _log_key(office: Office) -> Told:
    public = parts.log_key(office.settings).public
    check_log_key(office.desk, office.settings.ledger.origin, public)
    yield (
        Outcome.PASSED,
        "the log key signed the newest checkpoint, if there is one",
    )


def _lists(office: Office, seal: Seal) -> Told:
    """Look whether lists of revoked certificates are there, and good for some time."""
    if not seal.revocation.lists:
        text = (
            "no list of revoked certificates goes into bundles (keys.crls); `stationctl keys crl` "
            "makes the root's"
        )
        yield Outcome.WARNED, text
    for one in seal.revocation.lists:
        name, until = one.issuer.rfc4514_string(), one.next_update_utc
        if until is None or until - office.clock.now() >= _LIST_WARNING:
            end = "no end" if until is None else f"{until:%Y-%m-%d}"
            yield Outcome.PASSED, f"list of revoked certificates of {name} good until {end}"
        elif until > office.clock.now() and until - one.last_update_utc < _SHORT_LIST:
            # An authority's list lasts days; whoever fetches it fetches it again.
            yield Outcome.PASSED, f"list of revoked certificates of {name} good until {until}"
        else:
            text = f"the list of revoked certificates of {name} ends {until:%Y-%m-%d}: renew it"
            yield Outcome.WARNED, text


def _private(path: Path) -> Told:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXO | stat.S_IWGRP):
        yield Outcome.FAILED, f"{path} has mode {mode:04o}, which lets others reach it; chmod 600"
    else:
        yield Outcome.PASSED, f"{path} is private"


def _database(office: Office) -> Told:
    database = office.unchecked_desk.database
    with database.reading() as connection:
        server = read_server(connection)
    for fault in [] if server is None else server_faults(server):
        yield Outcome.FAILED, fault
    if server is not None and server.careless:
        off = ", ".join(server.careless)
        yield (
            Outcome.WARNED,
            f"the server has {off} off, and may forget after a crash what it confirmed; switch on",
        )
    check_revision(database)
    yield Outcome.PASSED, "the station database answers and is of this program's revision"
    if server is not None:
        with database.reading() as connection:
            yield _guarded(read_role(connection), read_unguarded(connection))


def _guarded(role: str, unguarded: Sequence[str]) -> tuple[Outcome, str]:
    if not unguarded:
        return Outcome.PASSED, f"its role {role} may add to the record, and change nothing of it"
    text = (
        f"its role {role} may change {len(unguarded)} tables that are only added to, such as "
        f"{unguarded[0]}; name their owner in database.owner, and give the programs another role"
    )
    return Outcome.WARNED, text


def _staff(office: Office) -> Told:
    members = [one for one in staff_list(office.desk) if one.enabled]
    for role, words in ((Role.ADMINISTRATOR, "administrator"), (Role.MANAGER, "manager")):
        count = sum(one.role is role for one in members)
        if count:
            yield Outcome.PASSED, f"{count} {words}(s) may log in"
        else:
            yield Outcome.WARNED, f"no {words} may log in; `stationctl staff add` adds one"


def _recent(office: Office) -> tuple[str, tuple[int, bytes] | None, list[Entry]]:
    """Return the journal's id, what was taken of it, and entries from before that onwards."""
    reader = JournalReader(office.settings.journal.path)
    try:
        journal = reader.id
        with office.desk.database.reading() as connection:
            taken = read_taken(connection, journal)
        after = max(0, (0 if taken is None else taken[0]) - _LAST_ENTRIES)
        return journal, taken, reader.read(after, _LAST_ENTRIES + 1)
    finally:
        reader.close()


def _strangers(office: Office) -> Told:
    if not office.settings.journal.path.exists():
        yield Outcome.WARNED, "there is no journal yet that could tell who was turned away"
        return
    _, _, entries = _recent(office)
    since = office.clock.now_ns() - _DAY_NS
    counts: Counter[tuple[str, str, str]] = Counter()
    for entry in entries:
        if entry.kind is Kind.GARBLED and entry.note and entry.received_at >= since:
            note = json.loads(entry.note)
            counts[entry.listener, entry.peer, note["fault"]] += note.get("count", 0)
    told = [(place, count) for place, count in counts.most_common(_MOST_TOLD) if count]
    for (listener, peer, fault), count in told:
        text = f"{listener}: {count} times {fault} of {peer} in a day, counted and not kept"
        yield Outcome.WARNED, text
    if not told:
        yield Outcome.PASSED, "nobody was turned away or limited, as far as the last entries say"


def _journal(office: Office) -> Told:
    journal, taken, entries = _recent(office)
    if not entries:
        yield Outcome.PASSED, f"journal {journal} is empty"
        return
    start = first_link(journal.encode()) if entries[0].position == 1 else entries[0].link
    rest = entries if entries[0].position == 1 else entries[1:]
    first = rest[0].position if rest else 0
    found = list(links(start, first, [encode_body(entry) for entry in rest]))
    for entry, link in zip(rest, found, strict=True):
        if entry.link != link:
            yield Outcome.FAILED, f"the link of entry {entry.position} does not continue"
            return
    if taken is not None:
        yield from _agrees(taken, {entry.position: entry.link for entry in entries})
    yield Outcome.PASSED, f"{len(rest)} links up to entry {entries[-1].position} continue"


def _kept(office: Office) -> Told:
    """Tell what the journal keeps, and whether anything stands in the way of dropping it."""
    if not office.settings.journal.path.exists():
        yield Outcome.PASSED, "there is no journal yet"
        return
    reader = JournalReader(office.settings.journal.path)
    try:
        own = kept(reader, read_released(released_path(office.settings.journal.path)))
    finally:
        reader.close()
    now, ledger = office.clock.now(), office.settings.ledger
    late = ledger.anchor_every + ledger.anchor_late
    if own.open_since is not None and own.open_since < now - late:
        helps = (
            "bring the authorities and the archive back (docs/howto/anchors-late.md)"
            if office.settings.archive is not None
            else "there is no table [archive.store] that anchors could go to"
        )
        text = (
            f"{own.open} entries, the oldest of {iso(own.open_since)}, are under no anchor in the "
            f"archive and are never dropped before, however full the disk becomes; {helps}"
        )
        yield Outcome.WARNED, text
    keep = office.settings.journal.keep
    may_go = own.since is not None and own.open < own.entries
    if may_go and own.since is not None and own.since < now - keep - _DROPPED_WITHIN:
        text = (
            f"entries of {iso(own.since)} are anchored and older than journal.keep, and still "
            "there; stationd drops them while it runs"
        )
        yield Outcome.WARNED, text
    yield Outcome.PASSED, kept_sentence(own, now)


def _agrees(taken: tuple[int, bytes], there: dict[int, bytes]) -> Told:
    position, link = taken
    if position in there and there[position] != link:
        text = (
            f"entry {position} of the journal is not the one that was taken over; the file was "
            "replaced or changed. Keep it, and look before the worker goes on"
        )
        yield Outcome.FAILED, text


def _supervision(office: Office) -> Told:
    counts = standing(office.desk, limit=0).counts
    missed = counts.get(State.MISSED, 0)
    if missed:
        text = f"{missed} account(s) are overdue; `stationctl supervision --bad` names them"
        yield Outcome.WARNED, text
    else:
        yield Outcome.PASSED, f"of {sum(counts.values())} accounts supervised none is overdue"
    before = office.clock.now() - _FOLLOWED_WITHIN
    for node, at in sorted(followed(office.desk).items()):
        if at < before:
            text = (
                f"node {node} was followed until {iso(at)}, and nobody is told overdue for what "
                "came after; is its worker running, or was a journal replaced and not retired "
                "(`stationctl journal retire`)?"
            )
            yield Outcome.WARNED, text


def _gaps(office: Office) -> Told:
    found = gaps(office.desk, since=office.clock.now())
    open_gaps = [gap for gap in found if gap.ended_at is None]
    if not open_gaps:
        yield Outcome.PASSED, "no gap is open"
        return
    causes = ", ".join(sorted({gap.cause for gap in open_gaps}))
    text = f"{len(open_gaps)} gap(s) are open: {causes}; `stationctl gaps --open` shows them"
    yield Outcome.WARNED, text


def _roster(office: Office) -> Told:
    path = office.settings.roster.path
    sealer = office.sealer()
    if not path.exists():
        yield Outcome.WARNED, f"{path} is not there; the worker publishes it when it runs"
        return
    if read(path, sealer) == read_current(office.desk, sealer):
        yield Outcome.PASSED, f"{path} is what the station database says"
    else:
        yield Outcome.WARNED, f"{path} is behind the station database; is the worker running?"


def _panel_keys(office: Office) -> Told:
    since = office.clock.now() - _FAULTS_WITHIN
    found = [one for one in faults(office.desk, since=since) if one.what is not What.CLEAR]
    panels = len({(one.group, one.number) for one in found})
    if panels:
        yield (
            Outcome.WARNED,
            (
                f"{panels} panel(s) sent within a day what was not acknowledged: under an old or "
                "wrong key, in clear or with an old time; `stationctl account key faults` names "
                "them"
            ),
        )
    else:
        yield Outcome.PASSED, "every panel that has a key used it, within a day"


def _clock(_office: Office) -> Told:
    reading = read_kernel_clock()
    if reading.state is ClockState.UNKNOWN:
        yield Outcome.WARNED, "the kernel does not tell whether its clock is synchronised"
    elif reading.state is ClockState.UNSYNCED:
        yield Outcome.WARNED, "the clock is not synchronised; run chrony or systemd-timesyncd"
    elif abs(reading.offset_ns) > _LARGEST_OFFSET_NS:
        yield Outcome.WARNED, f"the clock is {abs(reading.offset_ns) / 1e9:.1f} s off"
    else:
        yield Outcome.PASSED, "the clock is synchronised"


def _archive(office: Office) -> Told:
    if office.settings.archive is None:
        yield Outcome.WARNED, "no [archive.store] is set"
        return
    store = parts.bundle_store(office.settings)
    store.check(now=office.clock.now(), salt=office.ids.identifier())
    if store.locked:
        yield Outcome.PASSED, f"{store.name} keeps what it is given, locked"
    else:
        yield Outcome.WARNED, f"{store.name} has no locks, so no account can close on it"


def _authority(office: Office) -> Told:
    if not office.settings.authorities:
        yield Outcome.WARNED, "no [[authorities]] is set"
        return
    asked = parts.authorities(office.settings, office.ids)
    for authority in asked:
        try:
            authority.stamp(b"stationctl doctor " + office.ids.salt())
        except ArchiveError as error:
            yield Outcome.FAILED, str(error)
        else:
            yield Outcome.PASSED, f"{authority.name} stamped a test, and the stamp holds"
    if len(asked) == 1:
        yield Outcome.WARNED, "only one authority is asked; a second one covers for it"


def _page(_: Office) -> Told:
    if read_page() is None:
        yield (
            Outcome.WARNED,
            (
                "verify.html was not built, so bundles carry no page that checks them in a "
                "browser: run `make page` in the source and install again"
            ),
        )
    else:
        yield Outcome.PASSED, "bundles carry verify.html"


def _devices(office: Office) -> Told:
    for listener in office.settings.listeners:
        if not isinstance(listener, SerialListener):
            continue
        if not listener.device.exists():
            text = f"{listener.name}: {listener.device} is not there; is the adapter plugged in?"
            yield Outcome.FAILED, text
        elif not os.access(listener.device, os.R_OK | os.W_OK):
            text = f"{listener.name}: {listener.device} is not this user's to use (group dialout)"
            yield Outcome.WARNED, text
        else:
            yield Outcome.PASSED, f"{listener.name}: {listener.device} is there"


def _certificates(office: Office) -> Told:
    for listener in office.settings.listeners:
        if not isinstance(listener, TcpListener) or listener.tls is None:
            continue
        read_context(listener.tls)
        until = valid_until(listener.tls)
        yield Outcome.PASSED, f"{listener.name}: certificate good until {until:%Y-%m-%d}"
        if until - office.clock.now() < _CERTIFICATE_WARNING:
            text = f"{listener.name}: the certificate ends soon; a renewed file is taken up at once"
            yield Outcome.WARNED, text


def _disk(office: Office) -> Told:
    folder = office.settings.journal.path.parent
    usage = shutil.disk_usage(folder)
    free = f"{usage.free / 2**30:.1f} GiB free at {folder}"
    if usage.free < _LEAST_FREE * usage.total:
        text = (
            f"{free}, less than a tenth; a full disk stops acknowledgements. What the journal "
            "has and no anchor covers is not dropped to make room (check `journal kept`)"
        )
        yield Outcome.WARNED, text
    else:
        yield Outcome.PASSED, free


CHECKS: tuple[tuple[str, Check], ...] = (
    ("settings", _settings),
    ("keys", _keys),
    ("database", _database),
    ("staff", _staff),
    ("log key", _log_key),
    ("journal", _journal),
    ("journal kept", _kept),
    ("roster", _roster),
    ("supervision", _supervision),
    ("gaps", _gaps),
    ("panel keys", _panel_keys),
    ("clock", _clock),
    ("archive", _archive),
    ("authority", _authority),
    ("page", _page),
    ("devices", _devices),
    ("certificates", _certificates),
    ("strangers", _strangers),
    ("disk", _disk),
)
"""Every check by its name, in the order in which they are made."""
