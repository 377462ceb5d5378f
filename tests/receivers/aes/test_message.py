import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.aes.message import decode
from receivers.session import Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded

NEW: Options = {"mode": "6500"}


def read(raw: bytes, options: Options) -> Signal:
    decoded = decode(raw, lambda _: None, options)
    assert isinstance(decoded, Decoded)
    assert decoded.table
    (signal,) = decoded.signals
    return signal


def test_line_card_four_writes_its_two_digits_without_a_space() -> None:
    signal = read(b"\n14 1234 35\r", {})
    assert (signal.number, signal.token, signal.code, signal.zone) == ("1234", "4x2", "3", "5")
    assert (signal.receiver, signal.line) == ("1", "4")


def test_line_card_three_is_contact_id() -> None:
    signal = read(b"\n13 1234 18 E130 01 C015 \r", {})
    assert (signal.code, signal.zone, signal.line) == ("130", "015", "3")


def test_another_line_card_keeps_its_two_digits_apart() -> None:
    assert isinstance(decode(b"\n12 1234 35\r", lambda _: None, {}), Undecoded)


@pytest.mark.parametrize(("digits", "value"), [("005", "5"), ("123", "39"), ("A15", "175")])
def test_the_number_of_a_common_format_is_mixed(digits: str, value: str) -> None:
    signal = read(b"1011      1234A  %b \x14" % digits.encode(), NEW)
    assert (signal.zone, signal.extra) == (digits, {"value": value})


@pytest.mark.parametrize("raw", [b"1011      1234A  0C5 \x14", b"a011 123418113001015\x14"])
def test_what_is_no_such_number_has_no_value(raw: bytes) -> None:
    assert "value" not in read(raw, NEW).extra


def test_what_is_in_no_layout_says_so() -> None:
    assert isinstance(decode(b"x\x14", lambda _: None, NEW), Undecoded)


@given(st.binary(max_size=60), st.sampled_from([{}, NEW]))
def test_any_bytes_are_read_or_refused(raw: bytes, options: Options) -> None:
    decode(b"\n14 1234 " + raw + b"\r", lambda _: None, options)


def test_what_an_event_digit_means_can_be_programmed() -> None:
    assert read(b"\n14 1234 95\r", {"letters": "9=test"}).signal_class is SignalClass.TEST
    assert read(b"\n14 1234 35\r", {"letters": "9=test"}).signal_class is SignalClass.ALARM
