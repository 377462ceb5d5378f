"""One listener, connections and datagrams: one link, one port, one memory."""

from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError
from twisted.internet.testing import StringTransport

from stationd.journal.model import Kind
from stationd.net.both import BothEdge
from stationd.net.line import Link
from stationd.settings import TcpListener

AGAIN_SECONDS = 5


class Socket:
    """A listening socket, of either kind."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self.sent: list[bytes] = []
        self.state = "reading"

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP" if self._kind == "tcp" else "UDP", "127.0.0.1", 4711)

    def write(self, data: bytes, address: tuple[str, int]) -> None:
        self.sent.append(data)

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
        self.taken: set[str] = set()
        self.asked: list[tuple[str, int]] = []
        self.tcp, self.udp = Socket("tcp"), Socket("udp")
        self.factory: Any = None
        self.protocol: Any = None

    def listenTCP(self, port: int, factory: Any, **options: object) -> Socket:
        self._ask("tcp", port)
        self.factory = factory
        return self.tcp

    def listenUDP(self, port: int, protocol: Any, **options: object) -> Socket:
        self._ask("udp", port)
        self.protocol = protocol
        protocol.makeConnection(self.udp)
        return self.udp

    def _ask(self, kind: str, port: int) -> None:
        self.asked.append((kind, port))
        if kind in self.taken:
            raise CannotListenError("127.0.0.1", port, "Address already in use")


class Office:
    """A listener's edge with its sockets."""

    def __init__(self, house: Any, *, port: int = 0) -> None:
        line = house.line()
        self.sockets: Any = Sockets(house)
        self.link = Link(line.intake, lambda: None)
        settings = TcpListener(kind="tcp", name="line", receiver="dc09", port=port, udp=True)
        self.edge = BothEdge(settings, line, self.link, self.sockets)


@pytest.fixture
def office(house: Any) -> Office:
    return Office(house)


def test_both_have_one_port_and_one_link(house: Any, office: Office) -> None:
    office.edge.start()
    assert office.sockets.asked == [("tcp", 0), ("udp", 4711)]
    assert (office.edge.port, office.link.is_up) == (4711, True)
    assert len(house.notes(Kind.LINK_UP)) == 1


def test_both_are_heard_and_answered_in_their_own_way(house: Any, office: Office) -> None:
    office.edge.start()
    caller = office.sockets.factory.buildProtocol(IPv4Address("TCP", "10.0.0.1", 99))
    caller.makeConnection(StringTransport())
    caller.dataReceived(b"one.")
    office.sockets.protocol.datagramReceived(b"two.", ("10.0.0.1", 99))
    house.thread.run_all()
    assert (caller.transport.value(), office.sockets.udp.sent) == (b"<one.>", [b"<two.>"])


@pytest.mark.parametrize("half", ["tcp", "udp"])
def test_the_link_is_down_while_one_of_the_two_is(house: Any, half: str) -> None:
    office = Office(house, port=12000)
    office.sockets.taken = {half}
    office.edge.start()
    assert (office.link.is_up, office.link.cause) == (
        False,
        f"{half}: cannot listen: Address already in use",
    )
    office.sockets.taken = set()
    house.reactor.advance(AGAIN_SECONDS)
    assert office.link.is_up is True
    assert {port for _, port in office.sockets.asked} <= {12000, 4711}


def test_stopping_stops_both(office: Office) -> None:
    office.edge.start()
    office.edge.stop_reading()
    assert (office.sockets.tcp.state, office.sockets.udp.state) == ("closed", "paused")
    office.edge.hang_up("stop")
    assert office.sockets.udp.state == "closed"
