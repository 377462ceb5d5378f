"""The Twisted protocols of a stream: one that answers, and one that cannot.

Bytes in, events to the intake; answers out after the commit.  No rule is here.
"""

import socket
from collections.abc import Callable
from typing import Any, cast

from twisted.internet.error import ConnectionAborted
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.tcp import Connection
from twisted.python.failure import Failure

from receivers.events import Fault
from receivers.session import Poll
from stationd.net.exchange import MOST_NOISE, Exchange
from stationd.net.line import Line
from stationd.net.reactor import Call, Delays, StreamTransport
from stationd.net.tapping import Tapping
from stationd.net.valve import Valve

__all__ = [
    "Edge",
    "SessionProtocol",
    "Silence",
    "StreamProtocol",
    "TapProtocol",
    "make_protocol",
    "tune",
]

SEND_BUFFER = 65536
"""Bytes of answers the kernel holds for a peer that does not read; its own limit is megabytes."""

READ_SIZE = 16384
"""Bytes taken from a connection before the others have their turn."""

LAST_WORDS_SECONDS = 5.0
"""How long a peer may take to read what was written before a hang-up, until it is cut off."""


class Edge:
    """Who made a protocol, and is told how its connection goes."""

    def made(self, protocol: "StreamProtocol") -> None:
        """Take note that a connection was made."""

    def lost(self, protocol: "StreamProtocol", cause: str, unacknowledged: int) -> None:
        """Take note that a connection ended, and how many events it leaves unacknowledged."""


class Silence:
    """Does something once the line has been silent for a while: cut what is unfinished, or ask."""

    def __init__(self, reactor: Delays, seconds: float, cut: Callable[[], None]) -> None:
        self._reactor = reactor
        self._seconds = seconds
        self._cut = cut
        self._call: Call | None = None

    def heard(self) -> None:
        """Count the silence from now."""
        if self._call is not None and self._call.active():
            self._call.reset(self._seconds)
        else:
            self._call = self._reactor.callLater(self._seconds, self._cut)

    def stop(self) -> None:
        """Count no more."""
        if self._call is not None and self._call.active():
            self._call.cancel()


class StreamProtocol(Protocol):
    """What both have: a valve, the cut after a silence, and an edge that is told."""

    peer: str
    cut_off: bool = False
    """Whether it did not read, and was cut off with answers that it never got."""

    _valve: Valve
    _exchange: Exchange | Tapping

    def __init__(
        self,
        line: Line,
        edge: Edge,
        reactor: Delays,
        *,
        name: tuple[str, str],
        serial: bool,
    ) -> None:
        self._line = line
        self._edge = edge
        self._reactor = reactor
        self._peer = line.intake.peer(*name)
        self.peer = self._peer.name
        self._serial = serial
        self._silences: list[Silence] = []
        self._cause = ""

    @property
    def host(self) -> str:
        """Where it comes from, as limits take it."""
        return self._peer.host

    @property
    def since(self) -> int:
        """The ticks when it was made."""
        return self._peer.since

    @property
    def heard(self) -> int | None:
        """The ticks of its last good signal of a known account; None: there was none."""
        return self._peer.heard

    def begin(self, exchange: Exchange | Tapping, valve: Valve) -> None:
        """Begin to receive: called by `makeConnection` of each kind."""
        self._exchange = exchange
        self._valve = valve
        spec, options = self._line.spec, self._line.conversation.options
        gap = spec.gap(options)
        if gap is None and self._serial:
            gap = spec.silence
        if gap is not None:
            self._silences.append(Silence(self._reactor, gap, exchange.cut))
        self._line.intake.committer.add(valve)
        self._edge.made(self)

    def dataReceived(self, data: bytes) -> None:
        """Hand on what was read."""
        self._exchange.receive(data)
        for silence in self._silences:
            silence.heard()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Submit what was left unfinished, and remember that nobody is left to answer."""
        for silence in self._silences:
            silence.stop()
        self._line.intake.committer.remove(self._valve)
        unacknowledged = self.unacknowledged()
        self._exchange.cut()
        self._edge.lost(self, self._cause or reason.getErrorMessage(), unacknowledged)

    def unacknowledged(self) -> int:
        """Return how many events have no answer."""
        return 0

    def stop_reading(self) -> None:
        """Read no more, and submit what was left unfinished: we stop."""
        if not self._cause:  # a connection that is ending is not read any more
            self._valve.close("stop")
            self._exchange.cut()

    def hang_up(self, cause: str) -> None:
        """End the connection."""
        self._cause = cause
        self._line.intake.committer.remove(self._valve)


class SessionProtocol(StreamProtocol):
    """A conversation with a receiver or panel that waits for our answers.

    A peer that never reads what we write is cut off: the transport tells its producer (us) to
    pause when its buffer is full, and there is nothing here that could wait.
    """

    _exchange: Exchange
    _direct: Callable[[bytes], int] | None = None
    _last_words: Call | None = None

    def connectionMade(self) -> None:
        """Open the exchange."""
        transport = self._transport
        transport.registerProducer(self, True)  # noqa: FBT003  (streaming)
        if isinstance(transport, Connection):
            # Under TLS the transport is none of these: the socket must not see plain bytes.
            self._direct = transport.socket.send
            tune(transport)
        valve = Valve(pause=self._pause_reading, resume=transport.resumeProducing)
        exchange = Exchange(
            self._line.open(),
            self._line.intake,
            self._peer,
            send=self._send,
            hang_up=self._give_up,
            hang_up_on=self._line.spec.hang_up_on | {Fault.FOREIGN},
            most_noise=self._most_noise(),
            valve=valve,
        )
        self.begin(exchange, valve)
        poll = self._line.spec.poll(self._line.conversation.options)
        if poll is not None:
            self._ask(poll)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Answer no more."""
        self._exchange.close()
        if self._last_words is not None and self._last_words.active():
            self._last_words.cancel()
        super().connectionLost(reason)

    def unacknowledged(self) -> int:
        """Return how many events have no answer."""
        return self._exchange.unacknowledged

    def hang_up(self, cause: str) -> None:
        """End the connection once what was written is sent, or soon if it is not taken."""
        if self._cause:
            return
        super().hang_up(cause)
        self._exchange.close()
        self._transport.unregisterProducer()
        self._transport.loseConnection()
        if not self._serial:
            self._last_words = self._reactor.callLater(
                LAST_WORDS_SECONDS, self._transport.abortConnection
            )

    def pauseProducing(self) -> None:
        """Cut the peer off: it does not read, and what waits for it is as much as it may be."""
        self.cut_off = True
        self._cause = self._cause or "does not read our answers"
        self._exchange.close()
        if self._serial:
            # A serial port knows no abort, and what it holds back would never be sent.
            self._transport.connectionLost(Failure(ConnectionAborted()))
        else:
            self._transport.abortConnection()

    def resumeProducing(self) -> None:
        """Nothing: it was never paused, but cut off."""

    def stopProducing(self) -> None:
        """Nothing: the connection is ending."""

    @property
    def _transport(self) -> StreamTransport:
        return cast("StreamTransport", self.transport)

    def _send(self, data: bytes) -> None:
        # Twisted would wait for the next turn of the reactor and ask the kernel twice whether it
        # may write.  It nearly always may; once it may not, its buffer is used from then on.
        if self._direct is not None:
            try:
                sent = self._direct(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._direct = None
                return  # gone: the reactor finds out by reading
            if sent == len(data):
                return
            self._direct = None
            data = data[sent:]
        self._transport.write(data)

    def _most_noise(self) -> int:
        # Some receivers' frames may be set to be longer than any that we know.
        longest = self._line.conversation.options.get("limit", 0)
        return max(MOST_NOISE, 2 * longest if isinstance(longest, int) else 0)

    def _give_up(self, cause: str) -> None:
        # A serial line cannot be hung up: it stays silent until the receiver repeats.
        if not self._serial:
            self.hang_up(cause)

    def _pause_reading(self) -> None:
        self._exchange.pause()
        self._transport.pauseProducing()

    def _ask(self, poll: Poll) -> None:
        """Ask the receiver after each silence; the first begins now."""

        def ask() -> None:
            if not self._cause:
                self._send(poll.data)
                silence.heard()

        silence = Silence(self._reactor, poll.every, ask)
        silence.heard()
        self._silences.append(silence)


class TapProtocol(StreamProtocol):
    """A copy of somebody else's conversation.

    There is nothing here to write with: the transport is not kept, only how to stop reading from
    it and how to close it.
    """

    _exchange: Tapping
    _close: Callable[[], object]

    def makeConnection(self, transport: Any) -> None:  # noqa: ANN401  (Twisted's)
        """Begin, and forget the transport: a tap must not be able to speak."""
        self._close = transport.loseConnection
        valve = Valve(pause=transport.pauseProducing, resume=transport.resumeProducing)
        self.begin(Tapping(self._line.open(), self._line.intake, self._peer), valve)

    def hang_up(self, cause: str) -> None:
        """End the connection."""
        super().hang_up(cause)
        self._close()


def tune(transport: Connection) -> None:
    """Bound what the kernel holds and what is read at once, and find out who is gone."""
    transport.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    transport.setTcpKeepAlive(True)
    transport.bufferSize = READ_SIZE


def make_protocol(
    line: Line, edge: Edge, reactor: Delays, *, name: tuple[str, str], serial: bool = False
) -> StreamProtocol:
    """Return the protocol of ``line``'s mode; ``name`` is the peer's name and host."""
    kind = TapProtocol if line.tap else SessionProtocol
    return kind(line, edge, reactor, name=name, serial=serial)
