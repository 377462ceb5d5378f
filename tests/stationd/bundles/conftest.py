"""A station with one account, real keys, a real authority, and places to store bundles."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archive.authorities.base import Authority
from archive.ceremony import Ceremony
from archive.seal import LogKey, Seal
from archive.stores.base import BundleStore
from archive.stores.directory import DirectoryStore
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles.work import Retention, Workshop
from stationd.clock import SystemClock
from stationd.db.engine import Database
from stationd.desk import Desk
from stationd.ids import SystemIds
from stationd.ledger.service import LedgerTree
from stationd.settings import PolicySettings
from stationd.staff.model import Person, Role

ORIGIN = "log.example.com/station-1"
RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


@pytest.fixture
def manager() -> Person:
    return Person(login="maria", name="Maria Manager", role=Role.MANAGER)


@pytest.fixture
def desk(database: Database, manager: Person) -> Desk:
    made = Desk(
        database=database,
        clock=SystemClock(),
        ids=SystemIds(),
        station="station-1",
        policies=PolicySettings(),
    )
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="America/Chicago"),
        contract=Contract(id="k1", site_id="s1", number="K-1", notice_days=30),
        acct="1234",
    )
    open_account(made, opening, by=manager)
    return made


@pytest.fixture
def log_key(keys: Ceremony) -> LogKey:
    return LogKey.load(keys.log_key)


@pytest.fixture
def tree(desk: Desk) -> LedgerTree:
    return LedgerTree.load(desk)


@pytest.fixture
def folder_store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def shop_of(
    desk: Desk, keys: Ceremony, log_key: LogKey, authority: Authority, tmp_path: Path
) -> Callable[[BundleStore], Workshop]:
    def make(store: BundleStore) -> Workshop:
        sealed = tmp_path / "sealed"
        sealed.mkdir(exist_ok=True)
        return Workshop(
            desk=desk,
            store=store,
            authority=authority,
            seal=Seal.load(keys.seal_key, keys.seal, keys.root),
            log_public_pem=log_key.public_pem,
            origin=ORIGIN,
            sealed=sealed,
            holder="node-1",
        )

    return make


@pytest.fixture
def shop(shop_of: Callable[[BundleStore], Workshop], folder_store: DirectoryStore) -> Workshop:
    return shop_of(folder_store)
