"""The edge where receivers and panels call in over TCP."""

from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger

from stationd.journal.model import Kind
from stationd.net.line import Line, Link
from stationd.net.protocols import Edge, StreamProtocol, make_protocol
from stationd.net.reactor import Call, Reactor
from stationd.settings import TcpListener

__all__ = ["TcpEdge"]

LISTEN_AGAIN_SECONDS = 5.0

BACKLOG = 4096
"""Calls that may wait to be taken, as far as the kernel lets them.

Whoever finds no room calls again after a second, and then after two more.
"""


class TcpEdge(Edge):
    """Listens, keeps trying where the port is taken, and takes no more callers than it may."""

    _log = Logger()

    def __init__(self, settings: TcpListener, line: Line, link: Link, reactor: Reactor) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._listening: Any = None
        self._retry: Call | None = None
        self._connections: set[StreamProtocol] = set()
        self._crowded = False

    @property
    def port(self) -> int | None:
        """The port listened on; None while it is not."""
        return None if self._listening is None else int(self._listening.getHost().port)

    def start(self) -> None:
        """Listen, or say why not and try again later."""
        factory = _Factory(self)
        try:
            self._listening = self._reactor.listenTCP(
                self._settings.port, factory, backlog=BACKLOG, interface=self._settings.address
            )
        except CannotListenError as error:
            self._link.down(f"cannot listen: {error.socketError}")
            self._retry = self._reactor.callLater(LISTEN_AGAIN_SECONDS, self.start)
        else:
            self._link.up("listening")

    def stop_reading(self) -> None:
        """Take no more callers and read no more."""
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._listening is not None:
            self._listening.stopListening()
        for protocol in self._connections:
            protocol.stop_reading()

    def hang_up(self, cause: str) -> None:
        """End every connection."""
        for protocol in list(self._connections):
            protocol.hang_up(cause)

    def call(self, address: Any) -> StreamProtocol | None:  # noqa: ANN401  (Twisted's)
        """Return the protocol for a caller; None: there are as many as there may be."""
        if len(self._connections) >= self._settings.max_connections:
            if not self._crowded:
                self._crowded = True
                self._log.warn(
                    "connections_refused",
                    listener=self._line.name,
                    limit=self._settings.max_connections,
                )
            return None
        name = f"{address.host}:{address.port}"
        return make_protocol(self._line, self, self._reactor, name=(name, address.host))

    def made(self, protocol: StreamProtocol) -> None:
        """Count a caller; a receiver's connection is told of, a panel's is not."""
        self._connections.add(protocol)
        if self._line.spec.heartbeat:
            self._line.intake.link(Kind.LINK_UP, "connection", "connected", peer=protocol.peer)

    def lost(self, protocol: StreamProtocol, cause: str, unacknowledged: int) -> None:
        """Count a caller out; told of for a receiver, and where something is unacknowledged."""
        self._connections.discard(protocol)
        self._crowded = False
        if unacknowledged or protocol.cut_off or self._line.spec.heartbeat:
            self._line.intake.link(
                Kind.LINK_DOWN,
                "connection",
                cause,
                peer=protocol.peer,
                unacknowledged=unacknowledged,
            )


class _Factory(ServerFactory):
    noisy = False

    def __init__(self, edge: TcpEdge) -> None:
        self._edge = edge

    def buildProtocol(self, addr: Any) -> StreamProtocol | None:  # noqa: ANN401
        return self._edge.call(addr)
