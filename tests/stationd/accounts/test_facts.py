"""What is known of an account, as plain data."""

from datetime import UTC, datetime

import pytest

from stationd.accounts.facts import account_facts, changed_fields, transmitter_facts
from stationd.accounts.model import (
    Account,
    Dealer,
    Link,
    RecordState,
    SealedKey,
    Service,
    Transmitter,
)

DAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_everything_about_an_account_stands_in_its_part(opening):
    account = Account(
        acct="1001",
        contract_id="k1",
        service=Service.ACTIVE,
        record=RecordState.OPEN,
        epoch=1,
        details={"systems": ["fire"]},
        opened_at=DAY,
    )
    facts = account_facts(
        account, opening.contract, opening.site, opening.customer, Dealer(id="d", name="Deal")
    )
    assert facts["account"] == {
        "acct": "1001",
        "service": "active",
        "record": "open",
        "epoch": 1,
        "opened_at": "2026-03-01T00:00:00.000000Z",
        "details": {"systems": ["fire"]},
    }
    assert facts["contract"]["cure_days"] == 10
    assert facts["site"]["zone"] == "America/Denver"
    assert facts["customer"]["details"] == {"phone": "303 555 0100"}
    assert facts["dealer"] == {"id": "d", "name": "Deal"}


def test_keys_are_counted_and_never_told():
    transmitter = Transmitter(
        id="t1", group="main", number="01A4", keys=(SealedKey(sealed="gAAAA"),)
    )
    own = Link(id="l1", transmitter_id="t1", acct="1", scope={}, valid_from=DAY)
    other = Link(id="l2", transmitter_id="t2", acct="1", scope={}, valid_from=DAY)
    (facts,) = transmitter_facts([transmitter], [own, other])
    assert facts["keys"] == 1
    assert "gAAAA" not in repr(facts)
    assert [link["id"] for link in facts["links"]] == ["l1"]
    assert facts["links"][0]["valid_to"] is None


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, ["a.b"]),
        ({"a": {"b": {"c": 1}}}, {"a": {"b": {}}}, ["a.b.c"]),
        ({}, {"z": 1, "a": None}, ["z"]),
        ({"a": None}, {"a": {"b": 1}}, ["a"]),
    ],
)
def test_what_differs_is_named_to_the_last_dot(before, after, names):
    assert changed_fields(before, after) == names
