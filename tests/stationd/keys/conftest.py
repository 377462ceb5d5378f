"""A seal, a clerk, and an account with a panel."""

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Ownership, Site, Transmitter
from stationd.accounts.service import link_transmitter, open_account
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.model import Person, Role


@pytest.fixture
def sealer():
    return Sealer(new_sealing_key())


@pytest.fixture
def clerk():
    return Person(login="carla", name="Carla", role=Role.CLERK)


@pytest.fixture
def panel(desk, clerk):
    """The number 01A4 in group main, of account 1001."""
    opening = Opening(
        customer=Customer(id="c", name="Adler"),
        site=Site(id="s", customer_id="c", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id="k", site_id="s", number="K"),
        acct="1001",
    )
    open_account(desk, opening, by=clerk)
    panel = Transmitter(id="t", group="main", number="01A4")
    link_transmitter(desk, "1001", panel, Ownership(valid_from=desk.clock.now()), by=clerk)
    return panel
