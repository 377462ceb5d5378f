"""Bytes go through unchanged, then a copy; whoever is left alone is let go."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.error import CannotListenError, ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationd.net.passing import LAST_WORDS_SECONDS, MOST_CONVERSATIONS, TcpThrough
from stationd.relaying.wire import What

DONE = Failure(ConnectionDone())


class Wire:
    """A transport that remembers."""

    def __init__(self) -> None:
        self.sent = b""
        self.calls: list[str] = []
        self.producer: object = None
        self.connected = True

    def write(self, data: bytes) -> None:
        self.sent += data

    def registerProducer(self, producer: object, streaming: bool) -> None:
        self.producer = producer

    def unregisterProducer(self) -> None:
        self.producer = None

    def getPeer(self) -> Any:
        return SimpleNamespace(host="192.0.2.1", port=1025)

    def __getattr__(self, name: str) -> Any:
        return lambda *_: self.calls.append(name)


class Net(Clock):
    """A reactor whose calls wait for their fate."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0
        self.factory: Any = None
        self.called: list[Any] = []

    def listenTCP(self, port: int, factory: Any, **_: Any) -> Any:
        if self.taken:
            self.taken -= 1
            raise CannotListenError("127.0.0.1", port, "in use")
        self.factory = factory
        return SimpleNamespace(
            getHost=lambda: SimpleNamespace(port=1025), stopListening=lambda: None
        )

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float) -> None:
        self.called.append(factory)


class House:
    """A TCP line with both its ends."""

    def __init__(self, caller: str = "automation") -> None:
        self.net = Net()
        self.told: list[tuple[What, int, bytes]] = []
        self.said: list[str] = []
        self.through = TcpThrough(
            caller=caller, listen=("127.0.0.1", 1025), call=("rx", 1025),
            tell=lambda *copy: self.told.append(copy), said=self.said.append, reactor=self.net,
        )  # fmt: skip
        self.through.start()

    def near(self) -> Any:
        side = self.net.factory.buildProtocol(None)
        side.makeConnection(Wire())
        return side

    def far(self) -> Any:
        side = self.net.called[-1].buildProtocol(None)
        side.makeConnection(Wire())
        return side

    def lose(self, side: Any) -> None:
        side.transport.connected = False
        side.connectionLost(DONE)


def test_nothing_is_read_before_the_other_side_is_there() -> None:
    house = House()
    near = house.near()
    assert near.transport.calls[-1] == "pauseProducing"
    house.far()
    assert near.transport.calls[-1] == "resumeProducing"
    assert house.told == [(What.OPENED, 1, b"192.0.2.1:1025")]
    assert house.through.port == 1025


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=20)), max_size=20))
def test_no_byte_is_added_dropped_or_reordered(reads: list[tuple[bool, bytes]]) -> None:
    house = House()
    near, far = house.near(), house.far()
    for from_near, data in reads:
        (near if from_near else far).dataReceived(data)
    assert far.transport.sent == b"".join(data for from_near, data in reads if from_near)
    assert near.transport.sent == b"".join(data for from_near, data in reads if not from_near)
    kinds = [What.FROM_AUTOMATION if from_near else What.FROM_RECEIVER for from_near, _ in reads]
    told = [(kind, 1, data) for kind, (_, data) in zip(kinds, reads, strict=True)]
    assert house.told[1:] == told


def test_the_one_who_calls_may_be_the_receiver() -> None:
    house = House("receiver")
    near, _ = house.near(), house.far()
    near.dataReceived(b"frame")
    assert house.told[-1] == (What.FROM_RECEIVER, 1, b"frame")


@pytest.mark.parametrize("gone", ["near", "far"])
def test_one_side_gone_lets_the_other_go_and_is_told_once(gone: str) -> None:
    house = House()
    near, far = house.near(), house.far()
    left, stays = (near, far) if gone == "near" else (far, near)
    house.lose(left)
    assert stays.transport.calls[-1] == "loseConnection"
    assert stays.transport.producer is None
    house.lose(stays)
    assert [copy[0] for copy in house.told] == [What.OPENED, What.CLOSED]
    assert house.net.getDelayedCalls() == []


def test_whoever_does_not_read_the_last_words_is_cut_off() -> None:
    house = House()
    near, far = house.near(), house.far()
    house.lose(near)
    house.net.advance(LAST_WORDS_SECONDS)
    assert far.transport.calls[-1] == "abortConnection"


def test_a_side_that_has_finished_may_still_hear_the_other() -> None:
    house = House()
    near, far = house.near(), house.far()
    near.readConnectionLost()
    assert far.transport.calls[-1] == "loseWriteConnection"
    far.writeConnectionLost()
    far.dataReceived(b"answer")
    assert near.transport.sent == b"answer"
    far.readConnectionLost()
    assert near.transport.calls[-1] == far.transport.calls[-1] == "loseConnection"


def test_a_call_that_is_not_taken_ends_the_one_that_came() -> None:
    house = House()
    near = house.near()
    house.net.called[-1].clientConnectionFailed(None, DONE)
    assert near.transport.calls[-1] == "loseConnection"
    assert house.told == []
    assert house.said[-1].startswith("receiver: ")


def test_a_caller_that_goes_before_the_other_side_came_ends_it() -> None:
    house = House()
    near = house.near()
    near.readConnectionLost()
    assert near.transport.calls[-1] == "loseConnection"


def test_a_port_that_is_taken_is_tried_again() -> None:
    house = House()
    house.net.taken = 1
    house.through.start()
    assert house.said[-1] == "cannot listen: in use"
    house.net.advance(1)
    assert house.said[-1] == "listening"


def test_there_is_a_most_of_conversations() -> None:
    house = House()
    for _ in range(MOST_CONVERSATIONS):
        house.near()
    assert house.net.factory.buildProtocol(None) is None
    assert house.said[-1] == "too many conversations"


def test_stopping_ends_everything() -> None:
    house = House()
    near, far = house.near(), house.far()
    house.through.stop("signal TERM")
    assert near.transport.calls[-1] == far.transport.calls[-1] == "loseConnection"
    assert house.told[-1] == (What.CLOSED, 1, b"signal TERM")


def test_stopping_before_listening_stops_trying() -> None:
    house = House()
    house.net.taken = 1
    house.through.start()
    house.through.stop("signal TERM")
    assert house.net.getDelayedCalls() == []


def test_bytes_are_passed_first_and_told_of_afterwards() -> None:
    house = House()
    near, far = house.near(), house.far()
    sent_when_told: list[bytes] = []
    near._conversation._tell = lambda *_: sent_when_told.append(far.transport.sent)
    near.dataReceived(b"first")
    assert sent_when_told == [b"first"]
