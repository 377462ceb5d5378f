"""The edge that calls, and keeps calling."""

from datetime import timedelta
from typing import Any

import pytest
from twisted.internet import error
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from stationd.journal.model import Kind
from stationd.net.line import Link
from stationd.net.tcp_client import TcpClientEdge
from stationd.settings import TcpClientListener

REFUSED = Failure(error.ConnectionRefusedError())


class Connector:
    """A call under way."""

    def __init__(self) -> None:
        self.state = "connecting"

    def stopConnecting(self) -> None:
        self.state = "disconnected"


class Calls:
    """The house's reactor, with calls that wait for their fate."""

    def __init__(self, house: Any) -> None:
        self.callLater = house.reactor.callLater
        self.made: list[Any] = []
        self.connector = Connector()

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float) -> Connector:
        self.made.append(factory)
        return self.connector


class Caller:
    """An edge that calls."""

    def __init__(self, house: Any) -> None:
        line = house.line()
        self.calls: Any = Calls(house)
        self.link = Link(line.intake, lambda: None)
        settings = TcpClientListener.model_construct(
            kind="tcp_client", name="line", receiver="x", host="rx", port=1025,
            most_wait=timedelta(seconds=3),
        )  # fmt: skip
        self.edge = TcpClientEdge(settings, line, self.link, self.calls)
        self.edge.start()

    def refuse(self) -> None:
        self.calls.made[-1].clientConnectionFailed(self.calls.connector, REFUSED)

    def take(self) -> Any:
        protocol = self.calls.made[-1].buildProtocol(None)
        protocol.makeConnection(StringTransport())
        return protocol


@pytest.fixture
def caller(house: Any) -> Caller:
    return Caller(house)


def test_waits_grow_up_to_the_longest(house: Any, caller: Caller) -> None:
    waits = []
    for _ in range(5):
        caller.refuse()
        (call,) = house.reactor.getDelayedCalls()
        waits.append(call.getTime() - house.reactor.seconds())
        house.reactor.advance(waits[-1])
    assert waits == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert len(house.notes(Kind.LINK_DOWN)) == 1


def test_a_receiver_that_takes_the_call_is_served(house: Any, caller: Caller) -> None:
    protocol = caller.take()
    protocol.dataReceived(b"one.")
    house.thread.run_all()
    assert protocol.transport.value() == b"<one.>"
    assert caller.link.is_up is True
    assert caller.edge.port is None


def test_a_lost_connection_is_told_and_called_again(house: Any, caller: Caller) -> None:
    protocol = caller.take()
    protocol.dataReceived(b"one.")
    protocol.connectionLost(Failure(ConnectionDone()))
    assert '"unacknowledged":1' in house.notes(Kind.LINK_DOWN)[0]
    house.reactor.advance(0.5)
    assert len(caller.calls.made) == 2


def test_hanging_up_ends_the_connection(caller: Caller) -> None:
    caller.edge.hang_up("nobody there")
    protocol = caller.take()
    caller.edge.hang_up("silent")
    assert protocol.transport.disconnecting
    protocol.connectionLost(Failure(ConnectionDone()))
    assert caller.link.cause == "silent"


def test_stopping_ends_a_call_under_way(caller: Caller) -> None:
    caller.edge.stop_reading()
    assert caller.calls.connector.state == "disconnected"
    caller.edge.stop_reading()


def test_stopping_ends_a_wait(house: Any, caller: Caller) -> None:
    caller.refuse()
    caller.calls.connector.state = "disconnected"
    caller.edge.stop_reading()
    assert house.reactor.getDelayedCalls() == []


def test_stopping_reads_no_more_and_calls_no_more(house: Any, caller: Caller) -> None:
    protocol = caller.take()
    caller.edge.stop_reading()
    assert protocol.transport.producerState == "paused"
    protocol.connectionLost(Failure(ConnectionDone()))
    assert house.reactor.getDelayedCalls() == []


def test_stopping_before_the_first_call_does_no_harm(house: Any, caller: Caller) -> None:
    caller.edge._connector = None
    caller.edge.stop_reading()
    assert house.reactor.getDelayedCalls() == []
