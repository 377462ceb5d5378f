"""The edge where a relay hands us copies of a line that others talk on.

The receiver's bytes become what they are on a tap; the automation's are kept as `answer` entries.
Nothing here can speak on the line.  What the journal does not take is not confirmed, so the relay
keeps it and hands it over again.
"""

import os
import socket
import stat
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.protocol import Protocol, ServerFactory, connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure

from archive.canonical import JsonValue, encode
from receivers.events import Event
from receivers.session import Session
from stationd.clock import from_ns, iso
from stationd.journal.model import Draft, Kind, Receipt, decode_body, encode_body
from stationd.net.intake import Peer
from stationd.net.line import Line, Link
from stationd.net.protocols import Silence
from stationd.net.reactor import Call
from stationd.net.valve import Valve
from stationd.relaying.confirming import Confirming, reads_whole
from stationd.relaying.wire import (
    Copy,
    CopyReader,
    Hello,
    Lost,
    What,
    WireError,
    encode_number,
)
from stationd.settings import RelayListener

__all__ = ["RelayedEdge", "RelayedProtocol"]

LISTEN_AGAIN_SECONDS = 5.0

FIRST_CALL_SECONDS = 3.0
"""How long after a start a relay may take to call, until the line counts as down."""

TCP_SILENCE_SECONDS = 10.0
"""On TCP a frame may halt; one that halts longer than this is taken as cut off."""

REFUSED_SECONDS = 1.0
"""Wait before the relay may hand over anew what the journal did not take."""

MOST_CONVERSATIONS = 256


class RelayedEdge:
    """Listens on the local socket of one relay."""

    port = None

    def __init__(
        self,
        settings: RelayListener,
        line: Line,
        link: Link,
        reactor: Any,  # noqa: ANN401  (Twisted's)
    ) -> None:
        self._settings = settings
        self._line = line
        self._link = link
        self._reactor = reactor
        self._listening: Any = None
        self._retry: Call | None = None
        self._protocol: RelayedProtocol | None = None

    def start(self) -> None:
        """Listen, or say why not and try again later."""
        path = str(self._settings.socket)
        try:
            _clear(path)
            self._listening = self._reactor.listenUNIX(path, _Factory(self), mode=0o660)
        except CannotListenError as error:
            self._cannot(str(error.socketError))
        except OSError as error:
            self._cannot(error.strerror or str(error))
        else:
            self._retry = self._reactor.callLater(FIRST_CALL_SECONDS, self._nobody_called)

    def stop_reading(self) -> None:
        """Take no more copies; the relay keeps what we have not confirmed."""
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        if self._listening is not None:
            self._listening.stopListening()
        if self._protocol is not None:
            self._protocol.stop_reading()

    def hang_up(self, cause: str) -> None:
        """End the connection."""
        if self._protocol is not None:
            self._protocol.hang_up(cause)

    def call(self) -> "RelayedProtocol":
        """Return the protocol of a new connection."""
        between = self._settings.between
        return RelayedProtocol(self._line, self, self._reactor, serial=between.kind == "serial")

    def made(self, protocol: "RelayedProtocol") -> None:
        """Say that the relay called; an older connection of it is one that it has given up."""
        before, self._protocol = self._protocol, protocol
        if before is not None:
            before.hang_up("the relay called anew")
        if self._retry is not None and self._retry.active():
            self._retry.cancel()
        self._link.up("relay connected")

    def lost(self, protocol: "RelayedProtocol", cause: str, *, refused: bool) -> None:
        """Say that the relay is gone; one that was refused is not, and calls again at once."""
        if self._protocol is protocol:
            self._protocol = None
            if not refused:
                self._link.down(f"relay: {cause}")

    def _cannot(self, why: str) -> None:
        self._link.down(f"cannot listen: {why}")
        self._retry = self._reactor.callLater(LISTEN_AGAIN_SECONDS, self.start)

    def _nobody_called(self) -> None:
        if self._protocol is None:
            self._link.down("no relay has called")


def _clear(path: str) -> None:
    """Remove a socket that nobody listens on any more; raises `OSError` where somebody does."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):  # noqa: PTH116  (the mode is what is asked)
            raise FileExistsError(0, f"{path} is there and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)  # noqa: FBT003  (the name of the switch)
        with suppress(ConnectionRefusedError):
            probe.connect(path)
            raise FileExistsError(0, f"another program listens on {path}")
    os.unlink(path)  # noqa: PTH108  (as above)


class _Factory(ServerFactory):
    noisy = False

    def __init__(self, edge: RelayedEdge) -> None:
        self._edge = edge

    def buildProtocol(self, addr: Any) -> "RelayedProtocol":  # noqa: ANN401  (Twisted's)
        return self._edge.call()


@dataclass(slots=True)
class _Heard:
    """One conversation of the line, as far as we have heard it."""

    number: int
    session: Session
    peer: Peer
    ticks: int
    silence: Silence = field(init=False)


class RelayedProtocol(Protocol):
    """One connection of the relay: copies in, confirmations out."""

    _log = Logger()
    transport: Any

    def __init__(
        self,
        line: Line,
        edge: RelayedEdge,
        reactor: Any,  # noqa: ANN401  (Twisted's)
        *,
        serial: bool,
    ) -> None:
        self._line = line
        self._intake = line.intake
        self._edge = edge
        self._reactor = reactor
        gap = line.spec.gap(line.conversation.options)
        usual = line.spec.silence if serial else TCP_SILENCE_SECONDS
        self._gap = usual if gap is None else gap
        self._copies = CopyReader()
        self._confirming = Confirming()
        self._heard: OrderedDict[int, _Heard] = OrderedDict()
        self._greeted = False
        self._over = False
        self._cause = ""
        self._refusal: Call | None = None

    @property
    def refused(self) -> bool:
        """Whether what it handed over could not be stored."""
        return self._refusal is not None

    def connectionMade(self) -> None:
        """Let the committer hold us up where it has more than it can take."""
        transport = self.transport
        self._valve = Valve(pause=transport.pauseProducing, resume=transport.resumeProducing)
        self._intake.committer.add(self._valve)

    def dataReceived(self, data: bytes) -> None:
        """Make entries of the copies that are complete, and submit them together."""
        if self._over:
            return
        try:
            copies = self._copies.receive(data)
            first = self._confirming.oldest(copies[0].number) if copies else 0
            bodies = [body for copy in copies for body in self._take(copy)]
        except WireError as error:
            self._log.error("not_a_relay", listener=self._line.name, why=str(error))
            self.hang_up(str(error))
            return
        if bodies:
            self._submit(bodies, first)
        self.confirm()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget what is unfinished: the relay has it still, and hands it over again."""
        self._over = True
        if self._refusal is not None and self._refusal.active():
            self._refusal.cancel()
        for heard in self._heard.values():
            heard.silence.stop()
        self._intake.committer.remove(self._valve)
        self._edge.lost(self, self._cause or reason.getErrorMessage(), refused=self.refused)

    def stop_reading(self) -> None:
        """Read no more."""
        if not self._over:
            self._valve.close("stop")

    def hang_up(self, cause: str) -> None:
        """End the connection."""
        if not self._over:
            self._over = True
            self._cause = cause
            self._intake.committer.remove(self._valve)
            self.transport.loseConnection()

    def refuse(self) -> None:
        """Take nothing more, and let the relay come again soon: nothing could be stored."""
        if not self._over:
            self._over = True
            self._cause = "not stored"
            self._valve.close("refused")
            self._intake.committer.remove(self._valve)
            self._refusal = self._reactor.callLater(REFUSED_SECONDS, self.transport.loseConnection)

    def landed(self) -> None:
        """Take note that the oldest submission is committed."""
        self._confirming.land()
        self.confirm()

    def confirm(self) -> None:
        """Tell the relay how far it may forget."""
        number = None if self._over else self._confirming.done()
        if number is not None:
            self.transport.write(encode_number(number))

    def _take(self, copy: Copy) -> Sequence[bytes]:
        if not self._greeted:
            return self._greet(copy)
        self._confirming.take(copy.number)
        match copy.what:
            case What.FROM_RECEIVER:
                return self._from_receiver(copy)
            case What.FROM_AUTOMATION:
                peer = self._of(copy).peer.name
                return (self._entry(copy, Kind.ANSWER, peer, raw=copy.raw),)
            case What.OPENED:
                heard = self._open(copy, copy.raw.decode(errors="replace"))
                return (self._link(copy, Kind.LINK_UP, heard.peer.name, "connected"),)
            case What.CLOSED:
                return self._closed(copy)
            case What.HOLE:
                return self._hole(copy)
            case What.HELLO:
                raise WireError("a relay's first words, in the middle")

    def _greet(self, copy: Copy) -> list[bytes]:
        if copy.what is not What.HELLO:
            raise WireError("no first words")
        hello = Hello.decode(copy.raw)
        if hello.line != self._line.name:
            raise WireError(f"this is the socket of {self._line.name}, not of {hello.line}")
        self._greeted = True
        self._edge.made(self)
        if not hello.again:
            return []
        clock = self._intake.clock
        note: dict[str, JsonValue] = {
            "scope": "listener",
            "cause": f"relay connected; {hello.again} copies come again, perhaps kept already",
        }
        now = replace(copy, at=clock.now_ns(), ticks=clock.ticks())
        return [self._entry(now, Kind.LINK_UP, "", note=encode(note))]

    def _of(self, copy: Copy) -> _Heard:
        heard = self._heard.get(copy.conversation)
        if heard is None:
            # Its beginning did not fit into the relay's buffer, or was confirmed before.
            heard = self._open(copy, "relay")
        return heard

    def _open(self, copy: Copy, name: str) -> _Heard:
        peer = self._intake.peer(name, name)
        heard = _Heard(copy.conversation, self._line.open(), peer, copy.ticks)
        # A silence is believed only after the reactor has looked for what came in the meantime.
        heard.silence = Silence(
            self._reactor, self._gap, lambda: self._reactor.callLater(0, self._silent, heard)
        )
        self._heard[copy.conversation] = heard
        if len(self._heard) > MOST_CONVERSATIONS:
            _, oldest = self._heard.popitem(last=False)
            oldest.silence.stop()
            self._confirming.needs_nothing(oldest.number)
        return heard

    def _from_receiver(self, copy: Copy) -> list[bytes]:
        heard = self._of(copy)
        bodies: list[bytes] = []
        if copy.ticks - heard.ticks > self._gap * 1e9:
            bodies += self._cut(heard)
        heard.ticks = copy.ticks
        events = heard.session.receive(copy.raw, from_ns(copy.at))
        bodies += self._bodies(heard, events, copy.at, copy.ticks)
        if events and reads_whole(copy.raw, events[-1].raw):
            self._confirming.needs_nothing(heard.number)
            heard.silence.stop()
        elif events or not self._confirming.first_needed(heard.number):
            self._confirming.needs(heard.number, copy.number)
            heard.silence.heard()
        else:
            heard.silence.heard()
        return bodies

    def _bodies(self, heard: _Heard, events: Sequence[Event], at: int, ticks: int) -> list[bytes]:
        _, bodies = self._intake.bodies(heard.peer, events, at)
        # The relay heard it then; that it came to us now is no fact about the line.
        return [
            encode_body(replace(decode_body(body, position=0, link=b""), ticks=ticks))
            for body in bodies
        ]

    def _cut(self, heard: _Heard) -> list[bytes]:
        """Return what a silence, a hole or an end leaves unfinished."""
        at = self._intake.clock.now_ns() - self._intake.clock.ticks() + heard.ticks
        return self._bodies(heard, heard.session.ended(), at, heard.ticks)

    def _silent(self, heard: _Heard) -> None:
        needed = self._confirming.first_needed(heard.number)
        if self._over or not needed:
            return
        bodies = self._cut(heard)
        self._confirming.needs_nothing(heard.number)
        if bodies:
            self._submit(bodies, needed)
        self.confirm()

    def _closed(self, copy: Copy) -> list[bytes]:
        heard = self._of(copy)
        bodies = self._cut(heard)
        heard.silence.stop()
        self._confirming.needs_nothing(heard.number)
        del self._heard[copy.conversation]
        cause = copy.raw.decode(errors="replace")
        return [*bodies, self._link(copy, Kind.LINK_DOWN, heard.peer.name, cause)]

    def _hole(self, copy: Copy) -> list[bytes]:
        lost = Lost.decode(copy.raw)
        bodies: list[bytes] = []
        for heard in self._heard.values():
            bodies += self._cut(heard)
            heard.silence.stop()
            self._confirming.needs_nothing(heard.number)
        note: dict[str, JsonValue] = {
            "cause": "the relay's buffer was full",
            "count": lost.count,
            "bytes": lost.size,
            "first": iso(from_ns(lost.first)),
            "last": iso(from_ns(lost.last)),
        }
        self._log.error("entries_lost", listener=self._line.name, count=lost.count)
        return [*bodies, self._entry(copy, Kind.HOLE, "", note=encode(note))]

    def _link(self, copy: Copy, kind: Kind, peer: str, cause: str) -> bytes:
        note: dict[str, JsonValue] = {"scope": "connection", "cause": cause}
        if kind is Kind.LINK_DOWN:
            note["unacknowledged"] = 0
        return self._entry(copy, kind, peer, note=encode(note))

    def _entry(
        self, copy: Copy, kind: Kind, peer: str, *, raw: bytes = b"", note: bytes = b""
    ) -> bytes:
        return encode_body(
            Draft(
                received_at=copy.at,
                ticks=copy.ticks,
                listener=self._line.name,
                peer=peer,
                kind=kind,
                raw=raw,
                note=note,
                salt=self._line.conversation.random(16),
            )
        )

    def _submit(self, bodies: Sequence[bytes], first: int) -> None:
        self._confirming.fly(first)
        self._intake.submit(bodies, _Handed(self))


class _Handed:
    """Entries made of copies, on their way into the journal."""

    __slots__ = ("_protocol",)

    def __init__(self, protocol: RelayedProtocol) -> None:
        self._protocol = protocol

    def committed(self, receipts: Sequence[Receipt]) -> None:
        """Let the relay forget them."""
        self._protocol.landed()

    def failed(self, failure: Failure) -> None:
        """Let the relay keep them, and hand them over again."""
        self._protocol.refuse()
