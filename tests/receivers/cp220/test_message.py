import pytest

from receivers.cp220.message import decode
from receivers.signals import Decoded, Undecoded


def test_the_known_layout_is_read() -> None:
    decoded = decode(b"121234564131\r", lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.receiver, s.line, s.number, s.code) == ("1", "2", "123456", "4131")


@pytest.mark.parametrize("text", [b"121234B1036\r", b"12 1234 B1 036\r"])
def test_superfast_shows_account_event_and_zone(text: bytes) -> None:
    decoded = decode(text, lambda _: None, {})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.receiver, s.line, s.number, s.code, s.zone) == ("1", "2", "1234", "B1", "036")


def test_another_layout_is_refused() -> None:
    assert decode(b"12 \r", lambda _: None, {}) == Undecoded("not in a known layout of the CP-220")


def test_date_and_time_stand_behind_the_character_that_is_set() -> None:
    decoded = decode(b"121234564131T0615 1200*", lambda _: None, {"end": "2A", "time_header": "54"})
    assert isinstance(decoded, Decoded)
    (s,) = decoded.signals
    assert (s.number, s.receiver_time, s.extra) == ("123456", "0615 1200", {})
