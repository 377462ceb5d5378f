"""How a receiver is attached: what may stand on the command line, and which line comes of it."""

import pytest
from twisted.internet.testing import MemoryReactorClock

from stationd.errors import MistakeError
from stationd.simulate.attachment import Attachment, address, line, read
from stationd.simulate.edges import (
    CallingLine,
    DatagramLine,
    DeviceLine,
    ListeningLine,
    PtyLine,
    VisitingLine,
    Wire,
)


class Talk:
    """A conversation that is not held."""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mx8000:pty:/run/line", Attachment("mx8000", "pty", "/run/line")),
        ("iti:serial:/dev/ttyUSB1", Attachment("iti", "serial", "/dev/ttyUSB1")),
        ("galaxy:call:127.0.0.1:10002", Attachment("galaxy", "call", "127.0.0.1:10002")),
        ("dc09:udp:station.example:1", Attachment("dc09", "udp", "station.example:1")),
    ],
)
def test_a_receiver_is_attached_by_name_way_and_place(text, wanted):
    assert read(text) == wanted


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mx8000", "is no NAME:WAY:WHERE"),
        ("mx8000:pty", "is no NAME:WAY:WHERE"),
        ("mx8000:pty:", "is no NAME:WAY:WHERE"),
        ("mx9000:pty:/run/line", "these are: surgard-system, "),
        ("galaxy:pty:/run/line", "galaxy can be attached by call, not by pty"),
        ("galaxy:call:nowhere", "nowhere is no HOST:PORT"),
        ("galaxy:call:host:99999", "host:99999 is no HOST:PORT"),
    ],
)
def test_what_cannot_be_attached_is_told(text, said):
    with pytest.raises(MistakeError, match=said):
        read(text)


@pytest.mark.parametrize("text", ["", ":1", "host:", "host:x", "host:\N{SUPERSCRIPT TWO}"])
def test_an_address_has_a_host_and_a_port(text):
    with pytest.raises(MistakeError):
        address(text)


@pytest.mark.parametrize(
    ("way", "where", "visits", "kind"),
    [
        ("pty", "/run/line", False, PtyLine),
        ("serial", "/dev/ttyUSB1", False, DeviceLine),
        ("call", "127.0.0.1:1", False, CallingLine),
        ("call", "127.0.0.1:1", True, VisitingLine),
        ("listen", "127.0.0.1:1", False, ListeningLine),
        ("udp", "127.0.0.1:1", False, DatagramLine),
    ],
)
def test_each_way_has_its_line(way, where, visits, kind):
    reactor = MemoryReactorClock()
    make = line(Attachment("raw", way, where), baud=9600, visits=visits)
    assert isinstance(make(Wire(Talk(), reactor), reactor), kind)
