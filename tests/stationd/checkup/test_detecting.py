"""A setup tool may guess; these are the guesses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.checkup.detecting import header_width, looks_like, parity_of, without_parity

HEARTBEAT = b"101           @    \x14"


@pytest.mark.parametrize(
    ("data", "receiver"),
    [
        (b'\n51EE0026"SIA-DCS"0001L0#1234[#1234|NBA1]\r', "dc09"),
        (b"5011 181234E13001001\x14", "surgard"),
        (HEARTBEAT, "surgard"),
        (b"a0112341131010011\x14", "d6500"),
        (b"\n00 OKAY @   \r", "ademco685"),
        (b"\n11 1234    1 \r", "ademco685"),
        (b'&120101"0101\r', "mx8000"),
        (b"|[1234\r", "iti"),
        (b"[1234 18113001001]", "contact-id-tcp"),
    ],
    ids=str,
)
def test_bytes_look_like_their_protocol(data: bytes, receiver: str) -> None:
    looks = looks_like(data)
    assert looks is not None
    assert looks.receiver == receiver


def test_noise_looks_like_nothing() -> None:
    assert looks_like(b"\xff\x00hello") is None


def with_parity(data: bytes, kind: str) -> bytes:
    odd_bit = {"even": 0, "odd": 1}
    return bytes(
        byte | 0x80 if kind == "mark" or byte.bit_count() % 2 != odd_bit[kind] else byte
        for byte in data
    )


@pytest.mark.parametrize("kind", ["even", "odd", "mark"])
def test_the_parity_in_the_eighth_bit_is_read(kind: str) -> None:
    data = with_parity(b"5011 181234E13001001\x14", kind)
    assert parity_of(data) == kind
    assert without_parity(data) == b"5011 181234E13001001\x14"


@pytest.mark.parametrize("data", [b"", b"\x80", b"plain text, long", bytes(range(0x70, 0x90)) * 2])
def test_no_parity_is_read_where_there_is_none(data: bytes) -> None:
    assert parity_of(data) is None


@pytest.mark.parametrize(
    ("data", "width"),
    [(HEARTBEAT, None), (b"1011           @    \x14", "RRL"), (b"101001           @\x14", "RRLLL")],
)
def test_a_heartbeat_tells_the_width_of_headers(data: bytes, width: str | None) -> None:
    assert header_width(data) == width


@given(st.binary(max_size=100))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    assert parity_of(data) in {None, "even", "odd", "mark"}
    looks_like(data)
    header_width(data)
