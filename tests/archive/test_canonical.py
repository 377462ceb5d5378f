import json
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.canonical import decode, encode
from archive.errors import MalformedError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "evidence-vectors.json").read_bytes())
KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
LARGEST = 2**53 - 1
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST, LARGEST)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    | st.sampled_from(['"', "\\", "\x00", "\x1f", "\x7f", "é", "e\u0301", "\u2028", "😀"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def written_by_hand(value):
    """The canonical form a second time, letter by letter."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(escaped(letter) for letter in value) + '"'
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return (
            "{"
            + ",".join(f"{written_by_hand(key)}:{written_by_hand(item)}" for key, item in members)
            + "}"
        )
    return "[" + ",".join(written_by_hand(item) for item in value) + "]"


def escaped(letter):
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n"}
    short |= {"\f": "\\f", "\r": "\\r"}
    if letter in short:
        return short[letter]
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x20 else letter


@pytest.mark.parametrize(
    "text",
    [record["record"] for record in VECTORS["chain"]["records"]] + VECTORS["log"]["entries"],
)
def test_records_and_entries_of_the_vectors_are_canonical(text):
    assert encode(decode(text.encode())) == text.encode()


@given(VALUES)
def test_the_bytes_are_those_written_letter_by_letter(value):
    assert encode(value) == written_by_hand(value).encode()


@given(VALUES)
def test_what_was_encoded_decodes_to_the_same_value(value):
    assert decode(encode(value)) == value


@given(st.binary(max_size=40) | VALUES.map(lambda value: json.dumps(value, indent=1).encode()))
def test_any_bytes_are_the_canonical_form_of_their_value_or_refused(data):
    try:
        value = decode(data)
    except MalformedError:
        return
    assert encode(value) == data


@given(VALUES, st.data())
def test_a_changed_byte_never_decodes_to_the_same_value(value, draw):
    data = bytearray(encode(value))
    at = draw.draw(st.integers(0, len(data) - 1))
    data[at] ^= draw.draw(st.integers(1, 255))

    try:
        changed = decode(bytes(data))
    except MalformedError:
        return
    assert encode(changed) != encode(value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        ({}, b"{}"),
        ({"b": 1, "a": [True, None]}, b'{"a":[true,null],"b":1}'),
        ({"Z": 1, "a": 2, "_": 3}, b'{"Z":1,"_":3,"a":2}'),
        ('Café "A"\\B\tC\x07', '"Café \\"A\\"\\\\B\\tC\\u0007"'.encode()),
        ("e\u0301", '"e\u0301"'.encode()),
        ((1, 2), b"[1,2]"),
        (MappingProxyType({"a": MappingProxyType({"b": 1})}), b'{"a":{"b":1}}'),
        (LARGEST, b"9007199254740991"),
        (-LARGEST, b"-9007199254740991"),
        (StrEnum("Kind", {"OPEN": "open"}).OPEN, b'"open"'),
    ],
)
def test_a_value_has_one_form(value, data):
    assert encode(value) == data


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (1.5, "float"),
        ({"a": [{"b": 0.0}]}, "float"),
        (float("nan"), "float"),
        (LARGEST + 1, "write it as text"),
        ([-LARGEST - 1], "write it as text"),
        ({"clé": 1}, "not ASCII"),
        ({"a": {"é": "x"}}, "not ASCII"),
        ({1: "a"}, "not ASCII"),
        ("\ud800", "lone surrogate"),
        ({"a": ["\udfff"]}, "lone surrogate"),
        (b"raw", "bytes"),
        ({"a": b"raw"}, "bytes"),
        ({"a": {1, 2}}, "set"),
    ],
    ids=str,
)
def test_what_has_no_canonical_form_is_refused(value, reason):
    with pytest.raises(MalformedError, match=reason):
        encode(value)


def test_a_value_nested_too_deeply_is_refused():
    value = []
    for _ in range(100_000):
        value = [value]

    with pytest.raises(MalformedError, match="deeply"):
        encode(value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a": 1}', "canonical form"),
        (b'{"a":1}\n', "canonical form"),
        (b'{"b":1,"a":2}', "canonical form"),
        (b'{"a":1,"a":1}', "canonical form"),
        (b'"\\u0041"', "canonical form"),
        (b'"\\/"', "canonical form"),
        (b'"\\u001F"', "canonical form"),
        (b"-0", "canonical form"),
        (b"1.0", "float"),
        (b"1e3", "float"),
        (b"NaN", "float"),
        (b"9007199254740992", "write it as text"),
        (b'"\\ud800"', "lone surrogate"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b'\xef\xbb\xbf""', "not JSON"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b"[" * 100_000, "deeply"),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_bytes_that_are_not_canonical_are_refused(data, reason):
    with pytest.raises(MalformedError, match=reason):
        decode(data)
