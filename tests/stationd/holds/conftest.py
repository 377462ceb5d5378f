"""People, and an account to look at."""

import json
from datetime import timedelta

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.ledger.store import read_head, read_records
from stationd.staff.model import Person, Role


@pytest.fixture
def clerk():
    return Person(login="carla", name="Carla", role=Role.CLERK)


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def counsel():
    return Person(login="olga", name="Olga", role=Role.ATTORNEY)


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


class Street:
    """Accounts of several sites and customers; numbers that were and are theirs."""

    def __init__(self, desk, by):
        self.database = desk.database
        self._desk = desk
        self._by = by
        self.opened_at = desk.clock.now()
        self.moved_at = self.opened_at + timedelta(minutes=30)
        self.open("1001", site="s1")
        self.open("1002", site="s1")
        self.open("1003", site="s2")
        self.open("1004", site="s3", customer="c2")

    def open(self, acct, *, site, customer="c1"):
        opening = Opening(
            customer=Customer(id=customer, name="Adler"),
            site=Site(id=site, customer_id=customer, name="Shop", address="12", zone="UTC"),
            contract=Contract(id=f"k{acct}", site_id=site, number=f"K-{acct}"),
            acct=acct,
        )
        open_account(self._desk, opening, by=self._by)


@pytest.fixture
def street(desk, clerk, roll):
    made = Street(desk, clerk)
    roll.link("1001", "main", "01", since=made.opened_at)
    roll.link("1001", "shared", "02", since=made.opened_at, until=made.moved_at)
    roll.link("1002", "shared", "02", since=made.moved_at)
    return made
