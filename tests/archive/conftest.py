"""A small station with real keys, and bundles it made."""

import json
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from archive import checkpoint, merkle
from archive.authorities.trial import TrialAuthority, make_authority
from archive.build import (
    Built,
    BundleSource,
    Finished,
    SourceDocument,
    Trust,
    build,
    finish,
    report_signed_by,
)
from archive.ceremony import make_keys
from archive.note_check import read_entry
from archive.proofs import Absence, AtClose, PointProof, Proofs
from archive.revocation import Responder, Revocation, read_lists
from archive.seal import LogKey, Seal
from archive.timestamps import request
from archive.verify import Anchors
from tests.page.chromium import chromium
from tests.page.verifying import PAGE, VerifyingPage

# The commands in the manual judge certificates by the machine's clock, so keys are made by it.
NOW = max(datetime.now(UTC).replace(microsecond=0), datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
ORIGIN = "log.example-alarm.test/station-1"
_EVENTS = [
    ("1130", "alarm", "Burglary", True),
    ("3130", "restore", "Burglary restored", False),
    ("1401", "opening", "Opened by user", True),
    ("3401", "closing", "Closed by user", False),
    ("1602", "test", "Periodic test", True),
    ("1301", "trouble", "AC power lost", True),
]


@dataclass
class Stamping:
    """An authority on the shelf: it stamps at the time it is set to."""

    trial: TrialAuthority
    now: datetime
    name: str = "trial"
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def trust_pem(self) -> bytes:
        return self.trial.trust_pem

    def stamp(self, data: bytes) -> bytes:
        return self.stamp_hash(sha256(data).digest())

    def stamp_hash(self, digest: bytes) -> bytes:
        asked = request(digest, nonce=next(self.serials) + 2**40)
        return self.trial.reply(asked, now=self.now, serial=next(self.serials))


def signal(seq: int, *, acct: str = "4821", dice: random.Random, **more: Any) -> dict[str, Any]:
    code, kind, name, new = _EVENTS[seq % len(_EVENTS)]
    at = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(minutes=seq)
    frame = f'"ADM-CID"0001L0#{acct}[#{acct}|{code} 01 00{seq % 8}]'
    return {
        "acct": acct,
        "area": "01",
        "class": kind,
        "code": code,
        "entry": {"journal": "ab" * 16, "link": dice.randbytes(32).hex(), "position": seq},
        "epoch": 1,
        "frame": frame.encode().hex(),
        "group": "main",
        "listener": "tcp1",
        "marks": [],
        "name": name,
        "new": new,
        "number": acct,
        "origin": "machine",
        "part": [1, 1],
        "proto": "dc09",
        "rcv": "1/1",
        "rx": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "salt": dice.randbytes(16).hex(),
        "seq": seq,
        "t": f"{at + timedelta(milliseconds=120):%Y-%m-%dT%H:%M:%S.%fZ}",
        "type": "signal",
        "zone": f"00{seq % 8}",
        **more,
    }


def act(seq: int, kind: str, *, dice: random.Random, **more: Any) -> dict[str, Any]:
    at = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(minutes=seq)
    return {
        "acct": "4821",
        "epoch": 1,
        "origin": "human",
        "salt": dice.randbytes(16).hex(),
        "seq": seq,
        "t": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "type": kind,
        **more,
    }


def history(size: int, *, closed: bool = True) -> Iterator[bytes]:
    dice = random.Random(size)
    for seq in range(1, size + 1):
        if seq == 1:
            fields = act(seq, "open", dice=dice, number="4821")
        elif seq == size and closed:
            fields = act(seq, "close", dice=dice, by="mg")
        elif seq == 5:
            fields = act(seq, "notice", dice=dice, doc=DOCUMENT.doc.hex(), by="clerk")
        elif seq == 6:
            fields = signal(
                seq, dice=dice, text='=HYPERLINK("x")\x07 Łódź, 東京', marks=["on_test"]
            )
        else:
            fields = signal(seq, dice=dice, **({"doc": DOCUMENT.doc.hex()} if seq == 7 else {}))
        yield json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _document(content: bytes, name: str, seq: int) -> SourceDocument:
    salt = sha256(name.encode()).digest()[:16]
    doc = sha256(b"stationd:doc:v1\0" + salt + content).digest()
    return SourceDocument(
        doc=doc, salt=salt, content=content, media_type="text/plain", name=name, seq=seq
    )


DOCUMENT = _document(b"Monitoring ends on 2026-05-01.\n", "notice of termination.txt", 5)

FACTS: dict[str, Any] = {
    "account": {"acct": "4821", "service": "ended"},
    "site": {"name": "Corner shop", "address": "1 High Street", "zone": "America/New_York"},
    "customer": {"name": "Łukasz & Söhne"},
    "contract": {"number": "C-77", "notice_days": 30},
    "transmitters": [{"receiver_group": "main", "number": "4821"}],
    "notices": [{"channel": "post", "doc": DOCUMENT.doc.hex(), "sent": "2026-04-01"}],
    "custody": [{"seq": 9, "act": "ordered", "by": "=cmd()", "purpose": "closing"}],
    "lines": [
        {
            "listener": "tcp1",
            "from": "2026-01-02T05:00:00.000000Z",
            "to": "2026-01-02T05:10:00.000000Z",
            "cause": "closed by peer",
        }
    ],
    "gaps": [],
}


@dataclass
class Station:
    """Keys, an authority, and the trust that the outside world was given."""

    folder: Path
    seal: Seal
    log_key: LogKey
    authority: Stamping
    root_pem: bytes
    log_pub_pem: bytes
    now: datetime = NOW
    log_keys: bytes = b""

    @property
    def trust(self) -> Trust:
        return Trust(
            root_pem=self.root_pem,
            signer_pem=self.seal.certificate_pem,
            tsa_pem=self.authority.trust_pem,
            log_pub_pem=self.log_pub_pem,
            crls_pem=self.seal.revocation.pem,
            ocsp_pem=self.seal.revocation.responder_pem,
            log_keys=self.log_keys,
        )

    @property
    def anchors(self) -> Anchors:
        return Anchors(self.root_pem, self.authority.trust_pem, self.log_pub_pem)

    def source(
        self, records: Callable[[], Iterator[bytes]], *, kind: str = "closing", **more: Any
    ) -> BundleSource:
        key = merkle.account_key("station-1", "4821", 1)
        head, size = merkle.genesis(key), 0
        for record in records():
            size += 1
            head = merkle.head(head, size, merkle.leaf(record))
        tree = merkle.StateTree()
        tree.update(key, size, head)
        entry = checkpoint.entry(
            accounts=1, n=0, previous=None, state_root=tree.root(), time=NOW - timedelta(minutes=1)
        )
        note = checkpoint.note(
            origin=ORIGIN,
            size=1,
            root=merkle.log_leaf(entry),
            sign=self.log_key.sign,
            public=self.log_key.public,
        )
        source = BundleSource(
            station="station-1",
            acct="4821",
            epoch=1,
            kind=kind,
            checkpoint=0,
            checkpoint_entry=entry,
            checkpoint_note=note,
            checkpoint_time=NOW - timedelta(minutes=1),
            origin=ORIGIN,
            size=size,
            head=head,
            records=records,
            documents=lambda: iter([DOCUMENT, replace(DOCUMENT, seq=7)]),
            facts=FACTS,
            software="stationd 0.1.0",
            table="2026-1",
            dictionary={"1130": "Burglary alarm", "alarm": "needs a response"},
        )
        return replace(source, **more)

    def make(self, source: BundleSource, folder: Path) -> Finished:
        sign_report = report_signed_by(self.seal, self.authority, NOW)
        built = build(source, folder / "work", trust=self.trust, sign_report=sign_report)
        return self.seal_folder(built, folder)

    def bag(self, source: BundleSource, folder: Path, **more: Any) -> Built:
        """Build a bag whose report is left as it was written."""
        return build(source, folder, trust=self.trust, sign_report=lambda _: None, **more)

    def seal_folder(self, built: Any, folder: Path) -> Finished:
        return finish(
            built, seal=self.seal, authority=self.authority, now=NOW, target=folder / "out"
        )


START = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass
class Logbook:
    """A checkpoint log with real notes and stamps, in which account 4821 and neighbours stand."""

    station: Station
    records: list[bytes]
    entries: list[bytes] = field(default_factory=list)
    notes: list[bytes] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    states: list[merkle.StateTree] = field(default_factory=list)
    log: merkle.LogTree = field(default_factory=merkle.LogTree)

    def head(self, size: int, acct: str = "4821", epoch: int = 1) -> bytes:
        head = merkle.genesis(merkle.account_key("station-1", acct, epoch))
        for n, record in enumerate(self.records[:size], start=1):
            head = merkle.head(head, n, merkle.leaf(record))
        return head

    def checkpoint(
        self,
        size: int,
        at: datetime | None = None,
        *,
        stamped: timedelta = timedelta(seconds=2),
        others: Sequence[tuple[str, int]] = (),
    ) -> int:
        """Enter the state in which the account has ``size`` records, and have it stamped."""
        at = at or START + timedelta(minutes=size, seconds=30)
        tree = merkle.StateTree()
        for acct, epoch in [*((f"1{n:03}", 1) for n in range(200)), *others]:
            key = merkle.account_key("station-1", acct, epoch)
            tree.update(key, 1 + len(self.entries), sha256(key).digest())
        tree.update(merkle.account_key("station-1", "4821", 1), size, self.head(size))
        self.states.append(tree)
        self.sizes.append(size)
        before = self.entries[-1] if self.entries else None
        n = len(self.entries)
        entry = checkpoint.entry(
            accounts=len(tree), n=n, previous=before, state_root=tree.root(), time=at
        )
        self.entries.append(entry)
        self.log.append(merkle.log_leaf(entry))
        key = self.station.log_key
        note = checkpoint.note(
            origin=ORIGIN, size=n + 1, root=self.log.root(), sign=key.sign, public=key.public
        )
        self.notes.append(note)
        self.replies.append(replace(self.station.authority, now=at + stamped).stamp(note))
        return n

    def point(self, n: int, end: int, **more: Any) -> PointProof:
        key = merkle.account_key("station-1", "4821", 1)
        values = {
            "n": n,
            "tree_size": n + 1,
            "entry": self.entries[n],
            "size": self.sizes[n],
            "head": self.head(self.sizes[n]),
            "siblings": self.states[n].siblings(key),
            "note": self.notes[n],
            "reply": self.replies[n],
            "inclusion": self.log.inclusion(n, n + 1),
            "consistency": self.log.consistency(n + 1, end + 1),
        }
        return PointProof(**(values | more))

    def absence(self, n: int) -> Absence:
        key = merkle.account_key("station-1", "4821", 2)
        return Absence(siblings=self.states[n].siblings(key), other=self.states[n].occupant(key))

    def at_close(self, n: int, end: int) -> AtClose:
        key = merkle.account_key("station-1", "4821", 1)
        return AtClose(
            n=n,
            entry=self.entries[n],
            inclusion=self.log.inclusion(n, end + 1),
            siblings=self.states[n].siblings(key),
        )

    def proofs(self, points: Sequence[int], **more: Any) -> Proofs:
        end = points[-1]
        values = {
            "origin": ORIGIN,
            "station": "station-1",
            "acct": "4821",
            "epoch": 1,
            "records": self.sizes[end],
            "points": [self.point(n, end) for n in points],
            "absent": self.absence(end),
        }
        return Proofs(**(values | more))

    def source(self, proofs: Proofs, **more: Any) -> BundleSource:
        n, size = proofs.points[-1].n, proofs.points[-1].size
        values = {
            "checkpoint": n,
            "checkpoint_entry": self.entries[n],
            "checkpoint_note": proofs.points[-1].note,
            "checkpoint_time": read_entry("", self.entries[n].decode()).time,
            "proofs": proofs,
        }
        return self.station.source(lambda: iter(self.records[:size]), **(values | more))


@pytest.fixture
def logbook(station: Station) -> Logbook:
    return Logbook(station, list(history(40)))


def make_station(folder: Path) -> Station:
    folder.mkdir(parents=True, exist_ok=True)
    keys = make_keys(folder, station="station-1", now=NOW, serials=count(1001))
    since = datetime(2026, 1, 1, tzinfo=UTC)
    authority = Stamping(make_authority(now=since, serials=count(2001)), NOW + timedelta(seconds=2))
    tsa_crl = folder / "tsa.crl.pem"
    tsa_crl.write_bytes(authority.trial.crl_pem)
    known = Revocation(read_lists([keys.crl, tsa_crl]), Responder.load(keys.ocsp_key, keys.ocsp))
    return Station(
        folder,
        Seal.load(keys.seal_key, keys.seal, keys.root, known),
        LogKey.load(keys.log_key),
        authority,
        keys.root.read_bytes(),
        keys.log_public.read_bytes(),
    )


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    return make_station(tmp_path_factory.mktemp("station") / "keys")


@dataclass(frozen=True)
class Sealed:
    """A finished bundle, packed and unpacked."""

    container: Path
    folder: Path
    finished: Finished
    source: BundleSource


@pytest.fixture(scope="session")
def sealed_once(station: Station, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    folder = tmp_path_factory.mktemp("sealed")
    source = station.source(lambda: history(40))
    finished = station.make(source, folder)
    unpacked = folder / "unpacked"
    shutil.unpack_archive(finished.files[-1].path, unpacked, "zip")
    return Sealed(finished.files[-1].path, unpacked, finished, source)


@pytest.fixture(scope="session")
def proved_once(station: Station, tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    folder = tmp_path_factory.mktemp("proved")
    book = Logbook(station, list(history(40)))
    for size in (10, 20, 20, 30, 40):
        book.checkpoint(size)
    source = book.source(book.proofs([0, 1, 2, 3, 4]))
    finished = station.make(source, folder)
    unpacked = folder / "unpacked"
    shutil.unpack_archive(finished.files[-1].path, unpacked, "zip")
    return Sealed(finished.files[-1].path, unpacked, finished, source)


@pytest.fixture
def proved(proved_once: Sealed, tmp_path: Path) -> Sealed:
    """A bundle with proofs, of one's own to spoil."""
    container = shutil.copy(proved_once.container, tmp_path)
    folder = shutil.copytree(proved_once.folder, tmp_path / "proved")
    return replace(proved_once, container=Path(container), folder=Path(folder))


@pytest.fixture
def sealed(sealed_once: Sealed, tmp_path: Path) -> Sealed:
    """A bundle of one's own to spoil."""
    container = shutil.copy(sealed_once.container, tmp_path)
    folder = shutil.copytree(sealed_once.folder, tmp_path / "unpacked")
    return replace(sealed_once, container=Path(container), folder=Path(folder))


@pytest.fixture(scope="session")
def other_station(tmp_path_factory: pytest.TempPathFactory) -> Station:
    """Somebody else with keys just as good."""
    return make_station(tmp_path_factory.mktemp("other") / "keys")


@pytest.fixture(scope="session")
def short_history() -> Callable[..., Iterator[bytes]]:
    return history


@pytest.fixture
def volumes(station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Finished:
    """A bundle whose records lie in volumes, with limits small enough for a test."""
    monkeypatch.setattr("archive.container.MAIN_RECORDS_LIMIT", 1000)
    monkeypatch.setattr("archive.container.VOLUME_SEGMENTS", 2)
    monkeypatch.setattr("archive.segments.SEGMENT_RECORDS", 20)
    monkeypatch.setattr("archive.ledger_check.SEGMENT_RECORDS", 20)
    return station.make(station.source(lambda: history(110)), tmp_path / "volumes")


@pytest.fixture(scope="session")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VerifyingPage]:
    """The page that checks a bundle, in a browser that is started once."""
    assert PAGE.exists(), "archive/verify.html is not built; run make page"
    folder = tmp_path_factory.mktemp("page")
    with chromium(folder) as browser:
        yield VerifyingPage(browser.tab(), folder)
