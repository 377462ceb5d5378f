"""Copies are handed over in order whenever somebody takes them, and kept until committed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from stationd.clock import SetClock
from stationd.net.handing import AGAIN_SECONDS, Handing
from stationd.relaying.buffer import CopyBuffer
from stationd.relaying.wire import Copy, CopyReader, Hello, What, encode_number

DONE = Failure(ConnectionDone())


class Net(Clock):
    """A reactor that remembers whom we called."""

    def __init__(self) -> None:
        super().__init__()
        self.factories: list[Any] = []

    def connectUNIX(self, path: str, factory: Any, timeout: float) -> None:
        self.factories.append(factory)


class House:
    """A relay's hand and whoever may take from it."""

    def __init__(self, limit: int = 10_000) -> None:
        self.net = Net()
        self.handing = Handing(
            "line", Path("line.socket"), CopyBuffer(limit), relay=bytes(16), reactor=self.net,
            clock=SetClock(datetime(2026, 1, 1, tzinfo=UTC)),
        )  # fmt: skip
        self.handing.start()

    def take(self) -> Any:
        protocol = self.net.factories[-1].buildProtocol(None)
        protocol.makeConnection(StringTransport())
        return protocol

    def tell(self, raw: bytes) -> None:
        self.handing.tell(What.FROM_RECEIVER, 1, raw)


def heard(protocol: Any) -> list[Copy]:
    return CopyReader().receive(protocol.transport.value())


def test_the_first_words_say_who_and_what_waits_follows() -> None:
    house = House()
    house.tell(b"one")
    taker = house.take()
    house.tell(b"two")
    hello, *copies = heard(taker)
    assert Hello.decode(hello.raw) == Hello(line="line", relay=bytes(16), again=0)
    assert [copy.raw for copy in copies] == [b"one", b"two"]
    assert house.handing.connected


def test_what_was_not_confirmed_comes_again_and_that_is_said() -> None:
    house = House()
    for raw in (b"one", b"two"):
        house.tell(raw)
    taker = house.take()
    taker.dataReceived(encode_number(1)[:3])
    taker.dataReceived(encode_number(1)[3:])
    assert house.handing.waiting == 1
    taker.connectionLost(DONE)
    assert not house.handing.connected
    house.net.advance(AGAIN_SECONDS)
    hello, *copies = heard(house.take())
    assert Hello.decode(hello.raw).again == 1
    assert [copy.raw for copy in copies] == [b"two"]


def test_a_slow_taker_is_not_pressed() -> None:
    house = House()
    taker = house.take()
    taker.pauseProducing()
    house.tell(b"one")
    assert len(heard(taker)) == 1
    taker.resumeProducing()
    assert len(heard(taker)) == 2
    taker.stopProducing()
    house.tell(b"two")
    assert len(heard(taker)) == 2


def test_a_call_nobody_takes_is_made_again() -> None:
    house = House()
    house.net.factories[-1].clientConnectionFailed(None, DONE)
    house.net.advance(AGAIN_SECONDS)
    assert len(house.net.factories) == 2


def test_a_count_of_what_was_lost_is_told_once_there_is_room() -> None:
    house = House(limit=300)
    for number in range(9):
        house.tell(b"%d" % number)
    taker = house.take()
    taker.dataReceived(encode_number(9))
    assert heard(taker)[-1].what is What.HOLE


def test_stopping_calls_no_more() -> None:
    house = House()
    taker = house.take()
    house.handing.stop()
    assert taker.transport.disconnecting
    taker.connectionLost(DONE)
    assert house.net.getDelayedCalls() == []


def test_stopping_while_nobody_is_there_calls_no_more() -> None:
    house = House()
    house.net.factories[-1].clientConnectionFailed(None, DONE)
    house.handing.stop()
    assert house.net.getDelayedCalls() == []
