"""The list: the same bytes from the same facts, another hash for any other fact."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.purges.listing import Candidate, digest, encoded, item_of, lines
from stationd.retention.model import DataClass, Rule
from stationd.retention.plan import Planned
from stationd.tombstones.model import Extent

START = datetime(2026, 3, 2, tzinfo=UTC)
RULE = Rule(data_class=DataClass.RECORDS, months=84, source="law 7", author="maria")
PLANNED = Planned(
    acct="1234",
    data_class=DataClass.RECORDS,
    start=START,
    start_why="case closed",
    rule=RULE,
    due_at=START + timedelta(days=2557),
)
ORDER = Order(
    id="o1",
    kind=Kind.CLOSING,
    acct="1234",
    epoch=1,
    case_id=None,
    ordered_by="maria",
    ordered_at=START,
    state=OrderState.VERIFIED,
    legal_hold=False,
    retry_at=START,
    name="b-1",
    content_id="cc",
    records=40,
)
FILE = StoredObject(
    order_id="o1", file="f", key="bundles/f", size=7, sha256="ab", path="/f", version_id="v1"
)
EXTENT = Extent(epoch=1, size=40, head=b"\x01\x02", left=True)
RECORDS = Candidate(planned=PLANNED, extents=[EXTENT], covers=[ORDER])
BUNDLES = Candidate(
    planned=replace(PLANNED, data_class=DataClass.BUNDLES), bundles=[(ORDER, [FILE])]
)


def test_the_same_facts_give_the_same_bytes():
    assert encoded("s", [RECORDS, BUNDLES]) == encoded("s", [RECORDS, BUNDLES])


@pytest.mark.parametrize(
    "other",
    [
        replace(RECORDS, planned=replace(PLANNED, acct="1235")),
        replace(RECORDS, planned=replace(PLANNED, due_at=START)),
        replace(RECORDS, planned=replace(PLANNED, start=START + timedelta(days=1))),
        replace(RECORDS, planned=replace(PLANNED, rule=replace(RULE, months=90))),
        replace(RECORDS, planned=replace(PLANNED, rule=replace(RULE, source="law 8"))),
        replace(RECORDS, extents=[replace(EXTENT, size=41)]),
        replace(RECORDS, extents=[replace(EXTENT, head=b"\x01\x03")]),
        replace(RECORDS, covers=[replace(ORDER, id="o2")]),
        replace(RECORDS, covers=[replace(ORDER, content_id="cd")]),
    ],
)
def test_any_other_fact_gives_another_hash(other):
    assert digest(encoded("s", [other])) != digest(encoded("s", [RECORDS]))


@pytest.mark.parametrize("change", [{"version_id": "v2"}, {"sha256": "ac"}, {"key": "bundles/g"}])
def test_another_version_of_a_file_gives_another_hash(change):
    other = replace(BUNDLES, bundles=[(ORDER, [replace(FILE, **change)])])
    assert digest(encoded("s", [other])) != digest(encoded("s", [BUNDLES]))


def test_an_item_is_found_by_account_and_class():
    listed = encoded("s", [RECORDS, BUNDLES])
    assert item_of(listed, "1234", "bundles")["bundles"][0]["objects"][0]["version_id"] == "v1"
    assert "bundles" not in item_of(listed, "1234", "records")
    assert json.loads(listed)["station"] == "s"


def test_in_words_it_says_rule_epochs_bundles_and_versions():
    rule = "(84 months from 2026-03-02, case closed; law 7, set by maria)"
    assert lines(encoded("s", [RECORDS, BUNDLES])) == [
        f"1234  records: past its period since 2033-03-02 {rule}",
        "    epoch 1: 40 records, head 0102",
        "    stays in the archive: b-1, content id cc",
        f"1234  bundles: past its period since 2033-03-02 {rule}",
        "    bundle b-1, content id cc",
        "        bundles/f  version v1  sha256 ab",
    ]
