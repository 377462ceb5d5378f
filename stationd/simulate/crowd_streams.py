"""TCP connections for a crowd: made, made again where they end, and spoiled where asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.internet.protocol import Protocol as StreamProtocol
from twisted.python.failure import Failure

from stationd.simulate.measures import Connections
from stationd.simulate.noise import Noise

__all__ = ["CALL_AGAIN", "Address", "Medium", "Owner", "Reactor", "Standing", "Stream", "call"]

Address = tuple[str, int]
Reactor: TypeAlias = Any
Handle: TypeAlias = Any

CALL_AGAIN = 0.5
"""Seconds until a standing connection that was not made, or ended, is called for again."""

_LATER = 0.03  # seconds until the rest of a cut frame follows


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """What all connections share: the reactor, the time in nanoseconds, counts and noise."""

    reactor: Reactor
    ticks: Callable[[], int]
    connections: Connections
    noise: Noise | None = None


class Owner(Protocol):
    """Who asked for connections, and is told how they go."""

    def opened(self, stream: "Stream") -> None:
        """Take a connection that was made."""

    def received(self, stream: "Stream", data: bytes) -> None:
        """Take what it brought."""

    def lost(self, stream: "Stream") -> None:
        """Take note that it ended."""

    def failed(self) -> None:
        """Take note that none was made."""


class Stream(StreamProtocol):
    """One connection.  What is written goes through the medium's noise if there is any."""

    def __init__(self, owner: Owner, medium: Medium) -> None:
        self._owner = owner
        self._medium = medium
        self._by_us = False
        self._held = b""
        self.heard = bytearray()

    def connectionMade(self) -> None:
        """Begin."""
        transport: Handle = self.transport
        transport.setTcpNoDelay(True)
        self._medium.connections.opened()
        self._owner.opened(self)

    def dataReceived(self, data: bytes) -> None:
        """Hand over what came."""
        self._owner.received(self, data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the owner."""
        self._medium.connections.closed(by_us=self._by_us)
        self._owner.lost(self)

    def send(self, frame: bytes) -> None:
        """Write a frame, or what the noise leaves of it."""
        transport: Handle = self.transport
        if self._medium.noise is None:
            transport.write(frame)
            return
        piece = self._medium.noise.on_stream(frame)
        if self._held:
            # What was cut or held goes first, and this joined behind it.
            self._held += piece.now + piece.later
            return
        transport.write(piece.now)
        self._held = piece.later
        if piece.later:
            self._medium.reactor.callLater(_LATER, self._release)

    def hang_up(self, *, at_once: bool = False) -> None:
        """End it from this side; ``at_once``: what is under way is lost."""
        self._by_us = True
        transport: Handle = self.transport
        if at_once:
            transport.abortConnection()
        else:
            transport.loseConnection()

    def pause(self) -> None:
        """Read no more."""
        transport: Handle = self.transport
        transport.pauseProducing()

    def resume(self) -> None:
        """Read again."""
        transport: Handle = self.transport
        transport.resumeProducing()

    def _release(self) -> None:
        transport: Handle = self.transport
        held, self._held = self._held, b""
        transport.write(held)


class _Calls(ClientFactory):
    noisy = False

    def __init__(self, owner: Owner, medium: Medium) -> None:
        self._owner = owner
        self._medium = medium

    def buildProtocol(self, addr: object) -> Stream:
        return Stream(self._owner, self._medium)

    def clientConnectionFailed(self, connector: object, reason: Failure) -> None:
        self._medium.connections.failed += 1
        self._owner.failed()


def call(medium: Medium, address: Address, owner: Owner) -> None:
    """Make one connection for ``owner``; how long that may take, the kernel says."""
    medium.reactor.connectTCP(*address, _Calls(owner, medium), timeout=None)


class User(Protocol):
    """Who speaks on a standing connection."""

    def begin(self, stream: Stream) -> None:
        """Speak: the connection is there."""

    def received(self, stream: Stream, data: bytes) -> None:
        """Take what it brought."""

    def ended(self) -> None:
        """Take note that it is gone."""


class Standing:
    """A connection that is kept and made again where it ends, unless it was taken away."""

    def __init__(self, medium: Medium, address: Address, user: User) -> None:
        self._medium = medium
        self._address = address
        self._user = user
        self._away = True
        self._calling = False
        self.stream: Stream | None = None

    def open(self) -> None:
        """Be there, from now on."""
        self._away = False
        self._call()

    def close(self, *, at_once: bool = False) -> None:
        """Hang up, and be away."""
        self._away = True
        if self.stream is not None:
            self.stream.hang_up(at_once=at_once)

    def opened(self, stream: Stream) -> None:
        """Take the connection, unless it was taken away meanwhile."""
        self._calling = False
        self.stream = stream
        if self._away:
            stream.hang_up()
        else:
            self._user.begin(stream)

    def received(self, stream: Stream, data: bytes) -> None:
        """Hand over what came."""
        self._user.received(stream, data)

    def lost(self, stream: Stream) -> None:
        """Call again soon."""
        self.stream = None
        self._user.ended()
        self._medium.reactor.callLater(CALL_AGAIN, self._call)

    def failed(self) -> None:
        """Call again soon."""
        self._calling = False
        self._medium.reactor.callLater(CALL_AGAIN, self._call)

    def _call(self) -> None:
        if not self._away and not self._calling and self.stream is None:
            self._calling = True
            call(self._medium, self._address, self)
