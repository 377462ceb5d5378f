"""What the ledger is told of accounts."""

import json
from datetime import UTC, datetime

import pytest

from stationd.accounts import records
from stationd.accounts.model import Link, SealedKey, Transmitter
from stationd.ledger.model import Origin
from stationd.ledger.store import read_documents

DAY = datetime(2026, 3, 1, tzinfo=UTC)
LINK = Link(id="l", transmitter_id="t", acct="1001", scope={"areas": ["1"]}, valid_from=DAY)
KEY = SealedKey(sealed="gAAAAsecret", valid_to=DAY, overlap=60)
TRANSMITTER = Transmitter(id="t", group="main", number="01A4", keys=(KEY,))


@pytest.mark.parametrize(
    "draft",
    [
        lambda by: records.linked(LINK, TRANSMITTER, by, Origin.HUMAN),
        lambda by: records.link_ended(LINK, TRANSMITTER, "2026", by),
        lambda by: records.link_given_away(LINK, TRANSMITTER, "2026", by),
        lambda by: records.key_added("1001", TRANSMITTER, KEY, by, Origin.HUMAN),
        lambda by: records.key_ended("1001", TRANSMITTER, KEY, by, Origin.HUMAN),
        lambda by: records.group_key_changed("01A4", "group_key_added", KEY, by),
    ],
    ids=["linked", "ended", "given away", "key", "key ended", "key of a group"],
)
def test_a_record_names_the_number_and_who_and_no_key(clerk, draft):
    made = draft(clerk)
    assert made.type == "config"
    assert made.fields["by"] == "carla"
    assert "01A4" in json.dumps(made.fields)
    assert "gAAAA" not in json.dumps(made.fields)


def test_an_opening_names_its_facts_by_hash(clerk):
    draft = records.opened("1001", "active", b"\x01" * 32, clerk, Origin.IMPORT)
    assert (draft.type, draft.origin) == ("open", "import")
    assert draft.fields == {"service": "active", "doc": "01" * 32, "by": "carla"}


def test_a_change_names_its_fields(clerk):
    draft = records.changed("1001", ["site.address"], b"\x01" * 32, clerk, Origin.HUMAN)
    assert draft.fields["fields"] == ["site.address"]


def test_a_link_with_an_end_tells_it(clerk):
    ending = Link(
        id="l", transmitter_id="t", acct="1", scope={}, valid_from=DAY, valid_to=DAY.replace(day=9)
    )
    assert "valid_to" not in records.linked(LINK, TRANSMITTER, clerk, Origin.HUMAN).fields
    told = records.linked(ending, TRANSMITTER, clerk, Origin.HUMAN).fields
    assert told["valid_to"] == "2026-03-09T00:00:00.000000Z"


def test_what_is_given_away_stands_in_the_stations_chain(clerk):
    draft = records.link_given_away(LINK, TRANSMITTER, "2026", clerk)
    assert draft.acct == "station"
    assert draft.fields["of"]["acct"] == "1001"


def test_a_service_tells_both_states(clerk):
    fields = records.service_set("1001", "active", "suspended", clerk).fields
    assert (fields["from"], fields["to"]) == ("active", "suspended")


def test_facts_are_stored_as_canonical_json(desk):
    with desk.database.writing() as connection:
        doc = records.store_facts(desk, connection, {"b": 1, "a": "ä"})
        (stored,) = read_documents(connection, [doc])
    assert stored.content == '{"a":"ä","b":1}'.encode()
    assert stored.compartment == "producible"


def test_drafts_go_into_the_callers_transaction(desk, clerk, chain):
    with desk.database.writing() as connection:
        drafts = [records.service_set("1001", "pending", "active", clerk)]
        records.append_drafts(desk, connection, drafts)
    assert [record["type"] for record in chain("1001")] == ["open", "config"]


def test_a_key_is_told_by_its_seal_and_its_dates(clerk):
    fields = records.key_added("1001", TRANSMITTER, KEY, clerk, Origin.HUMAN).fields
    assert fields["key"] == KEY.id
    assert (fields["valid_to"], fields["overlap"]) == ("2026-03-01T00:00:00.000000Z", 60)
    assert "valid_from" not in fields


def test_the_key_of_a_group_stands_in_the_stations_chain(clerk):
    draft = records.group_key_changed("main", "group_key_added", KEY, clerk)
    assert (draft.acct, draft.fields["kind"]) == ("station", "group_key_added")
