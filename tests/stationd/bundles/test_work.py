import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from archive.authorities.several import Several
from archive.errors import (
    AuthorityUnavailableError,
    BundleRejectedError,
    ObjectDiffersError,
    StoreUnavailableError,
)
from archive.seal import LogKey
from archive.stores.base import BundleStore, Held
from archive.stores.directory import DirectoryStore
from archive.stores.s3 import S3Store
from archive.verify import verify
from stationd.bundles import service, store
from stationd.bundles.model import Kind, Order, OrderState
from stationd.bundles.receipt import RECEIPT, SIGNATURE
from stationd.bundles.work import (
    LostError,
    Retention,
    Workshop,
    key_of,
    prepare,
    produce,
    read_back,
    run,
)
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import read_head, read_records
from stationd.rekeying import change_log_key
from stationd.schedule.checks import read_check
from stationd.staff.model import Person, Role

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))
POINTS = [
    "bagged",
    "sealed",
    "finished",
    "renamed",
    "built",
    "sent .asice",
    "put .asice",
    "sent .txt",
    "put .txt",
    "bundle put",
    "receipt written",
    "sent .json",
    "put .p7s",
    "stored",
    "read back",
    "verified",
]


@pytest.fixture
def ordered(desk: Desk, manager: Person, tree: LedgerTree, log_key: LogKey) -> str:
    """An order that is prepared."""
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    prepare(desk, order_id, tree, "log.example.com/station-1", log_key, RETENTION)
    return order_id


def custody(desk: Desk) -> list[str]:
    with desk.database.reading() as connection:
        head = read_head(connection, "station", 1)
        found = [json.loads(one) for one in read_records(connection, "station", 1, 1, head.size)]
    return [one["kind"] for one in found if one["type"] == "custody"]


@pytest.mark.system
def test_an_order_becomes_a_locked_bundle_that_was_read_back(
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    s3_store: S3Store,
    shop_of: Callable[[BundleStore], Workshop],
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    done = run(shop_of(s3_store), order_id, tree, log_key=log_key, retention=RETENTION)
    assert (done.state, done.progress, done.records) == (OrderState.VERIFIED, 100, 1)
    stored = service.objects(desk, order_id)
    base = "station-1-1234-e1-c0-on_request"
    assert [one.file for one in stored] == [
        RECEIPT,
        SIGNATURE,
        f"{base}-certification.pdf",
        f"{base}-certification.txt",
        f"{base}.asice",
    ]
    assert {one.mode for one in stored} == {"COMPLIANCE"}
    assert {one.retain_until for one in stored} == {done.retain_until}
    assert all(one.version_id and one.verified_at for one in stored)
    assert stored[4].key == f"bundles/station-1/1234/e1/c0/{base}.asice"
    assert custody(desk) == ["ordered", "frozen", "verified"]


def test_the_receipt_names_every_version_and_its_lock(
    desk: Desk, shop: Workshop, ordered: str
) -> None:
    produce(shop, ordered)
    stored = {one.file: one for one in service.objects(desk, ordered)}
    told = json.loads(Path(stored[RECEIPT].path).read_bytes())
    named = {one["file"]: one["version_id"] for one in told["objects"]}
    bundle = {name: one.version_id for name, one in stored.items() if "receipt" not in name}
    assert named == bundle
    assert told["content_id"] == service.read(desk, ordered).content_id


def test_a_bundle_is_prepared_once(
    desk: Desk, tree: LedgerTree, log_key: LogKey, ordered: str
) -> None:
    before = service.read(desk, ordered)
    prepare(desk, ordered, tree, "log.example.com/station-1", log_key, RETENTION)
    assert service.read(desk, ordered) == before


@pytest.mark.parametrize(("kind", "days"), [(Kind.CLOSING, 3650), (Kind.PRIMARY, 730)])
def test_closing_bundles_are_locked_for_the_full_retention(kind: Kind, days: int) -> None:
    assert RETENTION.of(kind) == timedelta(days=days)


def test_an_order_that_was_not_prepared_is_not_built(
    desk: Desk, manager: Person, shop: Workshop
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    with pytest.raises(CheckFailedError, match="was not prepared"):
        produce(shop, order_id)


def test_building_again_gives_the_same_content(desk: Desk, shop: Workshop, ordered: str) -> None:
    first = produce(shop, ordered)
    assert first.name is not None
    again = replace(shop, sealed=shop.sealed / "again", store=DirectoryStore(shop.sealed / "other"))
    again.sealed.mkdir()
    with desk.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM objects")
        store.update_order(connection, ordered, state="ordered")
    assert produce(again, ordered).content_id == first.content_id


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_the_next_pass_does_the_rest_once(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore, point: str
) -> None:
    assert killed_at(point, desk, shop, ordered)
    done = produce(shop, ordered)
    assert done.state is OrderState.VERIFIED
    assert custody(desk) == ["ordered", "frozen", "verified"]
    stored = service.objects(desk, ordered)
    kept = [path for path in folder_store._path.rglob("*") if path.is_file()]
    assert len([path for path in kept if not path.name.endswith(".held.json")]) == len(stored)
    assert [path.name for path in shop.sealed.iterdir()] == [done.name]
    # A point that is passed twice would have been a second upload, receipt or custody record.
    assert not killed_at(point, desk, shop, ordered)


def killed_at(point: str, desk: Desk, shop: Workshop, order_id: str) -> bool:
    """Work on the order in a child that ends without a word at ``point``; tell whether it did."""
    desk.database.close()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            own = replace(desk, database=Database(str(desk.database.engine.url)))

            def passed(reached: str) -> None:
                if reached == point:
                    os._exit(77)

            produce(replace(shop, desk=own, passed=passed), order_id)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code in {0, 77}
    return code == 77


# --- Stores that fail or lie ---


class Lying:
    """A locked store that changes what it says, or fails, at one place."""

    locked = True
    name = "lying store"

    def __init__(self, inner: DirectoryStore, **more: object) -> None:
        self._inner = inner
        self._more = more
        self.fails = 0
        self.spoils = False

    def check(self, *, now: datetime, salt: str) -> None:
        self._inner.check(now=now, salt=salt)

    def put(
        self, key: str, path: Path, *, sha256: str, retain_until: datetime, legal_hold: bool
    ) -> str:
        if self.fails:
            self.fails -= 1
            raise StoreUnavailableError("S3 went away in the middle")
        self.asked = retain_until
        return self._inner.put(
            key, path, sha256=sha256, retain_until=retain_until, legal_hold=legal_hold
        )

    def head(self, key: str, version_id: str) -> Held:
        held = self._inner.head(key, version_id)
        told = replace(held, mode="COMPLIANCE", retain_until=self.asked)
        return replace(told, **self._more)  # type: ignore[arg-type]

    def fetch(self, key: str, version_id: str, into: Path) -> None:
        self._inner.fetch(key, version_id, into)
        if self.spoils:
            into.chmod(0o600)
            into.write_bytes(b"spoilt")

    def extend(self, key: str, version_id: str, retain_until: datetime) -> None:
        raise NotImplementedError

    def set_legal_hold(self, key: str, version_id: str, on: bool) -> None:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        ({"size": 3}, "3 bytes instead of"),
        ({"sha256": "0" * 64}, "hash 0000"),
        ({"mode": "GOVERNANCE"}, "lock mode GOVERNANCE"),
        ({"mode": None}, "lock mode None"),
        ({"retain_until": None}, "locked until None"),
        ({"retain_until": datetime(2027, 1, 1, tzinfo=UTC)}, "locked until 2027-01-01"),
    ],
)
def test_a_store_that_holds_something_else_is_found_out(
    desk: Desk,
    shop: Workshop,
    ordered: str,
    folder_store: DirectoryStore,
    lie: dict[str, object],
    says: str,
) -> None:
    lying = Lying(folder_store, **lie)
    with pytest.raises(ObjectDiffersError, match=says):
        produce(replace(shop, store=lying), ordered)
    assert service.read(desk, ordered).state is OrderState.BUILT


def test_a_missing_legal_hold_is_found_out(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore
) -> None:
    with desk.database.writing() as connection:
        store.update_order(connection, ordered, legal_hold=True)
    with pytest.raises(ObjectDiffersError, match="no legal hold"):
        produce(replace(shop, store=Lying(folder_store, legal_hold=False)), ordered)


def test_a_bundle_made_under_a_hold_is_put_with_the_flag(
    desk: Desk, shop: Workshop, manager: Person, tree: LedgerTree, log_key: LogKey
) -> None:
    set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    done = run(shop, order_id, tree, log_key=log_key, retention=RETENTION)
    assert done.legal_hold
    assert all(one.legal_hold for one in service.objects(desk, order_id))


def test_what_reads_back_otherwise_is_not_verified(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore
) -> None:
    lying = Lying(folder_store)
    lying.spoils = True
    with pytest.raises(ObjectDiffersError, match="reads back as"):
        produce(replace(shop, store=lying), ordered)
    assert service.read(desk, ordered).state is OrderState.STORED


def test_a_retry_after_an_outage_sends_the_same_bytes(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore
) -> None:
    lying = Lying(folder_store)
    lying.fails = 1
    with pytest.raises(StoreUnavailableError):
        produce(replace(shop, store=lying), ordered)
    before = {one.file: one.sha256 for one in service.objects(desk, ordered)}
    assert produce(replace(shop, store=lying), ordered).state is OrderState.VERIFIED
    after = {one.file: one.sha256 for one in service.objects(desk, ordered)}
    assert before.items() <= after.items()


@pytest.mark.parametrize("harm", ["gone", "changed"])
def test_lost_local_files_are_told(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore, harm: str
) -> None:
    lying = Lying(folder_store)
    lying.fails = 1
    with pytest.raises(StoreUnavailableError):
        produce(replace(shop, store=lying), ordered)
    (container,) = shop.sealed.rglob("*.asice")
    if harm == "gone":
        shutil.rmtree(container.parent)
    else:
        container.write_bytes(b"changed")
    with pytest.raises(LostError, match="is gone or changed"):
        produce(shop, ordered)


def test_a_bundle_that_does_not_verify_is_not_sent(
    desk: Desk, shop: Workshop, ordered: str, folder_store: DirectoryStore
) -> None:
    # Another log key than the checkpoint's: our own check, before anything is sent, says no.
    key = Ed25519PrivateKey.generate().public_key()
    other = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    wrong = replace(shop, log_public_pem=other)
    with pytest.raises(BundleRejectedError):
        produce(wrong, ordered)
    assert not folder_store._path.exists()
    assert service.read(desk, ordered).state is OrderState.ORDERED


class AwayAuthority:
    """An authority that does not answer."""

    name, trust_pem = "second", b""

    def stamp(self, _data: bytes) -> bytes:
        raise AuthorityUnavailableError("second: no answer")

    stamp_hash = stamp


def test_a_bundle_is_sealed_with_the_stamps_there_are_and_the_others_are_told(
    desk: Desk, shop: Workshop, ordered: str
) -> None:
    both = Several([shop.authority, AwayAuthority()], shop.authority.trust_pem)
    assert produce(replace(shop, authority=both), ordered).state is OrderState.VERIFIED
    with desk.database.reading() as connection:
        found = [read_check(connection, f"authority {name}") for name in ("trial", "second")]
    assert [one and one.outcome for one in found] == ["passed", "failed"]
    assert found[1] is not None
    assert "was sealed without its stamp: second: no answer" in found[1].detail


def test_bundles_of_before_and_after_a_change_of_the_log_key_are_read_back(
    desk: Desk, shop: Workshop, ordered: str, manager: Person, log_key: LogKey
) -> None:
    before, after = produce(shop, ordered), LogKey(Ed25519PrivateKey.generate())
    anna = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
    change_log_key(desk, origin=shop.origin, before=log_key, after=after, by=anna)
    rekeyed = replace(shop, log_public_pem=after.public_pem)

    read_back(rekeyed, before)
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    tree = LedgerTree.load(desk)
    made = run(rekeyed, order_id, tree, log_key=after, retention=RETENTION)

    assert made.state is OrderState.VERIFIED
    (container,) = (rekeyed.sealed / str(made.name)).glob("*.asice")
    verify(container, replace(rekeyed.anchors, log_pub_pem=shop.log_public_pem))


def test_every_byte_of_a_number_that_is_no_name_is_spelt_out_in_keys() -> None:
    order = Order(
        id="o",
        kind=Kind.PRIMARY,
        acct="A_1",
        epoch=2,
        case_id=None,
        ordered_by="m",
        ordered_at=datetime.now(UTC),
        state=OrderState.ORDERED,
        legal_hold=False,
        retry_at=datetime.now(UTC),
        checkpoint=7,
    )
    assert key_of("st", order, "f") == "bundles/st/A_5f1/e2/c7/f"
