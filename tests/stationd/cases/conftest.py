"""A desk with a station database, a clock that tests move, and one account."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.clock import SetClock
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.ids import CountedIds
from stationd.settings import PolicySettings
from stationd.staff.model import Person, Role

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # a Monday


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'station.sqlite3'}")
    migrate(made, copy_to=None)
    yield made
    made.close()


@pytest.fixture
def manager() -> Person:
    return Person(login="maria", name="Maria Manager", role=Role.MANAGER)


@pytest.fixture
def clerk() -> Person:
    return Person(login="carl", name="Carl Clerk", role=Role.CLERK)


@pytest.fixture
def operator() -> Person:
    return Person(login="olga", name="Olga Operator", role=Role.OPERATOR)


@pytest.fixture
def desk(database: Database, clock: SetClock, manager: Person) -> Desk:
    made = Desk(
        database=database,
        clock=clock,
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="America/Chicago"),
        contract=Contract(
            id="k1",
            site_id="s1",
            number="K-1",
            notice_days=30,
            terms={"notice_methods": ["post", "email"]},
        ),
        acct="1234",
    )
    open_account(made, opening, by=manager)
    return made
