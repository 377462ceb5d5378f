"""Accounts in memory."""

from datetime import UTC, datetime

from stationd.accounts.model import (
    Account,
    Contract,
    Customer,
    Dealer,
    Link,
    RecordState,
    Service,
    Site,
    Transmitter,
)
from stationd.imports.books import Books

DAY = datetime(2026, 3, 1, tzinfo=UTC)
ACCOUNT = Account(
    acct="1",
    contract_id="k",
    service=Service.ACTIVE,
    record=RecordState.OPEN,
    epoch=1,
    details={},
    opened_at=DAY,
)
LINK = Link(id="l", transmitter_id="t", acct="1", scope={}, valid_from=DAY)


def books():
    made = Books()
    made.put(
        [
            Dealer(id="d", name="Deal"),
            Customer(id="c", name="Adler", dealer_id="d"),
            Site(id="s", customer_id="c", name="Shop", address="12 Main", zone="UTC"),
            Contract(id="k", site_id="s", number="K-1"),
            ACCOUNT,
            Transmitter(id="t", group="main", number="01A4"),
            LINK,
        ]
    )
    return made


def test_things_are_found_by_what_files_call_them():
    found = books()
    assert found.dealers_named == {"Deal": "d"}
    assert found.customers_named == {"Adler": ["c"]}
    assert found.sites_at == {("c", "Shop", "12 Main"): "s"}
    assert found.contracts_numbered == {"K-1": "k"}
    assert found.accounts_of == {"k": "1"}
    assert found.transmitters["main", "01A4"].id == "t"
    assert found.links_of("t") == [LINK]
    assert found.links_of("other") == []
    assert found.site_of(ACCOUNT).name == "Shop"


def test_facts_are_those_of_the_database():
    facts = books().facts(ACCOUNT)
    assert facts["customer"]["name"] == "Adler"
    assert facts["dealer"] == {"id": "d", "name": "Deal"}


def test_a_copy_changes_by_itself():
    first = books()
    second = first.copy()
    second.put(
        [
            Customer(id="c2", name="Adler"),
            Link(id="l2", transmitter_id="t", acct="1", scope={}, valid_from=DAY),
        ]
    )
    assert [*first.customers] == ["c"]
    assert first.customers_named == {"Adler": ["c"]}
    assert len(first.links_of("t")) == 1
    assert len(second.links_of("t")) == 2
