"""Accounts by the hundred, and the files that a platform writes."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.imports.model import Source
from stationd.staff.model import Person, Role

MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


@pytest.fixture
def station(desk: Desk, clock: SetClock) -> Desk:
    """A desk with accounts 1001 to 1010, opened long ago."""
    for n in range(1001, 1011):
        opening = Opening(
            customer=Customer(id=f"c{n}", name=f"Customer {n}"),
            site=Site(id=f"s{n}", customer_id=f"c{n}", name="Shop", address="1 Main", zone="UTC"),
            contract=Contract(id=f"k{n}", site_id=f"s{n}", number=f"K-{n}", notice_days=30),
            acct=str(n),
        )
        open_account(desk, opening, by=MARIA)
    clock.advance(timedelta(days=365))
    return desk


@pytest.fixture
def listing() -> Callable[..., Source]:
    def make(accts: Sequence[object], *, name: str = "list.csv") -> Source:
        rows = "".join(f"{acct},Customer {acct}\n" for acct in accts)
        return Source(name=name, data=f"Account,Customer\n{rows}".encode())

    return make
