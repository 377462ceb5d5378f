"""The edge where receivers and panels call in over TCP."""

from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Protocol, ServerFactory
from twisted.protocols.tls import TLSMemoryBIOFactory

from stationd.journal.model import Kind
from stationd.net.callers import Callers
from stationd.net.certificates import Certificates
from stationd.net.handshake import Door, Handshake
from stationd.net.line import Line, Told
from stationd.net.protocols import Edge, StreamProtocol, make_protocol
from stationd.net.reactor import Call, Reactor
from stationd.net.strangers import Reason
from stationd.networks import PRIVATE, admitted
from stationd.settings import TcpListener

__all__ = ["TcpEdge"]

LISTEN_AGAIN_SECONDS = 5.0

BACKLOG = 4096
"""Calls that may wait to be taken, as far as the kernel lets them.

Whoever finds no room calls again after a second, and then after two more.
"""


class TcpEdge(Edge, Door):
    """Listens, keeps trying where the port is taken, and takes those callers whom it may.

    With ``certificates`` callers come over TLS, and are somebody once their handshake is done.
    """

    def __init__(
        self,
        settings: TcpListener,
        line: Line,
        link: Told,
        reactor: Reactor,
        *,
        certificates: Certificates | None = None,
    ) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._certificates = certificates
        self._listening: Any = None
        self._retry: Call | None = None
        self._admitted = admitted(settings.admit or PRIVATE)
        self._callers = Callers(
            most=settings.max_connections,
            per_network=settings.max_per_network,
            idle_ns=int(settings.idle_after.total_seconds() * 1e9),
        )
        self._told: set[StreamProtocol] = set()

    @property
    def port(self) -> int | None:
        """The port listened on; None while it is not."""
        return None if self._listening is None else int(self._listening.getHost().port)

    def start(self) -> None:
        """Listen, or say why not and try again later."""
        wrong = "" if self._certificates is None else self._certificates.load_now()
        if wrong:
            self._not_listening(f"cannot listen: {wrong}")
            return
        try:
            self._listening = self._reactor.listenTCP(
                self._settings.port,
                self._factory(),
                backlog=BACKLOG,
                interface=self._settings.address,
            )
        except CannotListenError as error:
            self._not_listening(f"cannot listen: {error.socketError}")
        else:
            self._link.up("listening")

    def look(self) -> None:
        """Do what is due each second: take up a certificate that was renewed."""
        if self._certificates is not None:
            self._certificates.look()

    def stop_reading(self) -> None:
        """Take no more callers and read no more."""
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._listening is not None:
            self._listening.stopListening()
        for caller in self._callers:
            caller.stop_reading()

    def hang_up(self, cause: str) -> None:
        """End every connection."""
        for caller in self._callers:
            caller.hang_up(cause)

    def call(self, address: Any) -> Protocol | None:  # noqa: ANN401  (Twisted's)
        """Return the protocol for a caller; None: it is not admitted, or there is no room."""
        intake, host = self._line.intake, address.host
        if self._admitted is not None and not self._admitted.takes(host):
            intake.refuse(host, Reason.NOT_ADMITTED)
            return None
        if not self._callers.room(host, intake.clock.ticks()):
            intake.refuse(host, Reason.TOO_MANY_CONNECTIONS)
            return None
        name = f"{host}:{address.port}", host
        if self._settings.tls is None:
            return make_protocol(self._line, self, self._reactor, name=name)
        return Handshake(
            self,
            lambda: make_protocol(self._line, self, self._reactor, name=name),
            self._reactor,
            host=host,
            since=intake.clock.ticks(),
            seconds=self._settings.tls.handshake.total_seconds(),
        )

    def came(self, handshake: Handshake) -> None:
        """Count a caller over TLS, from before its handshake."""
        self._callers.add(handshake)

    def left(self, handshake: Handshake, *, failed: bool) -> None:
        """Count it out; a handshake that came to nothing has no entry of its own."""
        self._callers.discard(handshake)
        if failed:
            self._line.intake.refuse(handshake.host, Reason.TLS_HANDSHAKE)

    def made(self, protocol: StreamProtocol) -> None:
        """Count a caller; a receiver's connection is told of, a panel's is not."""
        if self._settings.tls is None:
            self._callers.add(protocol)
        if self._line.spec.heartbeat and self._line.intake.tells_connection(protocol.host):
            self._told.add(protocol)
            self._line.intake.link(Kind.LINK_UP, "connection", "connected", peer=protocol.peer)

    def lost(self, protocol: StreamProtocol, cause: str, unacknowledged: int) -> None:
        """Count a caller out; told of where its coming was, and where something is unanswered."""
        self._callers.discard(protocol)
        if unacknowledged or protocol.cut_off or protocol in self._told:
            self._line.intake.link(
                Kind.LINK_DOWN,
                "connection",
                cause,
                peer=protocol.peer,
                unacknowledged=unacknowledged,
            )
        self._told.discard(protocol)

    def _factory(self) -> Any:  # noqa: ANN401  (Twisted's)
        plain: Any = _Factory(self)
        if self._certificates is None:
            return plain
        certificates: Any = self._certificates
        clock: Any = self._reactor
        return _TlsFactory(certificates, isClient=False, wrappedFactory=plain, clock=clock)

    def _not_listening(self, cause: str) -> None:
        self._link.down(cause)
        self._retry = self._reactor.callLater(LISTEN_AGAIN_SECONDS, self.start)


class _Factory(ServerFactory):
    noisy = False

    def __init__(self, edge: TcpEdge) -> None:
        self._edge = edge

    def buildProtocol(self, addr: Any) -> Protocol | None:  # noqa: ANN401
        return self._edge.call(addr)


class _TlsFactory(TLSMemoryBIOFactory):
    """Twisted's, for callers some of whom are turned away."""

    def buildProtocol(self, addr: Any) -> Any:  # noqa: ANN401
        wrapped = self.wrappedFactory.buildProtocol(addr)
        return None if wrapped is None else self.protocol(self, wrapped)
