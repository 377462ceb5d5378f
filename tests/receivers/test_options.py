import re

import pytest

from receivers.options import (
    BYTES,
    LETTERS,
    OKAY_OPTIONS,
    bytes_option,
    read_bytes,
    read_class,
    read_count,
    read_word,
)
from receivers.session import Option
from receivers.signals import SignalClass

KNOWN = {
    "end": bytes_option("0D", "the end"),
    "gap": Option(default=300, least=20, most=1000),
    "way": Option(default="far", choices=("far", "near")),
    "free": Option(default=7),
}


@pytest.mark.parametrize(
    ("written", "expected"),
    [("0D0A", b"\r\n"), ("0d", b"\r"), ("", b""), ("06", b"\x06"), ("GG", b"\r"), ("1", b"\r")],
)
def test_bytes_are_written_in_pairs_of_hexadecimal_digits(written: str, expected: bytes) -> None:
    assert read_bytes({"end": written}, KNOWN, "end") == expected


def test_what_is_not_set_is_the_default() -> None:
    assert read_bytes({}, KNOWN, "end") == b"\r"
    assert read_count({}, KNOWN, "gap") == 300
    assert read_word({}, KNOWN, "way") == "far"


@pytest.mark.parametrize(
    ("set_to", "counted"), [(5, 20), (20, 20), (999, 999), (5000, 1000), ("many", 20)]
)
def test_a_count_stays_within_its_bounds(set_to: int | str, counted: int) -> None:
    assert read_count({"gap": set_to}, KNOWN, "gap") == counted


def test_a_count_without_bounds_is_taken_as_it_is() -> None:
    assert read_count({"free": 70_000}, KNOWN, "free") == 70_000


def test_a_choice_is_read_as_a_word() -> None:
    assert read_word({"way": "near"}, KNOWN, "way") == "near"


@pytest.mark.parametrize("text", ["0", "0x06", "06 15", "zz", "06" * 33])
def test_a_text_that_is_no_pairs_is_no_value_of_such_an_option(text: str) -> None:
    assert re.fullmatch(BYTES, text) is None


def test_a_receiver_that_says_okay_is_not_asked_unless_that_is_set() -> None:
    assert read_count({}, OKAY_OPTIONS, "poll") == 0


@pytest.mark.parametrize(
    ("text", "event", "expected"),
    [
        ("P=test G=restore", "G", SignalClass.RESTORE),
        ("P=test G=restore", "X", None),
        ("CL=closing", "CL", SignalClass.CLOSING),
        ("CL=closing", "L", None),
        ("P=parade", "P", None),
        ("", "P", None),
    ],
)
def test_what_an_event_character_means_can_be_programmed(
    text: str, event: str, expected: SignalClass | None
) -> None:
    assert read_class({"letters": text}, event) is expected


@pytest.mark.parametrize("text", ["", "P=test", "P=test  CL=closing", "3=alarm "])
def test_meanings_are_written_in_pairs(text: str) -> None:
    assert re.fullmatch(LETTERS.pattern, text)


@pytest.mark.parametrize("text", ["P", "P=parade", "P=test,G=alarm", "LONG=test"])
def test_what_means_nothing_is_no_value_of_such_an_option(text: str) -> None:
    assert not re.fullmatch(LETTERS.pattern, text)
