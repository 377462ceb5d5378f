"""A station with one account and one verified bundle of it, in rows."""

import json

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.model import Kind, OrderState, StoredObject
from stationd.ledger.store import read_head, read_records
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.model import Person, Role


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def sealer():
    return Sealer(new_sealing_key())


@pytest.fixture
def order(desk, manager):
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id="k1", site_id="s1", number="K-1"),
        acct="1234",
    )
    open_account(desk, opening, by=manager)
    order_id = bundles.order(desk, "1234", Kind.ON_REQUEST, manager)
    one = StoredObject(
        order_id=order_id, file="a.asice", key="bundles/a.asice", size=1, sha256="0" * 64, path="/a"
    )
    with desk.database.writing() as connection:
        store.record_objects(connection, [one])
        store.record_version(connection, order_id, one.file, "v1")
        now = desk.clock.now()
        store.update_order(
            connection, order_id, state=OrderState.VERIFIED.value, verified_at=now, name="a"
        )
    return bundles.read(desk, order_id)


@pytest.fixture
def custody(desk):
    def read():
        with desk.database.reading() as connection:
            size = read_head(connection, "station", 1).size
            found = [json.loads(one) for one in read_records(connection, "station", 1, 1, size)]
        return [one for one in found if one["type"] == "custody"]

    return read
