"""A record's bytes are the canonical ones, however they are written."""

from enum import StrEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import canonical
from archive.errors import MalformedError
from stationd.ledger.writing import encode_record


class Colour(StrEnum):
    RED = "red"


KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\x00\x7f\n\u2028'))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
def test_the_bytes_are_the_canonical_ones(fields: dict[str, Any]) -> None:
    assert encode_record(fields) == canonical.encode(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"a": Colour.RED},
        {"a": MappingProxyType({"b": 1})},
        {"a": (1, "b", None)},
        {"a": {"b": {"c": True}}},
    ],
    ids=["enum", "read-only", "tuple", "deep"],
)
def test_what_is_not_plain_is_written_alike(fields: dict[str, Any]) -> None:
    assert encode_record(fields) == canonical.encode(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"a": 0.5},
        {"a": {"b": 0.5}},
        {"a": 2**53},
        {"a": -(2**53)},
        {"\u00e9": 1},
        {"a": {"\u00e9": 1}},
        {"a": "\ud800"},
        {"a": ["\ud800"]},
        {"a": b"x"},
    ],
    ids=["float", "float-in", "large", "small", "key", "key-in", "lone", "lone-in", "bytes"],
)
def test_what_has_no_canonical_form_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        canonical.encode(fields)
    with pytest.raises(MalformedError):
        encode_record(fields)
