import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.dc09.cipher import KEY_LENGTHS, check_value, decrypt, encrypt, pad
from tests.receivers.conftest import counted


@given(
    st.sampled_from(KEY_LENGTHS).flatmap(lambda n: st.binary(min_size=n, max_size=n)),
    st.integers(min_value=1, max_value=5).flatmap(
        lambda n: st.binary(min_size=16 * n, max_size=16 * n)
    ),
)
def test_what_was_encrypted_is_decrypted(key: bytes, clear: bytes) -> None:
    assert decrypt(key, encrypt(key, clear)) == clear


def test_cipher_text_is_upper_case_and_read_in_either_case() -> None:
    key = bytes(16)
    text = encrypt(key, bytes(range(16)))
    assert text == text.upper()
    assert decrypt(key, text.lower()) == bytes(range(16))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        pytest.param(bytes(16), b"", id="nothing"),
        pytest.param(bytes(16), b"00" * 15, id="no whole block"),
        pytest.param(bytes(16), b"zz" * 16, id="no hex"),
        pytest.param(bytes(16), b"\xff" * 32, id="no text"),
        pytest.param(bytes(16), b"00  " * 8, id="spaces do not count as digits"),
        pytest.param(bytes(15), b"00" * 16, id="no key length"),
    ],
)
def test_what_no_cipher_wrote_is_not_decrypted(key: bytes, text: bytes) -> None:
    assert decrypt(key, text) is None


@given(st.integers(min_value=0, max_value=100), st.binary(min_size=16, max_size=16))
def test_the_pad_fills_a_block_and_holds_no_mark(length: int, random: bytes) -> None:
    padding = pad(length, lambda wanted: random[:wanted])
    assert 1 <= len(padding) <= 16
    assert (length + len(padding)) % 16 == 0
    assert not set(padding) & set(b"|[]")


def test_a_whole_block_gets_sixteen_bytes_of_pad() -> None:
    assert pad(32, counted) == bytes(range(16)).replace(b"\n", b"t").replace(b"\r", b"s")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        # AES of a block of zeros: FIPS 197 gives 66E94BD4..., DC95C078... for keys of zeros.
        (bytes(16), "66E94B"),
        (bytes(32), "DC95C0"),
    ],
)
def test_a_key_is_told_by_what_it_makes_of_zeros(key: bytes, value: str) -> None:
    assert check_value(key) == value
