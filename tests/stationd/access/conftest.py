"""A station with two accounts, and what its custody has."""

import pytest

from stationd.access.model import Reader
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.staff.model import Person, Role


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def station(desk, manager):
    for acct in ("1001", "1002"):
        opening = Opening(
            customer=Customer(id=f"c{acct}", name="Acme"),
            site=Site(id=f"s{acct}", customer_id=f"c{acct}", name="Shop", address="1", zone="UTC"),
            contract=Contract(id=f"k{acct}", site_id=f"s{acct}", number=f"K-{acct}"),
            acct=acct,
        )
        open_account(desk, opening, by=manager)
    return desk


@pytest.fixture
def olga():
    return Reader(login="olga", user="root", address="192.0.2.9")
