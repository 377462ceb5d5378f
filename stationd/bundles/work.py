"""One order, from row to verified bundle; idempotent, and resumable after a kill anywhere.

1. *prepared*: a checkpoint of its own, facts frozen into the row, name and lock date decided
2. *built*: files on local disk, sealed, stamped, verified from disk; their hashes are in rows
   before anything is uploaded, so that a retry sends the same bytes
3. *stored*: every file put under its lock, volumes before the container, and each version id
   asked for what it holds; then the receipt, sealed, the same way
4. *verified*: every version read back whole and hashed, the bundle verified again from what came
   back, the custody record appended

`passed` is called with the name of each point; tests end the process there.
"""

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from archive.authorities.base import Authority
from archive.build import (
    BundleSource,
    Finished,
    FinishedFile,
    Trust,
    build,
    finish,
    report_signed_by,
)
from archive.canonical import JsonValue
from archive.compartment import BuiltCompartment, build_compartment, seal_compartment
from archive.envelope import Recipient, read_recipient
from archive.errors import ObjectDiffersError
from archive.merkle import account_key
from archive.seal import Seal
from archive.stamping import Panel
from archive.stores.base import BundleStore, Held
from archive.verify import Anchors, verify
from stationd.anchors.store import read_closing_mark
from stationd.anchors.views import States
from stationd.bundles import gather, reading, store
from stationd.bundles.horizon import reverify_at
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.bundles.receipt import RECEIPT, SIGNATURE, receipt
from stationd.bundles.service import custody
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.ledger.log_key import sign_offs
from stationd.ledger.model import RecordDraft, file_name
from stationd.ledger.service import LedgerTree, LogSigner, checkpoint
from stationd.ledger.store import append, read_head
from stationd.schedule.checks import Check, record_check
from stationd.staff.model import WORKER

__all__ = [
    "LostError",
    "Retention",
    "Workshop",
    "closing_checkpoint",
    "key_of",
    "prepare",
    "produce",
    "read_back",
    "run",
]

_LEASE = timedelta(seconds=120)
_CONTAINER = ".asice"


class LostError(CheckFailedError):
    """The sealed local files of an order are gone or changed; a new order has to replace it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long objects are locked: closing bundles, and every other kind.

    ``paper`` is that of the report, frozen into the order with the rest.
    """

    closing: timedelta
    other: timedelta
    paper: str = "letter"

    def of(self, kind: Kind) -> timedelta:
        """Return the lock of a kind."""
        return self.closing if kind is Kind.CLOSING else self.other


def _nowhere(_point: str) -> None:
    """Pass a point."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What an order is worked on with; one a process.

    ``readers`` are the certificates, as PEM, that each compartment is enveloped to.
    """

    desk: Desk
    store: BundleStore
    authority: Authority
    seal: Seal
    log_public_pem: bytes
    origin: str
    sealed: Path
    holder: str
    states: States | None = None
    readers: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    passed: Callable[[str], None] = _nowhere

    @property
    def anchors(self) -> Anchors:
        """What our own bundles are verified against."""
        return Anchors(
            root_pem=self.seal.root_pem,
            tsa_pem=self.authority.trust_pem,
            log_pub_pem=self.log_public_pem + sign_offs(self.desk),
        )

    @property
    def trust(self) -> Trust:
        """What is put into ``trust/``."""
        return Trust(
            root_pem=self.seal.root_pem,
            signer_pem=self.seal.certificate_pem + self.seal.chain_pem,
            tsa_pem=self.authority.trust_pem,
            log_pub_pem=self.log_public_pem,
            crls_pem=self.seal.revocation.pem,
            ocsp_pem=self.seal.revocation.responder_pem,
            log_keys=sign_offs(self.desk),
        )


def key_of(station: str, order: Order, file: str) -> str:
    """Return where a file of a bundle lies in the archive; each copy has a folder of its own."""
    copy = f"{order.kind.value}-{order.id}/" if order.kind is Kind.REDACTED else ""
    return (
        f"bundles/{file_name(station)}/{file_name(order.acct)}/e{order.epoch}/"
        f"c{order.checkpoint}/{copy}{file}"
    )


# --- The whole pass ---


def run(
    shop: Workshop,
    order_id: str,
    tree: LedgerTree,
    *,
    log_key: LogSigner,
    retention: Retention,
) -> Order:
    """Bring an order to *verified* in this process; may be called again after any failure."""
    prepare(shop.desk, order_id, tree, shop.origin, log_key, retention, at=None)
    return produce(shop, order_id)


def prepare(  # noqa: PLR0913  (what an order is prepared with)
    desk: Desk,
    order_id: str,
    tree: LedgerTree,
    origin: str,
    log_key: LogSigner,
    retention: Retention,
    *,
    at: int | None = None,
) -> None:
    """Name the order's checkpoint and freeze its facts; done once.

    ``at`` is a checkpoint that is a point; None: a new one is made, which nobody has stamped.  A
    redacted copy reaches to the checkpoint of its whole bundle, and has its facts.
    """
    with desk.database.reading() as connection:
        order = store.read_order(connection, order_id)
    if order.facts is not None:
        return
    if at is None and order.source_id is None:
        checkpoint(desk, tree, origin=origin, log_key=log_key)
    with desk.database.writing() as connection:
        now = desk.clock.now()
        if store.read_order(connection, order_id).facts is not None:
            return
        n, frozen = _frozen(connection, desk.station, order, at, retention.paper)
        store.update_order(
            connection,
            order_id,
            checkpoint=n,
            facts=frozen,
            legal_hold=reading.records_hold(connection, order.acct),
            # Locks are kept in whole seconds; rounding up keeps them at least as long as asked.
            retain_until=_whole(now + retention.of(order.kind)),
        )
        digest = sha256(frozen.encode()).hexdigest()
        draft = custody(order, "frozen", WORKER, {"checkpoint": n, "facts_sha256": digest})
        _append(connection, desk, draft)


def _frozen(
    connection: Connection, station: str, order: Order, at: int | None, paper: str
) -> tuple[int, str]:
    """Return the checkpoint that an order reaches to, and its facts, frozen."""
    if order.source_id is not None:
        source = store.read_order(connection, order.source_id)
        if source.checkpoint is None or source.facts is None:
            raise CheckFailedError(f"Bundle {source.id} was not prepared; a copy needs it whole.")
        return source.checkpoint, gather.freeze_copy(connection, order, source.facts).encoded()
    n = reading.read_newest_checkpoint(connection) if at is None else at
    if n is None:
        raise CheckFailedError("There is no checkpoint yet.")
    return n, gather.freeze(connection, order, station, at=at, paper=paper).encoded()


def closing_checkpoint(desk: Desk, order: Order) -> int | None:
    """Return the checkpoint that was made with an epoch's `close`; None: the epoch is open."""
    key = account_key(desk.station, order.acct, order.epoch)
    with desk.database.reading() as connection:
        head = read_head(connection, order.acct, order.epoch)
        return read_closing_mark(connection, key, head.size) if head.closed else None


def _whole(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=999_999)).replace(microsecond=0)


def produce(shop: Workshop, order_id: str) -> Order:
    """Build, store and verify a prepared order, going on from where its row stands."""
    order = _read(shop, order_id)
    if order.state is OrderState.ORDERED:
        _build(shop, order)
        order = _read(shop, order_id)
    if order.state is OrderState.BUILT:
        _store(shop, order)
        order = _read(shop, order_id)
    if order.state is OrderState.STORED:
        _verify(shop, order)
        order = _read(shop, order_id)
    return order


def _read(shop: Workshop, order_id: str) -> Order:
    with shop.desk.database.reading() as connection:
        return store.read_order(connection, order_id)


# --- 2: built ---


def _build(shop: Workshop, order: Order) -> None:
    """Build, seal and verify on local disk; then note every file and its hash."""
    source = gather.source(shop.desk, order, origin=shop.origin, states=shop.states)
    folder = shop.sealed / source.base
    part = shop.sealed / f"{source.base}.part"
    for leftover in (folder, part):
        # Nothing of an order in this state was uploaded: what lies here was cut short.
        shutil.rmtree(leftover, ignore_errors=True)
    part.mkdir(parents=True)
    files, content_id = _finished(shop, order, source, part)
    shop.passed("finished")
    (part / "out").rename(folder)
    shutil.rmtree(part)
    shop.passed("renamed")
    with shop.desk.database.writing() as connection:
        store.record_objects(
            connection, [_object(shop, order, folder / one.path.name, one) for one in files]
        )
        store.update_order(
            connection,
            order.id,
            state=OrderState.BUILT.value,
            name=source.base,
            content_id=content_id,
            records=source.size,
            progress=60,
        )
    shop.passed("built")


def _finished(
    shop: Workshop, order: Order, source: BundleSource, part: Path
) -> tuple[list[FinishedFile], str]:
    beside = _compartments(shop, order, source, part)
    named = {one.name: one.content_id for one, _ in beside}
    built = build(
        replace(source, compartments=named),
        part / "work",
        trust=shop.trust,
        sign_report=report_signed_by(shop.seal, shop.authority, shop.desk.clock.now()),
        progress=_teller(shop, order, 0, 45),
    )
    shop.passed("bagged")
    done = finish(
        built,
        seal=shop.seal,
        authority=shop.authority,
        now=shop.desk.clock.now(),
        target=part / "out",
    )
    _tell_stamps(shop, source.base, done)
    shop.passed("sealed")
    verify(done.files[-1].path, shop.anchors)
    forms = [FinishedFile(it, it.stat().st_size, _sha256(it)) for it in done.certifications]
    return [*done.files, *forms, *_enveloped(shop, beside, part / "out")], done.content_id


def _tell_stamps(shop: Workshop, base: str, done: Finished) -> None:
    """Note which authorities have stamped a bundle, and which were away."""
    said = dict.fromkeys(done.stamped_by, ("passed", f"stamped {base}"))
    said |= {
        name: ("failed", f"{base} was sealed without its stamp: {why}")
        for name, why in done.away.items()
    }
    now = shop.desk.clock.now()
    with shop.desk.database.writing() as connection:
        for name, (outcome, detail) in said.items():
            check = Check(
                name=f"authority {name}"[:64], outcome=outcome, detail=detail[:1000], at=now
            )
            record_check(connection, check)


def _compartments(
    shop: Workshop, order: Order, source: BundleSource, part: Path
) -> list[tuple[BuiltCompartment, Sequence[Recipient]]]:
    """Build what lies beside a whole bundle, for those that the settings name."""
    if not shop.readers or order.kind is Kind.REDACTED:
        return []
    now = shop.desk.clock.now()
    made: list[tuple[BuiltCompartment, Sequence[Recipient]]] = []
    for one in gather.compartments(shop.desk, order):
        readers = [read_recipient(pem, now) for pem in shop.readers.get(one.name, ())]
        if not readers:
            continue
        found = build_compartment(one, source, shop.trust, part / one.name / "bag")
        if found is not None:
            made.append((found, readers))
    return made


def _enveloped(
    shop: Workshop, beside: Sequence[tuple[BuiltCompartment, Sequence[Recipient]]], into: Path
) -> list[FinishedFile]:
    return [
        seal_compartment(
            one,
            readers,
            seal=shop.seal,
            authority=shop.authority,
            now=shop.desk.clock.now(),
            target=into,
        )
        for one, readers in beside
    ]


def _object(shop: Workshop, order: Order, path: Path, one: FinishedFile) -> StoredObject:
    return StoredObject(
        order_id=order.id,
        file=path.name,
        key=key_of(shop.desk.station, order, path.name),
        size=one.size,
        sha256=one.sha256,
        path=str(path),
    )


def _sha256(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


# --- 3: stored ---


def _store(shop: Workshop, order: Order) -> None:
    """Put every file under its lock, then the sealed receipt."""
    _put_all(shop, order, _in_order(_objects(shop, order)))
    shop.passed("bundle put")
    _write_receipt(shop, order)
    shop.passed("receipt written")
    _put_all(shop, order, _in_order(_objects(shop, order)))
    with shop.desk.database.writing() as connection:
        store.update_order(connection, order.id, state=OrderState.STORED.value, progress=85)
    shop.passed("stored")


def _objects(shop: Workshop, order: Order) -> list[StoredObject]:
    with shop.desk.database.reading() as connection:
        return store.read_objects(connection, order.id)


def _in_order(found: Sequence[StoredObject]) -> list[StoredObject]:
    """Volumes first, then the container, then what stands beside."""
    rank = {".zip": 0, _CONTAINER: 1, ".txt": 2}
    return sorted(found, key=lambda one: (rank.get(Path(one.file).suffix, 3), one.file))


def _put_all(shop: Workshop, order: Order, found: Sequence[StoredObject]) -> None:
    for number, one in enumerate(found):
        version = one.version_id or _put(shop, order, one)
        shop.passed(f"put {Path(one.file).suffix}")
        _note_held(shop, order, replace(one, version_id=version))
        _teller(shop, order, 60, 85)(number + 1, len(found))


def _put(shop: Workshop, order: Order, one: StoredObject) -> str:
    path = Path(one.path)
    if not path.is_file() or _sha256(path) != one.sha256:
        msg = f"The sealed local file {path} is gone or changed; the bundle is ordered anew."
        raise LostError(msg)
    version = shop.store.put(
        one.key,
        path,
        sha256=one.sha256,
        retain_until=_until(order),
        legal_hold=order.legal_hold,
    )
    shop.passed(f"sent {path.suffix}")
    with shop.desk.database.writing() as connection:
        store.record_version(connection, order.id, one.file, version)
    return version


def _until(order: Order) -> datetime:
    if order.retain_until is None:
        raise CheckFailedError(f"Order {order.id} has no lock date; the worker decides it.")
    return order.retain_until


def _note_held(shop: Workshop, order: Order, one: StoredObject) -> StoredObject:
    """Ask the version what it holds, compare with what was asked, note what it says."""
    assert one.version_id is not None  # noqa: S101  (it was put)
    held = shop.store.head(one.key, one.version_id)
    _compare(shop.store, order, one, held)
    noted = replace(one, retain_until=held.retain_until, mode=held.mode, legal_hold=held.legal_hold)
    with shop.desk.database.writing() as connection:
        store.record_held(connection, noted)
    return noted


def _compare(kept: BundleStore, order: Order, one: StoredObject, held: Held) -> None:
    """Raise `ObjectDiffersError` naming every difference."""
    faults: list[str] = []
    if held.size != one.size:
        faults.append(f"{held.size} bytes instead of {one.size}")
    if held.sha256 is not None and held.sha256 != one.sha256:
        faults.append(f"hash {held.sha256} instead of {one.sha256}")
    if kept.locked:
        if held.mode != "COMPLIANCE":
            faults.append(f"lock mode {held.mode} instead of COMPLIANCE")
        if held.retain_until is None or held.retain_until < _until(order):
            faults.append(f"locked until {held.retain_until} instead of {_until(order)}")
        if order.legal_hold and not held.legal_hold:
            faults.append("no legal hold")
    if faults:
        raise ObjectDiffersError(
            f"{kept.name}: {one.key} version {one.version_id} has {'; '.join(faults)}"
        )


def _write_receipt(shop: Workshop, order: Order) -> None:
    """Write and seal the receipt beside the bundle, once, and note its files."""
    found = _objects(shop, order)
    if any(one.file == RECEIPT for one in found):
        return
    now = shop.desk.clock.now()
    content = receipt(shop.desk.station, order, shop.store.name, _in_order(found), now)
    signature = shop.seal.sign(content, now=now, stamps=Panel(shop.authority).stamp)
    folder = Path(found[0].path).parent
    made: list[StoredObject] = []
    for name, data in ((RECEIPT, content), (SIGNATURE, signature)):
        path = folder / name
        path.write_bytes(data)
        finished = FinishedFile(path, len(data), sha256(data).hexdigest())
        made.append(_object(shop, order, path, finished))
    with shop.desk.database.writing() as connection:
        store.record_objects(connection, made)


# --- 4: verified ---


def _verify(shop: Workshop, order: Order) -> None:
    """Read everything back by version id, verify it, and append the custody record."""
    read_back(shop, order)
    shop.passed("read back")
    with shop.desk.database.writing() as connection:
        if store.read_order(connection, order.id).state is OrderState.VERIFIED:
            return
        now = shop.desk.clock.now()
        store.update_order(
            connection,
            order.id,
            state=OrderState.VERIFIED.value,
            verified_at=now,
            reverify_at=reverify_at(order.id, now),
            progress=100,
            why="",
        )
        listed = [_listed(one) for one in store.read_objects(connection, order.id)]
        fields: dict[str, JsonValue] = {
            "bundle_name": order.name,
            "checkpoint": order.checkpoint,
            "content_id": order.content_id,
            "objects": listed,
            "records": order.records,
            "store": shop.store.name,
        }
        _append(connection, shop.desk, custody(order, "verified", WORKER, fields))
    shop.passed("verified")


def _listed(one: StoredObject) -> JsonValue:
    return {
        "key": one.key,
        "sha256": one.sha256,
        "size": one.size,
        "version_id": one.version_id,
        "retain_until": None if one.retain_until is None else iso(one.retain_until),
    }


def read_back(shop: Workshop, order: Order) -> None:
    """Fetch every version whole, compare hashes, and verify the bundle from what came back."""
    found = _in_order(_objects(shop, order))
    with tempfile.TemporaryDirectory(dir=shop.sealed, prefix=".readback-") as folder:
        for number, one in enumerate(found):
            noted = _note_held(shop, order, one)
            _fetch(shop, noted, Path(folder) / one.file)
            _teller(shop, order, 85, 99)(number + 1, len(found))
        container = next(one.file for one in found if one.file.endswith(_CONTAINER))
        verify(Path(folder) / container, shop.anchors)
    now = shop.desk.clock.now()
    with shop.desk.database.writing() as connection:
        for one in found:
            store.record_read_back(connection, order.id, one.file, now)


def _fetch(shop: Workshop, one: StoredObject, into: Path) -> None:
    assert one.version_id is not None  # noqa: S101  (it was put)
    shop.store.fetch(one.key, one.version_id, into)
    found = _sha256(into)
    if found != one.sha256:
        raise ObjectDiffersError(
            f"{shop.store.name}: {one.key} version {one.version_id} reads back as {found}, "
            f"not {one.sha256}"
        )


# --- Progress and records ---


def _teller(shop: Workshop, order: Order, low: int, high: int) -> Callable[[int, int], None]:
    """Return what notes progress between ``low`` and ``high`` percent, and renews the lease."""
    last = low

    def tell(done: int, whole: int) -> None:
        nonlocal last
        percent = low + (high - low) * done // max(whole, 1)
        if percent < last + 2:
            return
        last = percent
        until = shop.desk.clock.now() + _LEASE
        with shop.desk.database.writing() as connection:
            if order.state is not OrderState.VERIFIED:
                store.update_order(connection, order.id, progress=percent)
            store.extend_lease(connection, order.id, shop.holder, until)

    return tell


def _append(connection: Connection, desk: Desk, draft: RecordDraft) -> None:
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
