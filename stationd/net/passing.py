"""A line between two others: bytes go through first and unchanged, and a copy is told of.

No rule is here and nothing is read into the bytes.  When one side is gone, the other one is let
go: whoever is still there must not believe that it is heard.
"""

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.error import CannotListenError, ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import ClientFactory, ServerFactory, connectionDone
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from stationd.net.reactor import Call, Delays
from stationd.relaying.wire import What

__all__ = ["LAST_WORDS_SECONDS", "Conversation", "Side", "TcpThrough", "Tell"]

CALL_SECONDS = 10.0
LISTEN_AGAIN_SECONDS = 1.0

LAST_WORDS_SECONDS = 5.0
"""How long one side may take to read what the other one said last, until it is cut off."""

MOST_CONVERSATIONS = 64
"""A line has one conversation; a few more are old ones that nobody has missed yet."""

BACKLOG = 16


class Tell(Protocol):
    """Who is told of everything that passes; it never waits and never raises."""

    def __call__(self, what: What, conversation: int, raw: bytes) -> None:
        """Take a copy."""


@implementer(IHalfCloseableProtocol)
class Side(TwistedProtocol):
    """One side of a conversation: what comes from it goes to the other."""

    transport: Any

    def __init__(self, what: What, conversation: "Conversation") -> None:
        self.what = what
        self.finished = False
        self._conversation = conversation

    def connectionMade(self) -> None:
        """Take the side into the conversation; small packets are not gathered."""
        if hasattr(self.transport, "setTcpNoDelay"):
            self.transport.setTcpNoDelay(True)
            self.transport.setTcpKeepAlive(True)
        self._conversation.made(self)

    def dataReceived(self, data: bytes) -> None:
        """Pass ``data`` on, and only then say so."""
        self._conversation.passed(self, data)

    def readConnectionLost(self) -> None:
        """Pass on that this side has finished, once all it said is passed on."""
        self.finished = True
        self._conversation.finished(self)

    def writeConnectionLost(self) -> None:
        """Nothing: we have said the last word to this side, as the other one wished."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Let the other side go."""
        self._conversation.lost(self, reason)


class Conversation:
    """The two sides, once both are there; ``passes`` is False where two wires are listened to."""

    def __init__(
        self,
        number: int,
        *,
        tell: Tell,
        reactor: Delays,
        over: Callable[["Conversation", str], None],
        passes: bool = True,
        peer: str = "",
    ) -> None:
        self.number = number
        self._peer = peer
        self.receiver = Side(What.FROM_RECEIVER, self)
        self.automation = Side(What.FROM_AUTOMATION, self)
        self.complete = False
        self._tell = tell
        self._reactor = reactor
        self._over = over
        self._passes = passes
        self._there: list[Side] = []
        self._ended = False
        self._last_words: Call | None = None

    def other(self, side: Side) -> Side:
        """Return the side across from ``side``."""
        return self.automation if side is self.receiver else self.receiver

    def made(self, side: Side) -> None:
        """Begin once both sides are there; until then the first one is not read."""
        self._there.append(side)
        if len(self._there) < 2:  # noqa: PLR2004  (both)
            side.transport.pauseProducing()
            return
        self.complete = True
        if self._passes:
            for one in self._there:
                # Whoever does not read holds up the other one, as it would without us.
                one.transport.registerProducer(self.other(one).transport, True)  # noqa: FBT003
        peer = self._peer or _name(self.receiver)
        self._tell(What.OPENED, self.number, peer.encode())
        self._there[0].transport.resumeProducing()

    def passed(self, side: Side, data: bytes) -> None:
        """Pass ``data`` to the other side, then tell of it."""
        if self._passes:
            self.other(side).transport.write(data)
        self._tell(side.what, self.number, data)

    def finished(self, side: Side) -> None:
        """Pass on that ``side`` will say no more; soon afterwards nobody has any more to say."""
        other = self.other(side)
        if not self.complete or other.finished:
            self.lost(side, Failure(ConnectionDone()))
            return
        other.transport.unregisterProducer()
        other.transport.loseWriteConnection()
        self._cut_later()

    def lost(self, side: Side, reason: Failure) -> None:
        """Let go of both sides; what was read of one still goes to the other."""
        if side in self._there and not side.transport.connected:
            self._there.remove(side)
        self.end(f"{_WHO[side.what]}: {reason.getErrorMessage()}")

    def end(self, cause: str) -> None:
        """End the conversation."""
        if not self._ended:
            self._ended = True
            if self.complete:
                self._tell(What.CLOSED, self.number, cause.encode())
            self._over(self, cause)
            for side in list(self._there):
                side.transport.unregisterProducer()
                side.transport.loseConnection()
            self._cut_later()
        if not self._there and self._last_words is not None and self._last_words.active():
            self._last_words.cancel()

    def _cut_later(self) -> None:
        if self._last_words is None:
            self._last_words = self._reactor.callLater(LAST_WORDS_SECONDS, self._cut)

    def _cut(self) -> None:
        for side in list(self._there):
            # A serial port knows no abort, and what it holds back would never be sent.
            abort = getattr(side.transport, "abortConnection", None)
            if abort is None:
                side.transport.connectionLost(Failure(ConnectionAborted()))
            else:
                abort()


_WHO = {What.FROM_RECEIVER: "receiver", What.FROM_AUTOMATION: "automation"}


def _name(side: Side) -> str:
    peer = side.transport.getPeer()
    return f"{peer.host}:{peer.port}"


class TcpThrough:
    """A TCP line: for each call we take, we call the other side, and join the two."""

    def __init__(
        self,
        *,
        caller: str,
        listen: tuple[str, int],
        call: tuple[str, int],
        tell: Tell,
        said: Callable[[str], None],
        reactor: Any,  # noqa: ANN401  (Twisted's)
    ) -> None:
        self._caller = caller
        self._listen = listen
        self._call = call
        self._tell = tell
        self._said = said
        self._reactor = reactor
        self._number = 0
        self._listening: Any = None
        self._stopped = False
        self._retry: Call | None = None
        self._conversations: set[Conversation] = set()

    @property
    def port(self) -> int | None:
        """The port listened on; None while it is not."""
        return None if self._listening is None else int(self._listening.getHost().port)

    def start(self) -> None:
        """Listen, or say why not and try again."""
        host, port = self._listen
        try:
            self._listening = self._reactor.listenTCP(
                port, _Callers(self), backlog=BACKLOG, interface=host
            )
        except CannotListenError as error:
            self._said(f"cannot listen: {error.socketError}")
            self._retry = self._reactor.callLater(LISTEN_AGAIN_SECONDS, self.start)
        else:
            self._said("listening")

    def stop(self, cause: str) -> None:
        """Take no more calls and end those there are."""
        self._stopped = True
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._listening is not None:
            self._listening.stopListening()
        for conversation in list(self._conversations):
            conversation.end(cause)

    def called(self) -> Side | None:
        """Return the side for whoever calls, having called the other one; None: too many."""
        if len(self._conversations) >= MOST_CONVERSATIONS:
            self._said("too many conversations")
            return None
        self._number += 1
        conversation = Conversation(
            self._number, tell=self._tell, reactor=self._reactor, over=self._over
        )
        self._conversations.add(conversation)
        near, far = conversation.automation, conversation.receiver
        if self._caller == "receiver":
            near, far = far, near
        host, port = self._call
        self._reactor.connectTCP(host, port, _Called(far), timeout=CALL_SECONDS)
        return near

    def _over(self, conversation: Conversation, cause: str) -> None:
        self._conversations.discard(conversation)
        self._said(cause)


class _Callers(ServerFactory):
    noisy = False

    def __init__(self, through: TcpThrough) -> None:
        self._through = through

    def buildProtocol(self, addr: Any) -> Side | None:  # noqa: ANN401  (Twisted's)
        return self._through.called()


class _Called(ClientFactory):
    noisy = False

    def __init__(self, side: Side) -> None:
        self._side = side

    def buildProtocol(self, addr: Any) -> TwistedProtocol:  # noqa: ANN401  (Twisted's)
        return self._side

    def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:  # noqa: ANN401
        self._side.connectionLost(reason)
