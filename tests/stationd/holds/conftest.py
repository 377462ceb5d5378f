"""People, and an account to look at."""

import json

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role


@pytest.fixture
def clerk():
    return Person(login="carla", name="Carla", role=Role.CLERK)


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def opening():
    return Opening(
        customer=Customer(id="c1", name="Adler", details={"phone": "303 555 0100"}),
        site=Site(
            id="s1", customer_id="c1", name="Shop", address="12 Main St", zone="America/Denver"
        ),
        contract=Contract(id="k1", site_id="s1", number="K-1", cure_days=10),
        acct="1001",
        details={"systems": ["burglary", "fire"]},
    )


@pytest.fixture
def chain(desk):
    def read(acct, epoch=1):
        with desk.database.reading() as connection:
            size = read_head(connection, acct, epoch).size
            return [json.loads(one) for one in read_records(connection, acct, epoch, 1, size)]

    return read
