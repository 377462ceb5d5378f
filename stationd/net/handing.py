"""Handing copies to `stationd` over a local socket, and keeping them until they are committed."""

from pathlib import Path
from typing import Any

from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from stationd.clock import Clock
from stationd.net.reactor import Call
from stationd.relaying.buffer import CopyBuffer
from stationd.relaying.wire import Copy, Hello, NumberReader, What, encode_copy

__all__ = ["AGAIN_SECONDS", "Handing"]

AGAIN_SECONDS = 0.5
CALL_SECONDS = 5.0


class Handing:
    """Takes copies at any time and at once; hands them over whenever somebody takes them."""

    _log = Logger()

    def __init__(
        self,
        line: str,
        socket: Path,
        buffer: CopyBuffer,
        *,
        relay: bytes,
        reactor: Any,  # noqa: ANN401  (Twisted's)
        clock: Clock,
    ) -> None:
        self._line = line
        self._socket = socket
        self._buffer = buffer
        self._relay = relay
        self._reactor = reactor
        self._clock = clock
        self._protocol: _Handed | None = None
        self._retry: Call | None = None
        self._stopped = False
        self._losing = False

    @property
    def waiting(self) -> int:
        """Copies that are not known to be committed."""
        return self._buffer.waiting

    @property
    def connected(self) -> bool:
        """Whether `stationd` is there."""
        return self._protocol is not None

    def start(self) -> None:
        """Call `stationd`, and keep calling."""
        self._reactor.connectUNIX(str(self._socket), _Factory(self), timeout=CALL_SECONDS)

    def stop(self) -> None:
        """Call no more, and end the connection."""
        self._stopped = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._protocol is not None:
            self._protocol.transport.loseConnection()

    def tell(self, what: What, conversation: int, raw: bytes) -> None:
        """Take a copy, and hand it over if that can be done now."""
        clock = self._clock
        kept = self._buffer.add(what, clock.now_ns(), clock.ticks(), conversation, raw)
        if kept is self._losing:
            self._losing = not kept
            event = "copies_kept_again" if kept else "copies_lost"
            self._log.warn(event, line=self._line, waiting=self._buffer.waiting)
        self.push()

    def made(self, protocol: "_Handed") -> None:
        """Say who we are, and hand over what waits."""
        self._protocol = protocol
        self._log.info("handing_over", line=self._line, again=self._buffer.again)
        hello = Hello(line=self._line, relay=self._relay, again=self._buffer.again)
        protocol.transport.write(encode_copy(_copy(hello)))
        self.push()

    def confirmed(self, number: int) -> None:
        """Forget what is committed; there may be room to say how much was lost."""
        self._buffer.confirm(number)
        self._buffer.settle(self._clock.ticks())
        self.push()

    def ended(self, why: str) -> None:
        """Begin again later."""
        if self._protocol is not None:
            self._log.warn("nobody_takes_copies", line=self._line, why=why)
        self._protocol = None
        self._buffer.rewind()
        if not self._stopped:
            self._retry = self._reactor.callLater(AGAIN_SECONDS, self.start)

    def push(self) -> None:
        """Hand over what was not on this connection, as much as it takes."""
        protocol = self._protocol
        if protocol is None or protocol.paused:
            return
        for copy in self._buffer.unsent():
            protocol.transport.write(copy)
            if protocol.paused:
                return


def _copy(hello: Hello) -> Copy:
    raw = hello.encode()
    return Copy(what=What.HELLO, number=0, at=0, ticks=0, conversation=0, raw=raw)


class _Handed(TwistedProtocol):
    """One connection to `stationd`."""

    transport: Any

    def __init__(self, handing: Handing) -> None:
        self._handing = handing
        self._numbers = NumberReader()
        self.paused = False

    def connectionMade(self) -> None:
        self.transport.registerProducer(self, True)  # noqa: FBT003  (streaming)
        self._handing.made(self)

    def dataReceived(self, data: bytes) -> None:
        number = self._numbers.receive(data)
        if number is not None:
            self._handing.confirmed(number)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._handing.ended(reason.getErrorMessage())

    def pauseProducing(self) -> None:
        self.paused = True

    def resumeProducing(self) -> None:
        self.paused = False
        self._handing.push()

    def stopProducing(self) -> None:
        self.paused = True


class _Factory(ClientFactory):
    noisy = False

    def __init__(self, handing: Handing) -> None:
        self._handing = handing

    def buildProtocol(self, addr: Any) -> _Handed:  # noqa: ANN401  (Twisted's)
        return _Handed(self._handing)

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:  # noqa: ANN401
        self._handing.ended(reason.getErrorMessage())
