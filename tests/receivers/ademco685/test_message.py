import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.ademco685.message import decode
from receivers.signals import Decoded, Signal, SignalClass, Undecoded


def read(raw: bytes) -> Signal:
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (signal,) = decoded.signals
    return signal


@pytest.mark.parametrize(
    ("raw", "token", "code", "zone", "kind"),
    [
        (b"\n12 1234 3\r", "4x1", "3", "", SignalClass.ALARM),
        (b"\n12 1234 3 5\r", "4x2", "3", "5", SignalClass.ALARM),
        (b"\n12 1234 0 5 3A", "4x2", "3", "5", SignalClass.ALARM),
        (b"\n12 1234 18 R130 01 C015 \r", "contact-id", "130", "015", SignalClass.RESTORE),
        (b"\n12 1234 5555 5555 7\r", "high speed", "", "", SignalClass.STATUS),
        (b"\n12 OKAY @\r", "okay", "", "", SignalClass.SELF),
    ],
)
def test_every_format_of_a_line_is_read(
    raw: bytes, token: str, code: str, zone: str, kind: SignalClass
) -> None:
    signal = read(raw)
    assert (signal.token, signal.code, signal.zone, signal.signal_class) == (
        token,
        code,
        zone,
        kind,
    )
    assert (signal.receiver, signal.line) == ("1", "2")


@pytest.mark.parametrize("raw", [b"", b"\n\r", b"\n12 1234 x\r", b"\n12 1234 18 X130\r"])
def test_what_is_in_no_format_says_so(raw: bytes) -> None:
    assert decode(raw, lambda _: None, {}) == Undecoded("not in a layout of 685 or CAPS")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    decode(b"\n12 1234 " + raw + b"\r", lambda _: None, {})


def test_a_long_account_may_begin_in_the_line_digit() -> None:
    decoded = decode(b"\n1A 1234 18 E130 01 C015 \r", lambda _: None, {"long_accounts": True})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].number == "A1234"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"\n11 1234 9\r", SignalClass.TEST),
        (b"\n11 1234 9 1\r", SignalClass.TEST),
        (b"\n11 1234 3\r", SignalClass.ALARM),
        (b"\n11 1234 18 E130 01 C009 \r", SignalClass.ALARM),
    ],
)
def test_what_an_event_digit_means_can_be_programmed(raw: bytes, kind: SignalClass) -> None:
    decoded = decode(raw, lambda _: None, {"letters": "9=test"})
    assert isinstance(decoded, Decoded)
    assert decoded.signals[0].signal_class is kind
