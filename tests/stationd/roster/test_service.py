"""From the masters to the roster's file."""

from datetime import timedelta

import pytest

from stationd.accounts.model import (
    Contract,
    Customer,
    Opening,
    Ownership,
    Site,
    Transmitter,
)
from stationd.accounts.service import (
    add_key,
    end_link,
    link_transmitter,
    open_account,
    sealed_key,
)
from stationd.roster.file import read
from stationd.roster.service import publish, read_current, read_roster
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.model import Person, Role

CLERK = Person(login="carla", name="Carla", role=Role.CLERK)


@pytest.fixture
def sealer():
    return Sealer(new_sealing_key())


@pytest.fixture
def link(desk, sealer):
    customer = Customer(id="c", name="Adler")
    site = Site(id="s", customer_id="c", name="Shop", address="1 Main", zone="UTC")
    contract = Contract(id="k", site_id="s", number="K")
    opening = Opening(customer=customer, site=site, contract=contract, acct="1001")
    open_account(desk, opening, by=CLERK)
    transmitter = Transmitter(
        id="t", group="main", number="01A4", poll_interval=90, switches=frozenset({"x"})
    )
    made = link_transmitter(
        desk, "1001", transmitter, Ownership(valid_from=desk.clock.now()), by=CLERK
    )
    add_key(desk, "main", "01A4", sealed_key(bytes(16), sealer), by=CLERK)
    return made


def test_the_file_says_what_answering_needs(desk, link, sealer, tmp_path):
    path = tmp_path / "roster.json"
    publish(desk, path, sealer)
    account = read(path, sealer).find("main", "01A4")
    assert [key.secret for key in account.keys] == [bytes(16)]
    assert (account.window_back, account.poll_interval) == (40, 90)
    assert account.switches == {"x"}
    assert bytes(16).hex() not in path.read_text()


def test_an_unchanged_roster_is_not_written_again(desk, link, sealer, tmp_path):
    path = tmp_path / "roster.json"
    digest = publish(desk, path, sealer)
    before = path.read_bytes()
    assert publish(desk, path, sealer, digest) == digest
    assert publish(desk, path, sealer) == digest
    assert path.read_bytes() == before


def test_a_change_is_published(desk, link, sealer, tmp_path):
    path = tmp_path / "roster.json"
    digest = publish(desk, path, sealer)
    add_key(desk, "main", "01A4", sealed_key(bytes(32), sealer), by=CLERK)
    assert publish(desk, path, sealer, digest) != digest
    assert len(read(path, sealer).find("main", "01A4").keys) == 2


@pytest.mark.parametrize("content", [None, "", "{}"], ids=["away", "empty", "shapeless"])
def test_a_file_that_is_away_or_damaged_is_mended(desk, link, sealer, tmp_path, content):
    path = tmp_path / "roster.json"
    digest = publish(desk, path, sealer)
    path.unlink()
    if content is not None:
        path.write_text(content)
        digest = ""
    publish(desk, path, sealer, digest)
    assert len(read(path, sealer)) == 1


def test_a_number_that_is_nobodys_leaves_the_roster_but_not_what_decodes(desk, link, sealer):
    end = desk.clock.now() + timedelta(days=1)
    end_link(desk, link.id, end, by=CLERK)
    assert len(read_current(desk, sealer)) == 1
    desk.clock.advance(timedelta(days=1))
    assert len(read_current(desk, sealer)) == 0
    with desk.database.reading() as connection:
        assert read_roster(connection, sealer).find("main", "01A4") is not None
