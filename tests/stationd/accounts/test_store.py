"""The SQL of accounts."""

from datetime import UTC, datetime, timedelta

import pytest

from stationd.accounts import store
from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    Party,
    RecordState,
    SealedKey,
    Service,
    Site,
    Transmitter,
)
from stationd.clock import iso
from stationd.errors import NotFoundError

pytestmark = pytest.mark.both_databases

DAY = datetime(2026, 3, 1, tzinfo=UTC)
NIGHT = timedelta(days=1)
CUSTOMER = Customer(id="c1", name="Adler", dealer_id="d1", details={"phone": "1"})
SITE = Site(id="s1", customer_id="c1", name="Shop", address="12 Main St", zone="UTC")
CONTRACT = Contract(
    id="k1", site_id="s1", number="K-1", party=Party.DEALER, cure_days=3, terms={"tier": "tm"}
)
ACCOUNT = Account(
    acct="1001",
    contract_id="k1",
    service=Service.ACTIVE,
    record=RecordState.OPEN,
    epoch=1,
    details={"systems": ["fire"]},
    opened_at=DAY,
)
TRANSMITTER = Transmitter(
    id="t1",
    group="main",
    number="01A4",
    protocol="dc09",
    keys=(SealedKey(sealed="abc", valid_from=DAY, valid_to=None),),
    window_back=None,
    poll_interval=90,
    switches=frozenset({"b", "a"}),
)


@pytest.fixture
def connection(desk):
    with desk.database.writing() as connection:
        store.record_dealers(connection, [Dealer(id="d1", name="Deal")])
        store.record_customers(connection, [CUSTOMER])
        store.record_sites(connection, [SITE])
        store.record_contracts(connection, [CONTRACT])
        store.record_accounts(connection, [ACCOUNT])
        store.record_transmitters(connection, [TRANSMITTER])
        yield connection


def link(name, start, end=None, acct="1001", **scope):
    return Link(
        id=name, transmitter_id="t1", acct=acct, scope=scope, valid_from=start, valid_to=end
    )


def test_what_was_recorded_is_read_back(connection):
    assert store.read_customer(connection, "c1") == CUSTOMER
    assert store.read_site(connection, "s1") == SITE
    assert store.read_contract(connection, "k1") == CONTRACT
    assert store.read_account(connection, "1001") == ACCOUNT
    assert store.read_transmitter(connection, "main", "01A4") == TRANSMITTER
    assert store.read_dealer(connection, "d1") == Dealer(id="d1", name="Deal")


def test_lists_hold_everything(connection):
    assert store.read_dealers(connection) == [Dealer(id="d1", name="Deal")]
    assert store.read_customers(connection) == [CUSTOMER]
    assert store.read_sites(connection) == [SITE]
    assert store.read_contracts(connection) == [CONTRACT]
    assert store.read_accounts(connection) == [ACCOUNT]
    assert store.read_transmitters(connection) == [TRANSMITTER]


@pytest.mark.parametrize(
    "read",
    [
        store.read_account,
        store.read_contract,
        store.read_customer,
        store.read_dealer,
        store.read_link,
        store.read_site,
    ],
)
def test_what_is_not_there_is_said_so(connection, read):
    with pytest.raises(NotFoundError, match="no-such"):
        read(connection, "no-such")


def test_looking_for_what_is_not_there_finds_nothing(connection):
    assert store.find_account(connection, "x") is None
    assert store.find_customer(connection, "x") is None
    assert store.find_site(connection, "x") is None
    assert store.read_transmitter(connection, "main", "x") is None


@pytest.mark.parametrize("text", ["1001", "adler", "SHOP", "main st", "k-1"])
def test_accounts_are_found_by_what_stands_in_them(connection, text):
    assert store.read_accounts(connection, text=text) == [ACCOUNT]


@pytest.mark.parametrize(
    "filters",
    [{"text": "%"}, {"service": Service.ENDED}, {"record": RecordState.CLOSED}, {"limit": 0}],
    ids=str,
)
def test_filters_leave_out_what_does_not_fit(connection, filters):
    assert store.read_accounts(connection, **filters) == []


def test_a_number_is_found_by_its_date(connection):
    first = link("l1", DAY, DAY + NIGHT)
    second = link("l2", DAY + NIGHT)
    store.record_links(connection, [first, second])

    def found(at):
        return store.find_links(connection, "main", "01A4", iso(at))

    assert found(DAY - timedelta(microseconds=1)) == []
    assert found(DAY) == [first]
    assert found(DAY + NIGHT - timedelta(microseconds=1)) == [first]
    assert found(DAY + NIGHT) == [second]
    assert store.find_links(connection, "other", "01A4", iso(DAY)) == []


def test_a_shared_number_has_all_its_links(connection):
    shared = [link("l1", DAY, areas=["1"]), link("l2", DAY, areas=["2"])]
    store.record_links(connection, shared)
    assert store.find_links(connection, "main", "01A4", iso(DAY)) == shared


def test_links_are_read_by_account_and_by_transmitter(connection):
    store.record_links(connection, [link("l1", DAY)])
    assert store.read_links(connection, acct="1001") == [link("l1", DAY)]
    assert store.read_links(connection, transmitter_id="t1") == [link("l1", DAY)]
    assert store.read_links(connection, acct="none") == []
    assert store.read_link(connection, "l1") == (link("l1", DAY), TRANSMITTER)


def test_transmitters_are_read_by_who_has_them(connection):
    assert store.read_transmitters(connection, "1001") == []
    store.record_links(connection, [link("l1", DAY, DAY + NIGHT)])
    assert store.read_transmitters(connection, "1001") == [TRANSMITTER]
    assert store.read_transmitters(connection, linked_at=iso(DAY)) == [TRANSMITTER]
    assert store.read_transmitters(connection, linked_at=iso(DAY + NIGHT)) == []


def test_a_link_is_ended_and_rewritten(connection):
    store.record_links(connection, [link("l1", DAY)])
    store.record_link_end(connection, "l1", DAY + NIGHT)
    assert store.read_link(connection, "l1")[0].valid_to == DAY + NIGHT
    store.rewrite_link(connection, link("l1", DAY, areas=["1"]))
    assert store.read_links(connection) == [link("l1", DAY, areas=["1"])]


def test_states_are_set(connection):
    store.record_service(connection, "1001", Service.ENDED)
    assert store.read_account(connection, "1001").service is Service.ENDED
    store.record_state(connection, "1001", RecordState.OPEN, epoch=2)
    assert store.read_account(connection, "1001").epoch == 2


def test_rows_are_replaced_whole(connection):
    store.rewrite_customer(connection, Customer(id="c1", name="Berg"))
    store.rewrite_site(connection, Site(id="s1", customer_id="c1", name="X", address="Y", zone="Z"))
    store.rewrite_contract(connection, Contract(id="k1", site_id="s1", number="K-2"))
    store.rewrite_transmitter(connection, Transmitter(id="t1", group="main", number="01A4"))
    assert store.read_customer(connection, "c1").details == {}
    assert store.read_site(connection, "s1").zone == "Z"
    assert store.read_contract(connection, "k1").number == "K-2"
    assert store.read_transmitter(connection, "main", "01A4").keys == ()


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (CUSTOMER, ["1001"]),
        (SITE, ["1001"]),
        (CONTRACT, ["1001"]),
        (Contract(id="other", site_id="s1", number="n"), []),
    ],
    ids=["customer", "site", "contract", "another"],
)
def test_the_accounts_of_a_customer_site_or_contract_are_found(connection, one, found):
    assert store.read_open_accts_of(connection, one) == found


def test_the_digest_changes_with_what_has_an_owner(connection):
    def digest(at):
        return store.digest_transmitters(connection, linked_at=iso(at))

    nobody = digest(DAY)
    store.record_links(connection, [link("l1", DAY, DAY + NIGHT)])
    before = digest(DAY)
    assert before != nobody
    assert digest(DAY + NIGHT) == nobody
    store.rewrite_transmitter(connection, Transmitter(id="t1", group="main", number="01A4"))
    assert digest(DAY) not in (before, nobody)
