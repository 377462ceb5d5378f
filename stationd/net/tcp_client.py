"""The edge that calls a receiver's automation port, and keeps calling."""

from typing import Any

from twisted.internet.protocol import ClientFactory
from twisted.python.failure import Failure

from stationd.net.line import Line, Link
from stationd.net.protocols import Edge, StreamProtocol, make_protocol
from stationd.net.reactor import Call, Reactor
from stationd.settings import TcpClientListener

__all__ = ["TcpClientEdge"]

FIRST_WAIT_SECONDS = 0.5
CALL_SECONDS = 10.0


class TcpClientEdge(Edge):
    """Calls, and calls again with growing waits; the first bytes received make it hopeful anew."""

    port = None

    def __init__(
        self, settings: TcpClientListener, line: Line, link: Link, reactor: Reactor
    ) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._wait = FIRST_WAIT_SECONDS
        self._retry: Call | None = None
        self._connector: Any = None
        self._protocol: StreamProtocol | None = None
        self._stopped = False
        self._name = f"{settings.host}:{settings.port}"

    def start(self) -> None:
        """Call."""
        self._connector = self._reactor.connectTCP(
            self._settings.host, self._settings.port, _Factory(self), timeout=CALL_SECONDS
        )

    def stop_reading(self) -> None:
        """Call no more and read no more."""
        self._stopped = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._protocol is not None:
            self._protocol.stop_reading()
        elif self._connector is not None:
            self._connector.stopConnecting() if self._connector.state == "connecting" else None

    def hang_up(self, cause: str) -> None:
        """End the connection; it is called again unless we stop."""
        if self._protocol is not None:
            self._protocol.hang_up(cause)

    def call(self) -> StreamProtocol:
        """Return the protocol of a new connection."""
        return make_protocol(
            self._line, self, self._reactor, name=(self._name, self._settings.host)
        )

    def made(self, protocol: StreamProtocol) -> None:
        """Say that the receiver took the call."""
        self._protocol = protocol
        self._wait = FIRST_WAIT_SECONDS
        self._link.up("connected", peer=self._name)

    def lost(self, protocol: StreamProtocol, cause: str, unacknowledged: int) -> None:
        """Say that the connection ended, and call again."""
        self._protocol = None
        self._link.down(cause, peer=self._name, unacknowledged=unacknowledged)
        self._later()

    def refused(self, cause: str) -> None:
        """Say that the call was not taken, and call again."""
        self._link.down(cause, peer=self._name)
        self._later()

    def _later(self) -> None:
        if self._stopped:
            return
        self._retry = self._reactor.callLater(self._wait, self.start)
        self._wait = min(self._wait * 2, self._settings.most_wait.total_seconds())


class _Factory(ClientFactory):
    noisy = False

    def __init__(self, edge: TcpClientEdge) -> None:
        self._edge = edge

    def buildProtocol(self, addr: Any) -> StreamProtocol:  # noqa: ANN401
        return self._edge.call()

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:  # noqa: ANN401
        self._edge.refused(reason.getErrorMessage())
