"""Accounts: opened, changed, given their transmitters."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from stationd.accounts import service
from stationd.accounts.model import (
    Contract,
    Customer,
    Ownership,
    RecordState,
    Service,
    Transmitter,
)
from stationd.accounts.store import find_links, read_links, read_transmitter, record_state
from stationd.clock import iso
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.ledger.store import append_close, read_documents
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases


@pytest.fixture
def account(desk, opening, clerk):
    return service.open_account(desk, opening, by=clerk)


@pytest.fixture
def second(desk, opening, clerk, account):
    contract = Contract(id="k2", site_id="s1", number="K-2")
    return service.open_account(desk, replace(opening, acct="1002", contract=contract), by=clerk)


def panel(number="01A4"):
    return Transmitter(id=f"t-{number}", group="main", number=number)


def close(desk, acct):
    with desk.database.writing() as connection:
        append_close(connection, acct, 1, fields={}, now=desk.clock.now(), ids=desk.ids)


def test_opening_an_account_begins_its_chain(account, chain, desk):
    (record,) = chain("1001")
    assert (record["type"], record["origin"], record["by"]) == ("open", "human", "carla")
    with desk.database.reading() as connection:
        (document,) = read_documents(connection, [bytes.fromhex(record["doc"])])
    facts = json.loads(document.content)
    assert facts["customer"]["name"] == "Adler"
    assert facts["account"]["acct"] == "1001"


def test_no_name_or_address_stands_in_a_record(account, chain):
    text = json.dumps(chain("1001"))
    assert "Adler" not in text
    assert "Main St" not in text


def test_a_second_account_may_stand_at_the_same_site(second, desk):
    assert [one.acct for one in service.accounts(desk)] == ["1001", "1002"]


@pytest.mark.parametrize("acct", ["station", "a b", ""])
def test_a_number_that_cannot_name_a_chain_is_refused(desk, opening, clerk, acct):
    with pytest.raises(MistakeError, match="cannot be an account's number"):
        service.open_account(desk, replace(opening, acct=acct), by=clerk)


def test_a_number_is_opened_once(desk, account, opening, clerk):
    with pytest.raises(MistakeError, match="already"):
        service.open_account(desk, opening, by=clerk)


def test_an_operator_opens_no_account(desk, opening):
    operator = Person(login="oscar", name="Oscar", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError, match="Who may"):
        service.open_account(desk, opening, by=operator)


def test_facts_hold_every_part(desk, account, clerk):
    service.link_transmitter(
        desk, "1001", panel(), Ownership(valid_from=desk.clock.now()), by=clerk
    )
    facts = service.read_whole(desk, "1001")
    assert [*facts] == ["account", "contract", "site", "customer", "dealer", "transmitters"]
    assert facts["transmitters"][0]["number"] == "01A4"
    assert facts["dealer"] is None


def test_a_dealer_stands_in_the_facts(desk, account, clerk, opening):
    dealer = service.add_dealer(desk, " Deal ", by=clerk)
    service.change(desk, replace(opening.customer, dealer_id=dealer.id), by=clerk)
    assert service.read_whole(desk, "1001")["dealer"] == {"id": dealer.id, "name": "Deal"}


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (Customer(id="c1", name="Berg", details={"phone": "303 555 0100"}), ["customer.name"]),
        (Contract(id="k1", site_id="s1", number="K-1", cure_days=3), ["contract.cure_days"]),
    ],
    ids=["customer", "contract"],
)
def test_a_change_is_a_record_that_names_the_fields(desk, account, clerk, chain, new, fields):
    assert service.change(desk, new, by=clerk) == ["1001"]
    assert chain("1001")[-1]["fields"] == fields


def test_a_change_of_the_site_is_told_in_every_account_there(desk, second, opening, clerk, chain):
    moved = replace(opening.site, address="13 Main St")
    assert service.change(desk, moved, by=clerk) == ["1001", "1002"]
    assert chain("1002")[-1]["fields"] == ["site.address"]


def test_what_does_not_change_is_no_record(desk, account, opening, clerk, chain):
    assert service.change(desk, opening.site, by=clerk) == []
    assert len(chain("1001")) == 1


def test_a_closed_record_takes_no_changes(desk, account, clerk, manager):
    close(desk, "1001")
    with pytest.raises(RefusedError, match="closed"), desk.database.writing() as connection:
        service.place_service(connection, "1001", Service.SUSPENDED, by=manager)
    with pytest.raises(RefusedError, match="closed"):
        service.link_transmitter(
            desk, "1001", panel(), Ownership(valid_from=desk.clock.now()), by=clerk
        )


def test_a_number_given_is_found_from_its_date_on(desk, account, clerk, chain):
    start = desk.clock.now()
    made = service.link_transmitter(
        desk, "1001", panel(), Ownership(valid_from=start, scope={"areas": ["1"]}), by=clerk
    )
    with desk.database.reading() as connection:
        assert find_links(connection, "main", "01A4", iso(start)) == [made]
    assert chain("1001")[-1]["kind"] == "transmitter_linked"


def test_a_number_of_an_open_account_is_not_taken(desk, second, clerk):
    now = desk.clock.now()
    service.link_transmitter(desk, "1001", panel(), Ownership(valid_from=now), by=clerk)
    with pytest.raises(RefusedError, match="belongs to account 1001"):
        service.link_transmitter(desk, "1002", panel(), Ownership(valid_from=now), by=clerk)


def test_a_number_is_free_after_its_link_ended(desk, second, clerk, chain):
    now = desk.clock.now()
    first = service.link_transmitter(desk, "1001", panel(), Ownership(valid_from=now), by=clerk)
    service.end_link(desk, first.id, now + timedelta(days=1), by=clerk)
    service.link_transmitter(
        desk, "1002", panel(), Ownership(valid_from=now + timedelta(days=1)), by=clerk
    )
    assert chain("1001")[-1]["kind"] == "transmitter_unlinked"
    with desk.database.reading() as connection:
        assert len(read_links(connection)) == 2
        assert read_transmitter(connection, "main", "01A4").id == "t-01A4"


def test_a_closed_accounts_number_goes_to_the_next(desk, second, clerk, chain):
    now = desk.clock.now()
    service.link_transmitter(desk, "1001", panel(), Ownership(valid_from=now), by=clerk)
    close(desk, "1001")
    with desk.database.writing() as connection:
        record_state(connection, "1001", RecordState.PURGED)
    later = now + timedelta(days=90)
    service.link_transmitter(desk, "1002", panel(), Ownership(valid_from=later), by=clerk)
    with desk.database.reading() as connection:
        (old,) = read_links(connection, acct="1001")
    assert old.valid_to == later
    assert chain("station")[-1]["of"]["acct"] == "1001"


@pytest.mark.parametrize(
    ("during", "words"),
    [
        (lambda now: Ownership(valid_from=now, valid_to=now), "ends after"),
        (lambda now: Ownership(valid_from=now, scope={"rooms": ["1"]}), "not rooms"),
    ],
    ids=["dates", "scope"],
)
def test_a_wrong_link_is_refused_in_words(desk, account, clerk, during, words):
    with pytest.raises(MistakeError, match=words):
        service.link_transmitter(desk, "1001", panel(), during(desk.clock.now()), by=clerk)


def test_a_link_cannot_end_before_it_began(desk, account, clerk):
    now = desk.clock.now()
    made = service.link_transmitter(desk, "1001", panel(), Ownership(valid_from=now), by=clerk)
    with pytest.raises(MistakeError, match="ends after"):
        service.end_link(desk, made.id, now, by=clerk)


def test_a_detail_that_is_set_or_taken_away_is_a_record_that_names_it(account, desk, chain, clerk):
    assert service.change_details(desk, "1001", {"test_hours": 24, "test_by": None}, by=clerk) == [
        "account.details.test_hours"
    ]
    assert service.change_details(desk, "1001", {"test_hours": 24}, by=clerk) == []
    assert service.read_whole(desk, "1001")["account"]["details"]["test_hours"] == 24
    service.change_details(desk, "1001", {"test_hours": None}, by=clerk)
    assert "test_hours" not in service.read_whole(desk, "1001")["account"]["details"]
    fields = [record["fields"] for record in chain("1001")[1:]]
    assert fields == [["account.details.test_hours"]] * 2


def test_details_of_a_closed_record_stay(account, desk, clerk):
    close(desk, "1001")
    with pytest.raises(RefusedError):
        service.change_details(desk, "1001", {"test_hours": 24}, by=clerk)
