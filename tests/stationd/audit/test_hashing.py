"""Rows hashed again: each changed one is named, and only that."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import canonical, merkle
from stationd.audit.hashing import Rehash
from stationd.audit.model import Fault, Row

KEY = merkle.account_key("station-1", "1001", 1)


def rows_of(count: int) -> list[Row]:
    head, rows = merkle.genesis(KEY), []
    for seq in range(1, count + 1):
        said = {"acct": "1001", "epoch": 1, "seq": seq, "t": "t", "type": "signal"}
        body = canonical.encode({**said, "origin": "machine"})
        leaf = merkle.leaf(body)
        head = merkle.head(head, seq, leaf)
        rows.append(Row(seq, "t", "signal", "machine", body, leaf, head))
    return rows


def faults(rows: list[Row]) -> list[Fault]:
    return list(Rehash("1001", 1, 0, merkle.genesis(KEY)).faults(rows))


@given(st.integers(0, 30), st.integers(0, 30))
def test_a_chain_holds_in_one_go_and_in_two(count: int, cut: int) -> None:
    rows = rows_of(count)
    rehash = Rehash("1001", 1, 0, merkle.genesis(KEY))
    assert list(rehash.faults(rows[:cut])) + list(rehash.faults(rows[cut:])) == []
    assert rehash.seq == count


@given(st.integers(2, 20), st.data())
def test_a_row_changed_anywhere_is_named_and_no_other(count: int, data: st.DataObject) -> None:
    rows = rows_of(count)
    at = data.draw(st.integers(0, count - 1))
    said = json.loads(rows[at].body or b"")
    rows[at] = replace(rows[at], body=canonical.encode(said | {"zone": "9"}))
    assert [(one.seq, one.what) for one in faults(rows)] == [(at + 1, "leaf")]


@given(st.integers(2, 20), st.data())
def test_rows_left_out_are_named(count: int, data: st.DataObject) -> None:
    rows = rows_of(count)
    at = data.draw(st.integers(0, count - 2))
    del rows[at]
    assert [(one.seq, one.what) for one in faults(rows)] == [(at + 1, "missing"), (at + 2, "head")]


@pytest.mark.parametrize("body", [b"x", b"[]", b"{}", b'{"acct":"1002"}'])
def test_a_record_that_says_something_else_than_its_columns_is_named(body: bytes) -> None:
    (row,) = rows_of(1)
    leaf = merkle.leaf(body)
    head = merkle.head(merkle.genesis(KEY), 1, leaf)
    assert [one.what for one in faults([replace(row, body=body, leaf=leaf, head=head)])] == [
        "columns"
    ]


def test_a_purged_row_stands_by_its_leaf() -> None:
    rows = rows_of(3)
    rows[1] = replace(rows[1], body=None)
    assert faults(rows) == []
