"""Drafts become records: exact bytes, in order, linked."""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import canonical, ledger_check, merkle
from stationd.errors import LedgerBrokenError
from stationd.ledger.chain import OWN_KEYS, continued, opening
from stationd.ledger.model import Head, Record, RecordDraft

T = "2026-01-02T03:04:05.000006Z"
KEY = merkle.account_key("station-1", "4821", 1)
EMPTY = Head(acct="4821", epoch=1, account_key=KEY, size=0, head=merkle.genesis(KEY), closed=False)


def salts() -> Iterator[bytes]:
    return (number.to_bytes(16) for number in count())


def draft(kind: str = "signal", **fields: canonical.JsonValue) -> RecordDraft:
    return RecordDraft("4821", kind, "machine", fields)


def after(head: Head, records: list[Record]) -> Head:
    """Return ``head`` moved to the last of ``records``."""
    if not records:
        return head
    last = records[-1]
    return replace(head, size=last.seq, head=last.head, closed=last.type == "close")


def test_a_record_is_canonical_json_with_the_chains_own_keys() -> None:
    (record,) = continued(EMPTY, [draft("open", by="mg")], t=T, salts=salts())
    assert record.body == (
        b'{"acct":"4821","by":"mg","epoch":1,"origin":"machine",'
        b'"salt":"00000000000000000000000000000000","seq":1,'
        b'"t":"2026-01-02T03:04:05.000006Z","type":"open"}'
    )


def test_leaf_and_head_are_those_of_the_published_hashes() -> None:
    records = continued(EMPTY, [draft("open"), draft(code="BA")], t=T, salts=salts())
    assert [record.leaf for record in records] == [merkle.leaf(record.body) for record in records]
    # The verifier's own code, which shares nothing with the writer's.
    assert records[-1].head == ledger_check.chain(KEY, [record.leaf for record in records])


def test_part_says_which_of_how_many_events() -> None:
    part = RecordDraft("4821", "signal", "machine", {}, "j" * 32, 9, (2, 3))
    records = continued(EMPTY, [draft("open"), part], t=T, salts=salts())
    assert json.loads(records[1].body)["part"] == [2, 3]


@pytest.mark.parametrize("key", sorted(OWN_KEYS))
def test_a_draft_cannot_name_a_key_of_the_chain(key: str) -> None:
    with pytest.raises(LedgerBrokenError, match=key):
        continued(EMPTY, [draft("open", **{key: "x"})], t=T, salts=salts())


def test_nothing_follows_close() -> None:
    drafts = [draft("open"), draft("close"), draft()]
    with pytest.raises(LedgerBrokenError, match="closed at 2"):
        continued(EMPTY, drafts, t=T, salts=salts())


def test_nothing_follows_in_a_closed_epoch() -> None:
    with pytest.raises(LedgerBrokenError, match="closed"):
        continued(replace(EMPTY, size=2, closed=True), [draft()], t=T, salts=salts())


@pytest.mark.parametrize(
    "drafts", [[draft()], [draft("open"), draft("open")]], ids=["missing", "twice"]
)
def test_open_is_the_first_record_and_only_that(drafts: list[RecordDraft]) -> None:
    with pytest.raises(LedgerBrokenError, match="open"):
        continued(EMPTY, drafts, t=T, salts=salts())


def test_the_next_epoch_names_the_closing_head_of_the_one_before() -> None:
    before = replace(EMPTY, size=7, head=b"\x11" * 32, closed=True)
    made = opening(replace(EMPTY, epoch=2), before)
    assert made.fields == {"previous": {"epoch": 1, "head": "11" * 32, "size": 7}}


def test_the_first_epoch_names_none() -> None:
    assert opening(EMPTY, None).fields == {}


@given(st.lists(st.lists(st.text(max_size=5), max_size=4), max_size=5))
def test_the_chain_does_not_depend_on_how_records_were_batched(batches: list[list[str]]) -> None:
    drafts = [[draft(text=text) for text in batch] for batch in batches]
    drawn = salts()
    head, apart = EMPTY, list[Record]()
    for batch in [[draft("open")], *drafts]:
        made = continued(head, batch, t=T, salts=drawn)
        head, apart = after(head, made), apart + made
    at_once = [draft("open"), *(one for batch in drafts for one in batch)]
    assert continued(EMPTY, at_once, t=T, salts=salts()) == apart


def test_the_manuals_example_is_right() -> None:
    page = (Path(__file__).parents[3] / "docs/reference/ledger-records.md").read_text()
    body = next(line for line in page.splitlines() if line.startswith('{"acct":"4821"')).encode()
    leaf = merkle.leaf(body)
    hashes = [KEY, EMPTY.head, leaf, merkle.head(EMPTY.head, 1, leaf)]
    assert canonical.encode(canonical.decode(body)) == body
    assert all(found.hex() in page for found in hashes)
