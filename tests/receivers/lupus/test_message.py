import pytest

from receivers.lupus.message import decode
from receivers.signals import Decoded, SignalClass, Undecoded


@pytest.mark.parametrize("raw", [b"[1234 181602010105]", b"1234181602010105"])
def test_a_string_is_read_with_or_without_brackets(raw: bytes) -> None:
    decoded = decode(raw, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.number, s.code, s.zone, s.token) == ("1234", "602", "010", "18")
    assert s.signal_class is SignalClass.TEST


def test_a_wrong_check_digit_is_refused() -> None:
    assert decode(b"[1234 181602010106]", lambda _: None, {}) == Undecoded(
        "no Contact ID string with a good check digit"
    )
