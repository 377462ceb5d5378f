"""The TCP edge: listening, refusing, telling."""

import json
from typing import Any

import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from stationd.journal.model import Kind
from stationd.net.line import Link
from stationd.net.strangers import KEPT_LINKS, Strangers
from stationd.net.tcp_server import LISTEN_AGAIN_SECONDS, TcpEdge
from stationd.settings import TcpListener

DONE = Failure(ConnectionDone())


class Port:
    """A listening port."""

    def __init__(self) -> None:
        self.open = True

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 4711)

    def stopListening(self) -> None:
        self.open = False


class Sockets:
    """The house's reactor, with ports that may be taken."""

    def __init__(self, house: Any) -> None:
        self.callLater = house.reactor.callLater
        self.taken = False
        self.factory: Any = None
        self.port = Port()

    def listenTCP(self, port: int, factory: Any, **options: object) -> Port:
        if self.taken:
            raise CannotListenError("127.0.0.1", port, "Address already in use")
        self.factory = factory
        return self.port


class Office:
    """An edge with its sockets, and callers."""

    def __init__(self, house: Any, *, heartbeat: bool = False) -> None:
        line = house.line(heartbeat=heartbeat, intake=house.intake(strangers=strangers()))
        self.sockets: Any = Sockets(house)
        self.link = Link(line.intake, lambda: None)
        settings = TcpListener(kind="tcp", name="line", receiver="dc09", port=0, max_connections=2)
        self.edge = TcpEdge(settings, line, self.link, self.sockets)

    def call(self, host: str = "10.0.0.1") -> Any:
        protocol = self.sockets.factory.buildProtocol(IPv4Address("TCP", host, 99))
        if protocol is not None:
            protocol.makeConnection(StringTransport())
        return protocol


def strangers() -> Strangers:
    return Strangers(None, policy="take", per_network=100, in_all=100)


def told(house: Any, office: Office) -> list[tuple[str, str, int]]:
    """Let a minute pass; return what was counted in it."""
    house.pass_time(60)
    office.edge._line.intake.look()
    house.thread.run_all()
    found = [(json.loads(e.note), e.peer) for e in house.pages.entries(Kind.GARBLED)]
    return [(note["fault"], peer, note["count"]) for note, peer in found]


@pytest.fixture
def office(house: Any) -> Office:
    made = Office(house)
    made.edge.start()
    return made


def test_it_says_where_it_listens(house: Any, office: Office) -> None:
    assert (office.edge.port, office.link.is_up) == (4711, True)
    assert house.notes(Kind.LINK_UP) == ['{"cause":"listening","scope":"listener"}']


def test_a_port_in_use_is_told_and_tried_again(house: Any) -> None:
    office = Office(house)
    office.sockets.taken = True
    office.edge.start()
    assert (office.edge.port, office.link.is_up) == (None, False)
    assert "already in use" in house.notes(Kind.LINK_DOWN)[0]
    office.sockets.taken = False
    house.reactor.advance(LISTEN_AGAIN_SECONDS)
    assert office.link.is_up is True


def test_it_does_not_try_again_once_we_stop(house: Any) -> None:
    office = Office(house)
    office.sockets.taken = True
    office.edge.start()
    office.edge.stop_reading()
    assert house.reactor.getDelayedCalls() == []


def test_no_more_are_taken_than_may_be_and_it_is_counted(house: Any, office: Office) -> None:
    first, second = office.call(), office.call()
    assert office.call() is office.call() is None
    assert told(house, office) == [("too_many_connections", "10.0.0.0/24", 2)]
    first.connectionLost(DONE)
    assert office.call() is not None
    second.connectionLost(DONE)


def test_who_never_says_anything_makes_room_once_there_is_none(house: Any, office: Office) -> None:
    silent, known = office.call(), office.call()
    known.dataReceived(b"one.")
    house.pass_time(31)
    assert office.call() is not None
    assert (silent.transport.disconnecting, known.transport.disconnecting) == (True, False)


def test_who_is_not_admitted_is_hung_up_on_at_once_and_counted(house: Any, office: Office) -> None:
    assert office.call("203.0.113.7") is None
    assert office.call("::ffff:203.0.113.8") is None
    assert office.call("::ffff:192.168.0.1") is not None
    assert told(house, office) == [("not_admitted", "203.0.113.0/24", 2)]


def test_a_scanner_on_a_receivers_port_is_counted(house: Any) -> None:
    office = Office(house, heartbeat=True)
    office.edge.start()
    for _ in range(KEPT_LINKS + 3):
        office.call().connectionLost(DONE)
    assert len(house.notes(Kind.LINK_UP)) == KEPT_LINKS + 1
    assert len(house.notes(Kind.LINK_DOWN)) == KEPT_LINKS
    assert told(house, office) == [("connections", "10.0.0.0/24", 3)]


def test_a_panels_call_is_told_only_where_something_is_unacknowledged(
    house: Any, office: Office
) -> None:
    office.call().connectionLost(DONE)
    hasty = office.call()
    hasty.dataReceived(b"one.")
    hasty.connectionLost(DONE)
    (note,) = house.notes(Kind.LINK_DOWN)
    assert '"unacknowledged":1' in note


def test_a_panel_that_never_reads_is_told(house: Any, office: Office) -> None:
    deaf = office.call()
    deaf.pauseProducing()
    deaf.connectionLost(DONE)
    assert "does not read" in house.notes(Kind.LINK_DOWN)[0]


def test_a_receivers_connection_is_told(house: Any) -> None:
    office = Office(house, heartbeat=True)
    office.edge.start()
    office.call().connectionLost(DONE)
    assert house.notes(Kind.LINK_UP)[1] == '{"cause":"connected","scope":"connection"}'
    assert len(house.notes(Kind.LINK_DOWN)) == 1


def test_stopping_closes_the_port_and_reads_no_more(office: Office) -> None:
    panel = office.call()
    office.edge.stop_reading()
    office.edge.hang_up("stop")
    assert (office.sockets.port.open, panel.transport.disconnecting) == (False, True)
    panel.connectionLost(DONE)
