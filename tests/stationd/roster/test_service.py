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
from stationd.accounts.service import end_link, link_transmitter, open_account
from stationd.accounts.store import read_transmitter
from stationd.clock import iso
from stationd.keys.model import Ends, KeyUse, What
from stationd.keys.service import Holder, add_key, sealed_key
from stationd.keys.store import record_uses
from stationd.roster.file import read
from stationd.roster.service import publish, read_current, read_roster
from stationd.sealing import Sealer, new_sealing_key
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases

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
    add(desk, sealer, bytes(16))
    return made


def add(desk, sealer, secret, number="01A4", overlap=None, **more):
    add_key(
        desk,
        Holder("main", number),
        sealed_key(secret, sealer),
        ends=Ends(overlap=overlap),
        sealer=sealer,
        by=CLERK,
        **more,
    )


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
    add(desk, sealer, bytes(32))
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


def use(desk, key, what=What.CHANGED, number="01A4"):
    at = iso(desk.clock.now())
    used = KeyUse(
        group="main", number=number, what=what, key=key.id, count=1, first_at=at, last_at=at
    )
    with desk.database.writing() as connection:
        record_uses(connection, [used])


def newest(desk):
    with desk.database.reading() as connection:
        return read_transmitter(connection, "main", "01A4").keys[-1]


def test_the_first_frame_under_a_new_key_is_published_as_the_end_of_the_old(
    desk, link, sealer, tmp_path
):
    path = tmp_path / "roster.json"
    add(desk, sealer, bytes(32), overlap=3600)
    digest = publish(desk, path, sealer)
    assert [key.valid_to for key in read(path, sealer).find("main", "01A4").keys] == [None, None]
    use(desk, newest(desk))
    assert publish(desk, path, sealer, digest) != digest
    keys = read(path, sealer).find("main", "01A4").keys
    assert [key.valid_to for key in keys] == [desk.clock.now() + timedelta(hours=1), None]


def test_a_key_whose_first_frame_is_waited_for_has_a_name_only_where_frames_are_decoded(
    desk, link, sealer, tmp_path
):
    add(desk, sealer, bytes(32), overlap=3600)
    with desk.database.reading() as connection:
        names = [key.name for key in read_roster(connection, sealer).find("main", "01A4").keys]
    assert names == ["", f"changed:{newest(desk).id}"]
    current = read_current(desk, sealer).find("main", "01A4")
    assert [key.name for key in current.keys] == ["", ""]
    use(desk, newest(desk))
    with desk.database.reading() as connection:
        names = [key.name for key in read_roster(connection, sealer).find("main", "01A4").keys]
    assert names == ["", ""]


@pytest.mark.parametrize("encrypted_only", [True, False])
def test_the_key_of_a_group_is_for_numbers_nobody_knows_and_accounts_without_their_own(
    desk, link, sealer, tmp_path, encrypted_only
):
    other = Transmitter(id="t2", group="main", number="02", switches=frozenset({"x"}))
    link_transmitter(desk, "1001", other, Ownership(valid_from=desk.clock.now()), by=CLERK)
    digest = publish(desk, tmp_path / "roster.json", sealer)
    add(desk, sealer, bytes(24), number="", encrypted_only=encrypted_only)
    assert publish(desk, tmp_path / "roster.json", sealer, digest) != digest
    roster = read(tmp_path / "roster.json", sealer)
    clear = set() if encrypted_only else {"plain_allowed"}
    assert [key.secret for key in roster.find("main", "").keys] == [bytes(24)]
    assert roster.find("main", "").switches == clear
    assert [key.secret for key in roster.find("main", "02").keys] == [bytes(24)]
    assert roster.find("main", "02").switches == {"x"} | clear
    assert [key.secret for key in roster.find("main", "01A4").keys] == [bytes(16)]
    assert roster.find("lines", "") is None
