"""The UDP edge: a session for each peer, in bounded number."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError

from stationd.journal.model import Kind
from stationd.net import udp as module
from stationd.net.line import Link
from stationd.net.strangers import Strangers
from stationd.net.udp import LISTEN_AGAIN_SECONDS, UdpEdge
from stationd.settings import UdpListener

PEER = ("10.0.0.1", 99)


class Port:
    """A UDP socket."""

    def __init__(self) -> None:
        self.sent: list[tuple[bytes, tuple[str, int]]] = []
        self.state = "reading"

    def getHost(self) -> IPv4Address:
        return IPv4Address("UDP", "127.0.0.1", 4711)

    def write(self, data: bytes, address: tuple[str, int]) -> None:
        if address[1] == 0:
            raise OSError(22, "no such port")
        self.sent.append((data, address))

    def pauseProducing(self) -> None:
        self.state = "paused"

    def resumeProducing(self) -> None:
        self.state = "reading"

    def stopListening(self) -> None:
        self.state = "closed"


class Sockets:
    """The house's reactor, with ports that may be taken."""

    def __init__(self, house: Any) -> None:
        self.callLater = house.reactor.callLater
        self.taken = False
        self.port = Port()
        self.protocol: Any = None

    def listenUDP(self, port: int, protocol: Any, **options: object) -> Port:
        if self.taken:
            raise CannotListenError("127.0.0.1", port, "Address already in use")
        self.protocol = protocol
        protocol.makeConnection(self.port)
        return self.port


class Office:
    """An edge with its sockets."""

    def __init__(self, house: Any, *, tap: bool = False, intake: Any = None) -> None:
        line = house.line(tap=tap, intake=intake)
        self.sockets: Any = Sockets(house)
        self.link = Link(line.intake, lambda: None)
        settings = UdpListener(kind="udp", name="line", receiver="dc09", port=0)
        self.edge = UdpEdge(settings, line, self.link, self.sockets)


@pytest.fixture
def office(house: Any) -> Office:
    made = Office(house)
    made.edge.start()
    return made


def test_a_datagram_is_answered_to_where_it_came_from(house: Any, office: Office) -> None:
    office.sockets.protocol.datagramReceived(b"one.", PEER)
    assert office.sockets.port.sent == []
    house.thread.run_all()
    assert office.sockets.port.sent == [(b"<one.>", PEER)]
    assert house.pages.entries(Kind.FRAME)[0].peer == "10.0.0.1:99"


def test_half_a_datagram_is_not_joined_with_the_next(house: Any, office: Office) -> None:
    office.sockets.protocol.datagramReceived(b"on", PEER)
    office.sockets.protocol.datagramReceived(b"e.", PEER)
    assert house.notes(Kind.GARBLED) == ['{"fault":"cut"}']


def test_a_failed_commit_is_silence(house: Any, office: Office) -> None:
    house.thread.run_all()
    house.pages.broken = True
    office.sockets.protocol.datagramReceived(b"one.", PEER)
    house.thread.run_all()
    assert office.sockets.port.sent == []


def test_an_answer_that_cannot_be_sent_is_silence(house: Any, office: Office) -> None:
    office.sockets.protocol.datagramReceived(b"one.", ("10.0.0.1", 0))
    house.thread.run_all()
    assert office.sockets.port.sent == []


@pytest.mark.parametrize("tap", [False, True])
def test_a_datagram_of_who_is_not_admitted_is_dropped_and_counted(house: Any, tap: bool) -> None:
    limits = Strangers(None, policy="take", per_network=9, in_all=9)
    office = Office(house, tap=tap, intake=house.intake(strangers=limits))
    office.edge.start()
    protocol = office.sockets.protocol
    for port in (1, 2, 2):
        protocol.datagramReceived(b"one.", ("203.0.113.7", port))
    protocol.datagramReceived(b"two.", PEER)
    house.thread.run_all()
    assert [entry.raw for entry in house.pages.entries(Kind.FRAME)] == [b"two."]
    assert len(protocol._peers) == 1
    (counted,) = limits.everything()
    assert (counted.peer, counted.fault, counted.count) == ("203.0.113.0/24", "not_admitted", 3)


@pytest.mark.parametrize("tap", [False, True])
def test_the_peers_remembered_are_bounded(
    house: Any, monkeypatch: pytest.MonkeyPatch, tap: bool
) -> None:
    monkeypatch.setattr(module, "MOST_PEERS", 2)
    office = Office(house, tap=tap)
    office.edge.start()
    protocol = office.sockets.protocol
    for port in (1, 2, 1, 3):
        protocol.datagramReceived(b"one.", ("10.0.0.1", port))
    assert len(protocol._peers) == 2
    house.thread.run_all()
    assert len(house.pages.entries(Kind.FRAME)) == 4


def test_a_tap_has_nothing_to_speak_with(house: Any) -> None:
    office = Office(house, tap=True)
    office.edge.start()
    office.sockets.protocol.datagramReceived(b"one.", PEER)
    house.thread.run_all()
    assert (office.sockets.port.sent, office.sockets.protocol.transport) == ([], None)


def test_a_port_in_use_is_told_and_tried_again(house: Any) -> None:
    office = Office(house)
    office.sockets.taken = True
    office.edge.start()
    assert (office.edge.port, office.link.is_up) == (None, False)
    office.sockets.taken = False
    house.reactor.advance(LISTEN_AGAIN_SECONDS)
    assert (office.edge.port, office.link.is_up) == (4711, True)


def test_stopping_reads_no_more_but_still_answers(house: Any, office: Office) -> None:
    office.sockets.protocol.datagramReceived(b"one.", PEER)
    office.edge.stop_reading()
    house.thread.run_all()
    assert (office.sockets.port.state, len(office.sockets.port.sent)) == ("paused", 1)
    office.edge.hang_up("stop")
    assert office.sockets.port.state == "closed"


def test_stopping_while_the_port_is_in_use_does_no_harm(house: Any) -> None:
    office = Office(house)
    office.sockets.taken = True
    office.edge.start()
    office.edge.stop_reading()
    office.edge.hang_up("stop")
    assert house.reactor.getDelayedCalls() == []
