"""A key as a person writes it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.keys.entering import looks_like_hex, read_key, read_marked_key


@pytest.mark.parametrize(
    ("text", "notation", "key"),
    [
        ("00" * 16, "hex", bytes(16)),
        ("FF ff:" * 12, "hex", b"\xff" * 24),
        (" 00-11\t" * 16, "hex", b"\x00\x11" * 16),
        ("A" * 16, "text", b"A" * 16),
        ("0011" * 8, "text", b"0011" * 8),
        (" leading blank  ", "text", b" leading blank  "),
    ],
)
def test_a_key_is_read_in_the_notation_that_is_named(text, notation, key):
    assert read_key(text, notation) == key


def test_thirty_two_characters_are_one_key_in_hex_and_another_in_text():
    text = "00112233445566778899AABBCCDDEEFF"
    assert (len(read_key(text, "hex")), len(read_key(text, "text"))) == (16, 32)
    assert looks_like_hex(text)


@pytest.mark.parametrize("text", ["A" * 16, "G" * 32, "0" * 31])
def test_what_cannot_be_hex_does_not_look_like_it(text):
    assert not looks_like_hex(text)


@pytest.mark.parametrize(
    ("text", "notation", "words"),
    [
        ("00" * 15, "hex", "has 30 hexadecimal digits; 32 digits are 128 bits, 48 digits are 192"),
        ("0" * 33, "hex", "64 digits are 256 bits"),
        ("", "hex", "has 0"),
        ("zz" * 16, "hex", "something else than hexadecimal"),
        ("A" * 17, "text", "has 17 characters; 16 characters are 128 bits"),
        ("Ä" * 16, "text", "printable ASCII"),
        ("A" * 15 + "\t", "text", "printable ASCII"),
    ],
)
def test_what_is_wrong_is_said_with_the_lengths_that_are_right(text, notation, words):
    with pytest.raises(ValueError, match=words):
        read_key(text, notation)


@pytest.mark.parametrize(
    ("text", "key"),
    [("hex:" + "41" * 16, b"A" * 16), ("text:hex:AAAAAAAAAAAA", b"hex:AAAAAAAAAAAA")],
)
def test_a_marked_key_says_its_notation_itself(text, key):
    assert read_marked_key(text) == key


@pytest.mark.parametrize("text", ["41" * 16, "ascii:" + "A" * 16, "HEX", ""])
def test_a_key_without_its_mark_is_refused(text):
    with pytest.raises(ValueError, match="hex: or text:"):
        read_marked_key(text)


@given(st.text(min_size=4), st.sampled_from(["hex", "text"]))
def test_no_message_repeats_what_was_entered(text, notation):
    secret = f"<{text}>"
    with pytest.raises(ValueError, match=r"has|holds") as caught:
        read_key(secret * 9, notation)
    assert secret not in str(caught.value)
