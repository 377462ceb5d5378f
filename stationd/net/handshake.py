"""A caller over TLS until its handshake is done; from then on its session's.

Nothing of it is told, opened or kept before that.  It counts as a connection from its first
moment, and has a limited time.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure
from zope.interface import implementer

from stationd.net.protocols import StreamProtocol, tune
from stationd.net.reactor import Call, Delays

__all__ = ["Door", "Handshake"]


class Door:
    """Who lets callers in over TLS, and is told how it goes."""

    def came(self, handshake: "Handshake") -> None:
        """Take note of a connection whose handshake begins."""

    def left(self, handshake: "Handshake", *, failed: bool) -> None:
        """Take note that it ended; ``failed``: before its handshake was done."""


@implementer(IHandshakeListener)
class Handshake(Protocol):
    """One connection: times the handshake, then hands everything to what ``begin`` returns."""

    def __init__(
        self,
        door: Door,
        begin: Callable[[], StreamProtocol],
        reactor: Delays,
        *,
        host: str,
        since: int,
        seconds: float,
    ) -> None:
        self._door = door
        self._begin = begin
        self._reactor = reactor
        self._seconds = seconds
        self._timer: Call | None = None
        self._session: StreamProtocol | None = None
        self._ended = False
        self.host = host
        self.since = since

    @property
    def heard(self) -> int | None:
        """The ticks of its last good signal of a known account; None: there was none."""
        return None if self._session is None else self._session.heard

    def connectionMade(self) -> None:
        """Begin to count the time."""
        _tune(self.transport)
        self._timer = self._reactor.callLater(self._seconds, self._abort)
        self._door.came(self)

    def handshakeCompleted(self) -> None:
        """Open the session: whoever is there may be heard.  Called by Twisted."""
        self._stop_timer()
        self._session = self._begin()
        self._session.makeConnection(self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Hand on what was decrypted; there is nothing before the handshake is done."""
        if self._session is not None:
            self._session.dataReceived(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the session, or that there never was one."""
        self._stop_timer()
        self._door.left(self, failed=self._session is None and not self._ended)
        if self._session is not None:
            self._session.connectionLost(reason)

    def stop_reading(self) -> None:
        """Read no more: we stop.  Nothing is lost of whoever is not heard yet."""
        if self._session is not None:
            self._session.stop_reading()
        else:
            self.hang_up("stop")

    def hang_up(self, cause: str) -> None:
        """End the connection: we stop, or another needs the room."""
        self._ended = True
        if self._session is not None:
            self._session.hang_up(cause)
        else:
            self._abort()

    def _abort(self) -> None:
        self._stop_timer()
        transport: Any = self.transport
        transport.abortConnection()

    def _stop_timer(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()


def _tune(transport: Any) -> None:  # noqa: ANN401  (Twisted's)
    """Set the socket under TLS as that of a plain connection is set."""
    below = getattr(transport, "transport", None)
    if isinstance(below, Connection):
        tune(below)
