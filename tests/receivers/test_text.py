import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.text import decode_text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        pytest.param("Tür, вход".encode(), "Tür, вход", id="utf-8"),
        pytest.param("Tür €".encode("cp1252"), "Tür €", id="cp1252"),
        pytest.param(b"\x81T\xfcr", "\x81Tür", id="a byte cp1252 has no letter for"),
    ],
)
def test_text_is_read_in_the_alphabet_it_was_written_in(raw: bytes, text: str) -> None:
    assert decode_text(raw) == text


@given(st.binary())
def test_any_bytes_are_some_text(raw: bytes) -> None:
    assert isinstance(decode_text(raw), str)
