"""The connections of simulated receivers and panels: Twisted, with no rule in them.

A `Wire` ties a conversation to whatever carries its bytes.  The lines are a pty of our own, a
given serial device, TCP in both directions, and UDP.
"""

import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from twisted.application.internet import ClientService
from twisted.internet import fdesc
from twisted.internet.abstract import FileDescriptor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.error import ConnectError
from twisted.internet.protocol import (
    DatagramProtocol,
    Factory,
    connectionDone,
)
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.internet.serialport import SerialPort
from twisted.python.failure import Failure

__all__ = [
    "CallingLine",
    "DatagramLine",
    "DeviceLine",
    "Line",
    "ListeningLine",
    "PtyLine",
    "Reactor",
    "VisitingLine",
    "Wire",
]

_CALL_AGAIN = 0.5  # seconds between two calls of a server that is not there


class Talker(Protocol):
    """A conversation without a connection: `receiver.Receiver` and `panel.Panel`."""

    @property
    def due(self) -> float | None: ...

    @property
    def idle(self) -> bool: ...

    @property
    def leaves(self) -> bool: ...

    def opened(self, now: float) -> None: ...

    def closed(self) -> None: ...

    def receive(self, data: bytes, now: float) -> bytes: ...

    def tick(self, now: float) -> bytes: ...


# Twisted's reactor and what it makes are zope interfaces, which type checkers cannot follow.
Reactor: TypeAlias = Any
Handle: TypeAlias = Any


class Wire:
    """Carry bytes between a conversation and a line, and wake it when something is due.

    ``loses``: asked for each answer that comes; one that it wants is lost on the way.
    """

    def __init__(
        self, talker: Talker, reactor: Reactor, loses: Callable[[], bool] = lambda: False
    ) -> None:
        self._talker = talker
        self._reactor = reactor
        self._loses = loses
        self._write: Callable[[bytes], object] | None = None
        self._leave: Callable[[], object] | None = None
        self._alarm: Handle = None

    @property
    def open(self) -> bool:
        """A line is there."""
        return self._write is not None

    @property
    def idle(self) -> bool:
        """The conversation has nothing left to send."""
        return self._talker.idle

    def opened(
        self, write: Callable[[bytes], object], leave: Callable[[], object] | None = None
    ) -> None:
        """Begin on a line that takes bytes through ``write``, and can be hung up with ``leave``."""
        self._write = write
        self._leave = leave
        self._talker.opened(self._reactor.seconds())
        self.poke()

    def closed(self) -> None:
        """The line is gone."""
        self._write = None
        self._talker.closed()
        self._rearm()

    def received(self, data: bytes) -> None:
        """Hand over what came."""
        if not self._loses():
            self._send(self._talker.receive(data, self._reactor.seconds()))

    def poke(self) -> None:
        """Do what is due; called after something was put into the conversation's buffer."""
        self._send(self._talker.tick(self._reactor.seconds()))

    def _send(self, data: bytes) -> None:
        if data and self._write is not None:
            self._write(data)
        self._rearm()
        if self._leave is not None and self._write is not None and self._talker.leaves:
            self._leave()

    def _rearm(self) -> None:
        if self._alarm is not None and self._alarm.active():
            self._alarm.cancel()
        self._alarm = None
        due = self._talker.due
        if due is not None and self._write is not None:
            wait = max(0.0, due - self._reactor.seconds())
            self._alarm = self._reactor.callLater(wait, self.poke)


class Line(Protocol):
    """What carries one wire: it can be opened, closed, and opened again.

    Both may return a Deferred, which fires when it is done.
    """

    def open(self) -> object:
        """Make the line ready for its peer."""

    def close(self) -> object:
        """Take the line away."""


class _Stream(StreamProtocol):
    """A stream's bytes to its wire, and back."""

    def __init__(
        self,
        wire: Wire,
        leave: Callable[[], None] | None = None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._wire = wire
        self._leave = leave
        self._lost = lost

    def connectionMade(self) -> None:
        """Begin, unless another connection has the wire: a receiver talks to one automation."""
        transport: Handle = self.transport
        if self._wire.open:
            transport.loseConnection()
        else:
            self._mine = True
            self._wire.opened(transport.write, self._leave)

    def dataReceived(self, data: bytes) -> None:
        """Hand over what came."""
        if self._mine:
            self._wire.received(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the wire."""
        if self._mine:
            self._wire.closed()
            self._lost()

    _mine = False


class CallingLine:
    """Call a TCP server, and keep calling."""

    def __init__(self, wire: Wire, reactor: Reactor, host: str, port: int) -> None:
        endpoint: Handle = TCP4ClientEndpoint(reactor, host, port, timeout=5)
        factory: Handle = Factory.forProtocol(lambda: _Stream(wire))
        factory.noisy = False
        self._make = lambda: ClientService(
            endpoint, factory, retryPolicy=lambda _attempts: _CALL_AGAIN, clock=reactor
        )
        self._service: ClientService | None = None

    def open(self) -> None:
        """Begin to call."""
        self._service = self._make()
        self._service.startService()

    def close(self) -> object:
        """Hang up and call no more."""
        service, self._service = self._service, None
        return None if service is None else service.stopService()


class ListeningLine:
    """Wait for the automation to call; ``port`` 0 chooses one, which `port` then tells."""

    def __init__(self, wire: Wire, reactor: Reactor, host: str, port: int) -> None:
        self.port = port
        self._reactor = reactor
        self._host = host
        self._streams: list[_Stream] = []
        self._wire = wire
        self._listening: Handle = None

    def open(self) -> Deferred[None]:
        """Listen; the Deferred fires when the port is bound."""
        endpoint = TCP4ServerEndpoint(self._reactor, self.port, interface=self._host)
        factory = Factory.forProtocol(self._stream)
        factory.noisy = False
        listening: Deferred[None] = endpoint.listen(factory).addCallback(self._bound)
        return listening

    def close(self) -> object:
        """Hang up and listen no more."""
        for stream in self._streams:
            if stream.transport is not None:
                stream.transport.abortConnection()
        self._streams.clear()
        listening, self._listening = self._listening, None
        return None if listening is None else listening.stopListening()

    def _stream(self) -> _Stream:
        self._streams.append(_Stream(self._wire))
        return self._streams[-1]

    def _bound(self, listening: Handle) -> None:
        self._listening = listening
        self.port = listening.getHost().port


class VisitingLine:
    """Connect when there is something to send, hang up when it is acknowledged."""

    def __init__(self, wire: Wire, reactor: Reactor, host: str, port: int) -> None:
        self._wire = wire
        self._endpoint = TCP4ClientEndpoint(reactor, host, port, timeout=5)
        self._reactor = reactor
        self._open = False
        self._calling = False
        self._stream: _Stream | None = None

    def open(self) -> None:
        """Allow visits."""
        self._open = True
        self.poke()

    def close(self) -> None:
        """Hang up, and visit no more."""
        self._open = False
        self._leave()

    def poke(self) -> None:
        """Connect, if there is something to send."""
        if self._open and not self._calling and not self._wire.open and not self._wire.idle:
            self._calling = True
            factory: Handle = Factory.forProtocol(
                lambda: _Stream(self._wire, self._leave, self._lost)
            )
            factory.noisy = False
            self._endpoint.connect(factory).addCallbacks(self._connected, self._failed)

    def _connected(self, stream: _Stream) -> None:
        self._calling = False
        self._stream = stream
        if not self._open:
            self._leave()

    def _failed(self, failure: Failure) -> None:
        failure.trap(ConnectError)
        self._calling = False
        self._lost()

    def _lost(self) -> None:
        # What happened while the connection was on its way out was not sent: come again.
        self._reactor.callLater(_CALL_AGAIN, self.poke)

    def _leave(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None and stream.transport is not None:
            transport: Handle = stream.transport
            transport.loseConnection()


class _Datagrams(DatagramProtocol):
    """One panel's datagrams, to and from one address.

    The socket is not connected: Twisted would close a connected one when nobody listens over
    there, and that is only silence.
    """

    def __init__(self, wire: Wire, address: tuple[str, int]) -> None:
        self._wire = wire
        self._address = address

    def startProtocol(self) -> None:
        """Begin."""
        transport: Handle = self.transport
        self._wire.opened(lambda data: transport.write(data, self._address))

    def stopProtocol(self) -> None:
        """Tell the wire."""
        self._wire.closed()

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        """Hand over what came, unless another sender sent it."""
        if addr == self._address:
            self._wire.received(datagram)


class DatagramLine:
    """Send datagrams to one address."""

    def __init__(self, wire: Wire, reactor: Reactor, host: str, port: int) -> None:
        self._wire = wire
        self._reactor = reactor
        self._host = host
        self._far_port = port
        self._port: Handle = None

    def open(self) -> object:
        """Find the address of the host and take a port of our own."""
        return self._reactor.resolve(self._host).addCallback(self._found)

    def close(self) -> object:
        """Give the port back."""
        port, self._port = self._port, None
        return None if port is None else port.stopListening()

    def _found(self, host: str) -> None:
        datagrams = _Datagrams(self._wire, (host, self._far_port))
        self._port = self._reactor.listenUDP(0, datagrams)


class DeviceLine:
    """A serial device of the machine."""

    def __init__(self, wire: Wire, reactor: Reactor, device: str, baud: int) -> None:
        self._make: Callable[[], Handle] = lambda: SerialPort(
            _Stream(wire), device, reactor, baudrate=baud
        )
        self._port: Handle = None

    def open(self) -> None:
        """Open the device."""
        self._port = self._make()

    def close(self) -> None:
        """Close the device."""
        port: Handle = self._port
        self._port = None
        if port is not None:
            port.loseConnection()


class _Pty(FileDescriptor):
    """The far end of a pty, in the reactor's hands."""

    def __init__(self, fd: int, wire: Wire, reactor: Reactor) -> None:
        super().__init__(reactor)
        self._fd = fd
        self._wire = wire
        fdesc.setNonBlocking(fd)
        self.connected = True
        wire.opened(self.write)
        self.startReading()

    def fileno(self) -> int:
        return self._fd

    def doRead(self) -> object:
        return fdesc.readFromFD(self._fd, self._wire.received)

    def writeSomeData(self, data: bytes) -> int | BaseException:
        written: int | BaseException = fdesc.writeToFD(self._fd, data)
        return written

    def connectionLost(self, reason: Failure) -> None:
        super().connectionLost(reason)
        self._wire.closed()
        os.close(self._fd)


class PtyLine:
    """A serial line of our own making: the daemon opens ``link``, we hold the other end.

    Closing it is what pulling a USB adapter looks like; opening it again makes a new device under
    the same link.
    """

    def __init__(self, wire: Wire, reactor: Reactor, link: Path) -> None:
        self._wire = wire
        self._reactor = reactor
        self._link = link
        self._pty: _Pty | None = None
        self._near: int | None = None

    def open(self) -> None:
        """Make the pty and point the link at it."""
        far, near = os.openpty()
        tty.setraw(near)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(near))
        fresh.replace(self._link)
        # Our own hold on the near end keeps the far end readable while nobody has it open.
        self._near = near
        self._pty = _Pty(far, self._wire, self._reactor)

    def close(self) -> None:
        """Pull the line."""
        pty, self._pty = self._pty, None
        near, self._near = self._near, None
        with contextlib.suppress(FileNotFoundError):
            self._link.unlink()
        if near is not None:
            os.close(near)
        if pty is not None:
            pty.stopReading()
            pty.connectionLost(Failure(ConnectionAbortedError("the line was pulled")))
