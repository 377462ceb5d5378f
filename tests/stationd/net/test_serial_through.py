"""Two devices are opened together, joined, and let go of together."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationd.net.passing import LAST_WORDS_SECONDS
from stationd.net.serial_through import SerialThrough, open_device
from stationd.relaying.wire import What
from stationd.settings import SerialPair

PAIR = SerialPair(
    kind="serial", receiver_device="/dev/rx", automation_device="/dev/auto", reopen_every="2s"
)


class Port:
    """A serial port: it can neither abort nor name a peer."""

    def __init__(self, side: Any) -> None:
        self.side = side
        self.sent = b""
        self.connected = True
        self.closing = False
        side.makeConnection(self)

    def write(self, data: bytes) -> None:
        self.sent += data

    def loseConnection(self) -> None:
        self.closing = True

    def connectionLost(self, reason: Failure) -> None:
        self.connected = False
        self.side.connectionLost(reason)

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...

    def registerProducer(self, producer: object, streaming: bool) -> None: ...

    def unregisterProducer(self) -> None: ...


class House:
    """A serial line, whose devices may be missing."""

    def __init__(self, *, passes: bool = True) -> None:
        self.clock = Clock()
        self.missing: set[str] = set()
        self.ports: dict[str, Port] = {}
        self.told: list[tuple[What, int, bytes]] = []
        self.said: list[str] = []
        self.through = SerialThrough(
            PAIR, passes=passes, tell=lambda *copy: self.told.append(copy),
            said=self.said.append, reactor=self.clock, opened=self.opened,
        )  # fmt: skip
        self.through.start()

    def opened(self, side: Any, device: str, pair: SerialPair, reactor: Any) -> None:
        if device in self.missing:
            raise FileNotFoundError(2, "missing", device)
        self.ports[device] = Port(side)


def test_bytes_go_through_in_both_directions() -> None:
    house = House()
    receiver, automation = house.ports["/dev/rx"], house.ports["/dev/auto"]
    receiver.side.dataReceived(b"frame")
    automation.side.dataReceived(b"\x06")
    assert (automation.sent, receiver.sent) == (b"frame", b"\x06")
    assert house.told == [
        (What.OPENED, 1, b"/dev/rx"),
        (What.FROM_RECEIVER, 1, b"frame"),
        (What.FROM_AUTOMATION, 1, b"\x06"),
    ]
    assert house.said == ["open"]
    assert house.through.port is None


def test_two_wires_are_only_listened_to() -> None:
    house = House(passes=False)
    house.ports["/dev/rx"].side.dataReceived(b"frame")
    assert house.ports["/dev/auto"].sent == b""
    assert house.told[-1] == (What.FROM_RECEIVER, 1, b"frame")


def test_a_device_that_is_pulled_lets_the_other_go_and_both_are_opened_again() -> None:
    house = House()
    house.missing = {"/dev/auto"}
    house.ports["/dev/auto"].connectionLost(Failure(ConnectionDone()))
    receiver = house.ports["/dev/rx"]
    assert receiver.closing
    house.clock.advance(2)
    assert house.said[-1] == "cannot open: No such file or directory: /dev/auto"
    assert house.ports["/dev/rx"].closing
    house.missing = set()
    house.clock.advance(2)
    assert house.said[-1] == "open"


def test_a_port_that_does_not_close_is_taken_as_closed() -> None:
    house = House()
    house.ports["/dev/auto"].connectionLost(Failure(ConnectionDone()))
    receiver = house.ports["/dev/rx"]
    house.through.stop("signal TERM")
    house.clock.advance(LAST_WORDS_SECONDS)
    assert not receiver.connected


def test_stopping_opens_no_more() -> None:
    house = House()
    house.through.stop("signal TERM")
    for port in house.ports.values():
        port.connectionLost(Failure(ConnectionDone()))
    house.clock.advance(10)
    assert house.said == ["open", "signal TERM"]


def test_stopping_while_waiting_opens_no_more() -> None:
    house = House()
    house.ports["/dev/rx"].connectionLost(Failure(ConnectionDone()))
    house.through.stop("signal TERM")
    house.clock.advance(timedelta(minutes=1).total_seconds())
    assert house.said[-1] != "open"


def test_a_device_that_is_not_there_cannot_be_opened() -> None:
    with pytest.raises(OSError, match="No such file"):
        open_device(SimpleNamespace(), "/dev/none", PAIR, Clock())  # type: ignore[arg-type]
