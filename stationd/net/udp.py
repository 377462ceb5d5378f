"""The edge where panels send datagrams: one frame each, answered to where it came from."""

import socket
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import DatagramProtocol
from twisted.internet.udp import Port

from stationd.net.exchange import Exchange
from stationd.net.line import Line, Told
from stationd.net.reactor import Call, DatagramTransport, Reactor
from stationd.net.strangers import Reason
from stationd.net.tapping import Tapping
from stationd.net.valve import Valve
from stationd.networks import PRIVATE, Admitted, admitted
from stationd.settings import CalledListener

__all__ = ["MOST_PEERS", "DatagramSessions", "DatagramTap", "UdpEdge"]

LISTEN_AGAIN_SECONDS = 5.0

MOST_PEERS = 4096
"""Peers whose session is remembered; the one heard longest ago is forgotten first."""

LARGEST_DATAGRAM = 65536

RECEIVE_BUFFER = 4 * 2**20
"""Bytes the kernel keeps while we are away, as far as it may: what does not fit is repeated after
seconds.  Its own limit holds some 270 frames, a tenth of a second of a burst."""

READ_SIZE = 16384
"""Bytes of datagrams taken before connections have their turn; Twisted would take 16 times that."""

_Address = tuple[str, int]


class UdpEdge:
    """Listens, and keeps trying where the port is taken.

    ``port`` says which, where it is that of a TCP socket; without it the settings do.
    """

    def __init__(
        self,
        settings: CalledListener,
        line: Line,
        link: Told,
        reactor: Reactor,
        *,
        port: Callable[[], int] | None = None,
    ) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._port = port or (lambda: settings.port)
        self._listening: Any = None
        self._valve: Valve | None = None
        self._retry: Call | None = None

    @property
    def port(self) -> int | None:
        """The port listened on; None while it is not."""
        return None if self._listening is None else int(self._listening.getHost().port)

    def start(self) -> None:
        """Listen, or say why not and try again later."""
        door = admitted(self._settings.admit or PRIVATE)
        kind = DatagramTap if self._line.tap else DatagramSessions
        protocol = kind(self._line, door)
        try:
            self._listening = self._reactor.listenUDP(
                self._port(),
                protocol,
                interface=self._settings.address,
                maxPacketSize=LARGEST_DATAGRAM,
            )
        except CannotListenError as error:
            self._link.down(f"cannot listen: {error.socketError}")
            self._retry = self._reactor.callLater(LISTEN_AGAIN_SECONDS, self.start)
            return
        if isinstance(self._listening, Port):
            self._listening.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        self._listening.maxThroughput = READ_SIZE
        self._valve = Valve(
            pause=self._listening.pauseProducing, resume=self._listening.resumeProducing
        )
        self._line.intake.committer.add(self._valve)
        self._link.up("listening")

    def stop_reading(self) -> None:
        """Take no more datagrams; answers still go out."""
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._valve is not None:
            self._valve.close("stop")

    def hang_up(self, cause: str) -> None:
        """Close the socket."""
        if self._listening is not None:
            self._listening.stopListening()


class DatagramSessions(DatagramProtocol):
    """A session for each address that has sent something, in bounded number."""

    def __init__(self, line: Line, door: Admitted | None = None) -> None:
        self._line = line
        self._door = door
        self._peers: OrderedDict[_Address, Exchange] = OrderedDict()

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:  # noqa: ANN401  (Twisted's)
        """Hand the datagram to its peer's session."""
        exchange = self._peers.get(addr)
        if exchange is None:
            if not _is_let_in(self._line, self._door, addr[0]):
                return
            exchange = self._open(addr)
        else:
            self._peers.move_to_end(addr)
        exchange.receive_whole(datagram)

    def _open(self, address: _Address) -> Exchange:
        host, port = address[0], address[1]
        transport = cast("DatagramTransport", self.transport)
        exchange = Exchange(
            self._line.open(),
            self._line.intake,
            self._line.intake.peer(f"{host}:{port}", host),
            send=lambda data: _send(transport, data, address),
            hang_up=lambda _: None,
        )
        self._peers[address] = exchange
        if len(self._peers) > MOST_PEERS:
            self._peers.popitem(last=False)
        return exchange


def _is_let_in(line: Line, door: Admitted | None, host: str) -> bool:
    """Tell whether datagrams of ``host`` are heard; where not, this one is counted."""
    if door is None or door.takes(host):
        return True
    line.intake.refuse(host, Reason.NOT_ADMITTED)
    return False


def _send(transport: DatagramTransport, data: bytes, address: _Address) -> None:
    # What cannot be sent is silence: the panel sends its frame again.
    with suppress(OSError):
        transport.write(data, address)


class DatagramTap(DatagramProtocol):
    """Copies of datagrams; the transport is not kept, so there is nothing to answer with."""

    def __init__(self, line: Line, door: Admitted | None = None) -> None:
        self._line = line
        self._door = door
        self._peers: OrderedDict[_Address, Tapping] = OrderedDict()

    def makeConnection(self, transport: Any) -> None:  # noqa: ANN401  (Twisted's)
        """Begin, and forget the transport: a tap must not be able to speak."""

    def datagramReceived(self, datagram: bytes, addr: Any) -> None:  # noqa: ANN401  (Twisted's)
        """Hand the datagram to its peer's session."""
        tapping = self._peers.get(addr)
        if tapping is None:
            if not _is_let_in(self._line, self._door, addr[0]):
                return
            peer = self._line.intake.peer(f"{addr[0]}:{addr[1]}", addr[0])
            tapping = self._peers[addr] = Tapping(self._line.open(), self._line.intake, peer)
            if len(self._peers) > MOST_PEERS:
                self._peers.popitem(last=False)
        tapping.receive_whole(datagram)
