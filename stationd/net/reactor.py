"""What the edges use of Twisted's reactor and transports, as types.

Twisted describes them as interfaces that a type checker cannot follow; these say the same.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.python.failure import Failure

__all__ = ["Call", "DatagramTransport", "Delays", "Reactor", "StreamTransport", "Threads"]


class Call(Protocol):
    """A call that waits for its time."""

    def cancel(self) -> None:
        """Forget it."""

    def active(self) -> bool:
        """Tell whether it still waits."""

    def reset(self, seconds: float, /) -> None:
        """Let it wait ``seconds`` from now."""


class Delays(Protocol):
    """What calls later."""

    @property
    def callLater(self) -> Callable[..., Any]:
        """Call something after some seconds; returns a `Call`."""


class Threads(Protocol):
    """What takes calls from other threads."""

    @property
    def callFromThread(self) -> Callable[..., object]:
        """Call something in the reactor's thread, soon."""


class Reactor(Delays, Threads, Protocol):
    """The whole of it: time, threads and sockets."""

    @property
    def listenTCP(self) -> Callable[..., Any]:
        """Listen for connections."""

    @property
    def connectTCP(self) -> Callable[..., Any]:
        """Make a connection."""

    @property
    def listenUDP(self) -> Callable[..., Any]:
        """Listen for datagrams."""


class StreamTransport(Protocol):
    """A connection or a serial line."""

    def write(self, data: bytes, /) -> None:
        """Send ``data``."""

    def loseConnection(self) -> None:
        """Close once what was written is sent."""

    def abortConnection(self) -> None:
        """Close at once; serial lines have no such thing."""

    def connectionLost(self, reason: Failure, /) -> None:
        """Take the connection as ended."""

    def pauseProducing(self) -> None:
        """Read no more for now."""

    def resumeProducing(self) -> None:
        """Read again."""

    def registerProducer(self, producer: object, streaming: bool, /) -> None:  # noqa: FBT001
        """Tell ``producer`` when too much waits to be sent."""

    def unregisterProducer(self) -> None:
        """Tell it no more."""


class DatagramTransport(Protocol):
    """A UDP socket."""

    def write(self, datagram: bytes, address: tuple[str, int], /) -> None:
        """Send a datagram."""
