import pytest

from receivers.ademco685.session import poll
from receivers.events import Fault, Frame, Garbled, Heartbeat
from receivers.session import Options, Poll
from tests.receivers.conftest import Station

LINE = b"\n11 1234 18 E130 01 C015 \r"
OKAY = b"\n00 OKAY @\r"
CAPS = b"\n11 1234 0 5 3A"
ACK, NAK = b"\x06", b"\x15"


@pytest.mark.parametrize("raw", [LINE, OKAY, b"\n11 RCVA ?\r"], ids=["event", "okay", "its own"])
def test_a_line_is_acknowledged_understood_or_not(raw: bytes) -> None:
    assert Station("ademco685").says(raw) == ACK


def test_a_lost_acknowledgement_leaves_a_second_event() -> None:
    # A line has no number: after our answer the same text is another event, and both are kept.
    station = Station("ademco685")
    assert station.says(LINE) + station.says(LINE) == ACK * 2
    assert station.hears(LINE) == [Frame(LINE)]
    assert station.hears(LINE) == [Frame(LINE, repeat=True)]


def test_a_one_way_port_gets_no_answer() -> None:
    station = Station("ademco685", options={"answer": ""})
    assert station.says(LINE + LINE + OKAY) == b""
    assert station.hears(LINE) == [Frame(LINE)]


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        ({}, ACK),
        ({"poll": 30}, b""),
        ({"poll": 30, "okay": "always"}, ACK),
        ({"okay": "never"}, b""),
    ],
    ids=["by itself", "asked for", "asked for, answered", "never"],
)
def test_an_okay_that_we_asked_for_is_not_answered(options: Options, answer: bytes) -> None:
    station = Station("ademco685", options=options)
    assert station.hears(OKAY) == [Heartbeat(OKAY)]
    assert station.says(OKAY) == answer


def test_the_receiver_is_asked_only_where_that_is_set() -> None:
    assert poll({}) is None
    assert poll({"poll": 45}) == Poll(b"S", 45.0)
    assert Station("ademco685").spec.poll is poll


def test_caps_ends_its_short_reports_with_a_letter() -> None:
    station = Station("ademco685", options={"layout": "caps"})
    assert station.says(CAPS + LINE) == ACK * 2


@pytest.mark.parametrize(("nak", "answer"), [("never", b""), ("damaged", NAK)])
def test_a_damaged_line_is_refused_only_where_that_is_set(nak: str, answer: bytes) -> None:
    raw = LINE.replace(b"E", b"\x00")
    station = Station("ademco685", options={"nak": nak})
    assert station.hears(raw) == [Garbled(raw, Fault.CHECKSUM)]
    assert station.says(raw) == answer


def test_a_caller_that_is_no_receiver_gets_no_answer() -> None:
    station = Station("ademco685")
    assert station.says(b"GET / HTTP/1.1\r\nHost: 1\r\n\r\n") == b""
    station.open()
    assert station.says(LINE) == ACK


def test_an_empty_line_is_no_frame() -> None:
    assert Station("ademco685").hears(b"\n\r" + LINE) == [
        Garbled(b"\n\r", Fault.NOISE),
        Frame(LINE),
    ]
