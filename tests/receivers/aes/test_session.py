import pytest

from receivers.aes.session import poll
from receivers.events import Frame, Heartbeat
from receivers.session import Options, Poll
from tests.receivers.conftest import Station

OLD = b"\n13 1234 18 E130 01 C015 \r"
NEW = b"1011      1234A  005 \x14"
ACK = b"\x06"


@pytest.mark.parametrize(
    ("mode", "line", "beat"),
    [("685", OLD, b"\n00 OKAY @\r"), ("6500", NEW, b"1010           @    \x14")],
)
def test_lines_and_heartbeats_are_taken_in_the_mode_that_is_set(
    mode: str, line: bytes, beat: bytes
) -> None:
    station = Station("aes7705", options={"mode": mode})
    assert station.hears(line + beat) == [Frame(line), Heartbeat(beat)]
    assert station.says(beat) == ACK


def test_a_one_way_port_gets_no_answer() -> None:
    assert Station("aes7705", options={"answer": ""}).says(OLD) == b""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, None),
        ({"poll": 60}, Poll(b"S", 60.0)),
        ({"mode": "6500", "poll": 60}, None),
    ],
)
def test_it_is_asked_in_685_mode_only(options: Options, expected: Poll | None) -> None:
    assert poll(options) == expected
