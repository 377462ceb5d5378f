import pytest

from receivers.ademco685.framing import LIMIT, framer, is_heartbeat
from receivers.events import Fault, Frame, Garbled, Heartbeat

LINE = b"\n11 1234 3 5\r"
OKAY = b"\n00 OKAY @\r"


def test_lines_and_the_receivers_okay_are_told_apart() -> None:
    assert framer().receive(LINE + OKAY) == [Frame(LINE), Heartbeat(OKAY)]


@pytest.mark.parametrize("raw", [OKAY, b"\n11 OKAY @ \r"])
def test_okay_is_known_asked_for_or_not(raw: bytes) -> None:
    assert is_heartbeat(raw)
    assert not is_heartbeat(LINE)


def test_caps_ends_its_4x2_reports_with_a_letter() -> None:
    report = b"\n11 1234 0 5 3A"
    assert framer(caps=True).receive(report + LINE) == [Frame(report), Frame(LINE)]


def test_noise_and_lines_too_long_do_not_cost_the_next_line() -> None:
    events = framer().receive(b"xx" + LINE + b"\n" + b"9" * 300 + b"\r" + LINE)
    assert events == [
        Garbled(b"xx", Fault.NOISE),
        Frame(LINE),
        Garbled(b"\n" + b"9" * (LIMIT - 1), Fault.NO_TERMINATOR),
        Frame(LINE),
    ]
