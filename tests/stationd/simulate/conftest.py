"""A reactor whose connections lead to a stand-in of the station, which answers when told to."""

import re
from typing import Any

import pytest
from twisted.internet import error
from twisted.internet.defer import succeed
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from stationd.simulate import dc09

FRAME = re.compile(rb'\n[0-9A-F]{8}"[A-Z-]+"([0-9]{4}L0#[0-9A-F]+)\[[^\r]*\r$')
MOST_UNREAD = 100_000


def answers(data: bytearray) -> bytes:
    """Take whole frames of either protocol off ``data``; return what an honest station says."""
    said = b""
    while end := re.search(rb"[\r\x14]", data):
        frame = bytes(data[: end.end()])
        del data[: end.end()]
        match = FRAME.search(frame)
        if frame.endswith(b"\x14"):
            said += b"" if b"\x00" in frame else b"\x06"
        elif match and match[0] == dc09.frame(match[0][9:-1]):
            said += dc09.frame(b'"ACK"%b[]' % match[1])
    return said


class Wire:
    """One connection, or the socket of some panels; who does not read is cut off in the end."""

    def __init__(self, net: "Net", protocol: Any) -> None:
        self.net = net
        self.protocol = protocol
        self.sent: list[bytes] = []
        self.reading = True
        self.open = True
        self.heard = bytearray()
        self.unread = b""

    def write(self, data: bytes, _address: object = None) -> None:
        if not self.open or not data:
            return
        self.sent.append(data)
        if self.net.answering:
            self.heard += data
            self.net.callLater(self.net.delay, self._answer, answers(self.heard))

    def _answer(self, data: bytes) -> None:
        self.unread += data
        if len(self.unread) > MOST_UNREAD:
            self.cut()
        elif self.open and self.reading and self.unread:
            data, self.unread = self.unread, b""
            self._bring(data)

    def _bring(self, data: bytes) -> None:
        if hasattr(self.protocol, "dataReceived"):
            self.protocol.dataReceived(data)
            return
        for answer in re.findall(rb"\n[^\r]*\r", data):
            self.protocol.datagramReceived(answer, None)

    def setTcpNoDelay(self, flag: bool) -> None:
        assert flag

    def pauseProducing(self) -> None:
        self.reading = False

    def resumeProducing(self) -> None:
        self.reading = True
        self.net.callLater(0, self._answer, b"")

    def loseConnection(self) -> None:
        self.net.callLater(0, self.cut)

    def abortConnection(self) -> None:
        self.net.callLater(0, self.cut)

    def stopListening(self) -> None:
        self.open = False

    def cut(self) -> None:
        """End it."""
        if self.open:
            self.open = False
            self.protocol.connectionLost(Failure(ConnectionAbortedError()))


class Net(Clock):
    """The reactor: its clock, its connections, and whether the station answers or lets in."""

    def __init__(self) -> None:
        super().__init__()
        self.answering = True
        self.letting_in = True
        self.delay = 0.01
        self.wires: list[Wire] = []
        self.called: list[int] = []

    def ticks(self) -> int:
        return round(self.seconds() * 1e9)

    def connectTCP(self, _host: str, port: int, factory: Any, timeout: float | None = 0) -> None:
        assert timeout is None
        self.called.append(port)
        if self.letting_in:
            self.callLater(0.001, self._connect, factory)
        else:
            gone = Failure(error.ConnectionRefusedError())
            self.callLater(0.001, factory.clientConnectionFailed, None, gone)

    def _connect(self, factory: Any) -> None:
        protocol = factory.buildProtocol(None)
        wire = Wire(self, protocol)
        self.wires.append(wire)
        protocol.makeConnection(wire)

    def listenUDP(self, _port: int, protocol: Any) -> Wire:
        wire = Wire(self, protocol)
        self.wires.append(wire)
        return wire

    def resolve(self, host: str) -> Any:
        return succeed(host)

    def pass_(self, seconds: float) -> None:
        """Let time pass in small steps."""
        self.pump([0.002] * round(seconds / 0.002))

    def sent(self) -> list[bytes]:
        """Return what was sent on all wires."""
        return [data for wire in self.wires for data in wire.sent]


@pytest.fixture
def net() -> Net:
    return Net()
