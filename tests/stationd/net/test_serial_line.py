"""The serial edge: opened, missed, opened again."""

import os
import termios
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import serial
from twisted.internet.error import ConnectionLost
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from receivers.events import Garbled
from receivers.registry import RECEIVERS
from receivers.session import Conversation
from stationd.journal.model import Kind
from stationd.net import serial_line as module
from stationd.net.line import Link
from stationd.net.serial_line import SerialEdge, open_port, show_parity_errors
from stationd.settings import SerialListener

GONE = Failure(ConnectionLost())


def settings(**changes: Any) -> SerialListener:
    return SerialListener.model_construct(
        **{
            "kind": "serial",
            "name": "line",
            "receiver": "surgard",
            "device": Path("/dev/adapter"),
            "baud": 1200,
            "parity": "even",
            "data_bits": 7,
            "stop_bits": 1,
            "reopen_every": timedelta(seconds=2),
        }
        | changes
    )


class Cable:
    """An adapter that may be pulled."""

    def __init__(self, house: Any) -> None:
        self.plugged = True
        self.protocol: Any = None
        line = house.line()
        self.link = Link(line.intake, lambda: None)
        self.edge = SerialEdge(settings(), line, self.link, house.reactor, self.opened)

    def opened(self, protocol: Any, _settings: Any, _reactor: Any) -> None:
        if not self.plugged:
            raise serial.SerialException(2, "could not open port")
        self.protocol = protocol
        protocol.makeConnection(StringTransport())

    def pull(self) -> None:
        self.plugged = False
        self.protocol.connectionLost(GONE)


@pytest.fixture
def cable(house: Any) -> Cable:
    made = Cable(house)
    made.edge.start()
    return made


def test_an_open_line_is_served(house: Any, cable: Cable) -> None:
    cable.protocol.dataReceived(b"one.")
    house.thread.run_all()
    assert cable.protocol.transport.value() == b"<one.>"
    assert (cable.link.is_up, cable.edge.port) == (True, None)
    assert house.pages.entries(Kind.FRAME)[0].peer == "/dev/adapter"


def test_a_pulled_adapter_is_told_and_looked_for(house: Any, cable: Cable) -> None:
    cable.protocol.dataReceived(b"one.")
    cable.pull()
    assert '"unacknowledged":1' in house.notes(Kind.LINK_DOWN)[0]
    house.reactor.advance(2)
    assert cable.link.cause == "cannot open: No such file or directory"
    cable.plugged = True
    house.reactor.advance(2)
    assert cable.link.is_up is True


def test_a_setting_that_a_port_refuses_is_told(house: Any) -> None:
    cable = Cable(house)

    def opened(*_: object) -> None:
        raise ValueError("not a baud rate of this adapter")

    cable.edge._opened = opened
    cable.edge.start()
    assert cable.link.cause == "cannot open: not a baud rate of this adapter"


def test_stopping_reads_no_more_and_opens_no_more(house: Any, cable: Cable) -> None:
    cable.edge.stop_reading()
    cable.edge.hang_up("stop")
    assert cable.protocol.transport.disconnecting
    cable.pull()
    assert house.reactor.getDelayedCalls() == []


def test_stopping_while_the_adapter_is_away_does_no_harm(house: Any, cable: Cable) -> None:
    cable.pull()
    cable.edge.stop_reading()
    cable.edge.hang_up("stop")
    assert house.reactor.getDelayedCalls() == []


@pytest.fixture
def terminal() -> Iterator[int]:
    """Give the device end of a pseudo terminal."""
    ours, theirs = os.openpty()
    yield theirs
    os.close(ours)
    os.close(theirs)


def test_the_port_is_opened_as_the_settings_say(
    monkeypatch: pytest.MonkeyPatch, terminal: int
) -> None:
    asked: dict[str, object] = {}

    def port(protocol: object, device: str, reactor: object, **options: object) -> Any:
        asked.update(options, device=device)
        return SimpleNamespace(fileno=lambda: terminal)

    monkeypatch.setattr(module, "SerialPort", port)
    open_port(object(), settings(parity="mark", stop_bits=2), object())  # type: ignore[arg-type]
    assert asked == {
        "device": "/dev/adapter",
        "baudrate": 1200,
        "bytesize": 7,
        "parity": "M",
        "stopbits": 2,
    }


@pytest.mark.parametrize(("parity", "checked"), [("even", True), ("odd", True), ("none", False)])
def test_a_byte_of_wrong_parity_is_read_as_nul(parity: str, checked: bool) -> None:
    ours, theirs = os.openpty()
    where = settings(device=Path(os.ttyname(theirs)), parity=parity, baud=9600)
    reactor = SimpleNamespace(addReader=lambda _: None)
    protocol = SimpleNamespace(makeConnection=lambda _: None)
    port = open_port(protocol, where, reactor)  # type: ignore[arg-type]
    flags = termios.tcgetattr(port.fileno())[0]
    assert bool(flags & termios.INPCK) is checked
    assert not flags & (termios.PARMRK | termios.IGNPAR)
    port._serial.close()
    os.close(ours)
    os.close(theirs)


def test_other_flags_of_the_line_stay_as_they_are(terminal: int) -> None:
    before = termios.tcgetattr(terminal)
    before[0] |= termios.PARMRK | termios.IGNPAR | termios.IXON
    termios.tcsetattr(terminal, termios.TCSANOW, before)
    show_parity_errors(terminal)
    after = termios.tcgetattr(terminal)
    assert after[0] == before[0] & ~(termios.PARMRK | termios.IGNPAR) | termios.INPCK
    assert after[1:] == before[1:]


def test_a_frame_with_a_byte_of_wrong_parity_is_damaged() -> None:
    opened = Conversation(
        account=lambda _: None, random=bytes, options={"nak": "damaged"}, memory={}
    )
    session = RECEIVERS["surgard"].open(opened)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    (event,) = session.receive(b"5011 18123\0E13001015\x14", at)
    assert isinstance(event, Garbled)
    assert session.answer(event, at) == b"\x15"
