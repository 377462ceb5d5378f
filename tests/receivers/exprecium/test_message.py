import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.exprecium.message import decode
from receivers.session import Options
from receivers.signals import Decoded, Signal, SignalClass, Undecoded


def read(text: str, options: Options | None = None) -> Signal:
    decoded = decode(text.encode("latin-1") + b"\r", lambda _: None, options or {})
    assert isinstance(decoded, Decoded)
    return decoded.signals[0]


@pytest.mark.parametrize("date", ["06/15", "06/15/25", "06/1525"])
def test_a_line_names_time_receiver_line_account_and_code(date: str) -> None:
    s = read(f"12:01 {date} 12 1234 A5")
    assert (s.receiver, s.line, s.number, s.code) == ("1", "2", "1234", "A5")
    assert (s.signal_class, s.extra["receiver_time"]) == (SignalClass.STATUS, f"12:01 {date}")


def test_a_code_of_contact_id_is_read_as_one() -> None:
    s = read("12:01 06/15 11 1234 E130 01 015")
    assert (s.code, s.area, s.zone, s.signal_class) == ("130", "01", "015", SignalClass.ALARM)


def test_what_other_codes_mean_can_be_set() -> None:
    assert read("12:01 06/15 11 1234 A5", {"letters": "A5=alarm"}).signal_class is SignalClass.ALARM


@pytest.mark.parametrize("code", ["00", "08", "F1", "F2"])
def test_what_stands_under_account_0000_is_the_receivers_own(code: str) -> None:
    s = read(f"12:01 06/15 11 0000 {code}")
    assert (s.signal_class, s.code) == (SignalClass.SELF, code)


@pytest.mark.parametrize("letter", ["E", "N"])
def test_sia_stands_in_brackets(letter: str) -> None:
    s = read(f"12:01 06/15 12 [#1234|{letter}ri2/BA5|AHALL]")
    assert (s.number, s.code, s.zone, s.area, s.text) == ("1234", "BA", "5", "2", "HALL")
    assert (s.receiver, s.line, s.signal_class) == ("1", "2", SignalClass.ALARM)


def test_sia_of_account_0000_is_the_receivers_own() -> None:
    assert read("12:01 06/15 12 [#0000|NYT]").signal_class is SignalClass.SELF


def test_a_passcode_is_masked() -> None:
    raw = b"12:01 06/15 12 [#1234|NBA5|?4711]\r"
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    assert [raw[a:b] for a, b, _ in decoded.masked] == [b"4711"]


def test_the_sign_of_life_is_the_receivers_own() -> None:
    assert read("@").signal_class is SignalClass.SELF


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12:01 1234", Undecoded("not in the layout of an Exprecium's own output")),
        ("12:01 06/15 11 [#12|]", Undecoded("the data in brackets hold no event", "12")),
    ],
)
def test_what_cannot_be_read_says_why(text: str, expected: Undecoded) -> None:
    assert decode(text.encode() + b"\r", lambda _: None, {}) == expected


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for head in (b"", b"12:01 06/15 11 ", b"12:01 06/15 11 [#1|N", b"[12:01 06/15 11 ["):
        assert isinstance(decode(head + data + b"]\r", lambda _: None, {}), Decoded | Undecoded)
