"""A station with two accounts at one site, and a third of a dealer's customer elsewhere."""

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.staff.model import Person, Role


@pytest.fixture
def manager():
    return Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def street(desk, manager):
    for acct, site in (("1", "s1"), ("2", "s1"), ("3", "s3")):
        opening = Opening(
            customer=Customer(id=f"c{site}", name="Acme"),
            site=Site(
                id=site,
                customer_id=f"c{site}",
                name="Shop",
                address="1 Main",
                zone="UTC",
                jurisdiction="CO" if site == "s1" else "TX",
            ),
            contract=Contract(id=f"k{acct}", site_id=site, number=f"K-{acct}"),
            acct=acct,
        )
        open_account(desk, opening, by=manager)
    return desk
