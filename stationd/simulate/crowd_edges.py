"""The ways by which a crowd reaches the station: Twisted, with no rule in them.

Each is told of an account that has something to send, and asks the crowd for the bytes once there
is something to write them to.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from twisted.internet.protocol import DatagramProtocol

from stationd.simulate import dc09
from stationd.simulate.crowd import Crowd
from stationd.simulate.crowd_streams import Address, Medium, Standing, Stream, call
from stationd.simulate.receiver_line import ReceiverLine

__all__ = ["Datagrams", "Kept", "Reading", "Receivers", "Visits", "Way"]

Handle: TypeAlias = Any

_OPEN_EVERY = 0.02
_OPEN_AT_ONCE = 50
_BREATH = 0.05  # seconds that a late reader reads
_FLOOD_EVERY = 0.05
_GOLDEN = 0.618033988749895  # its multiples lie evenly between 0 and 1
_FLOOD = 200  # link tests that a deaf peer sends at a time


class Way(Protocol):
    """What carries the bytes of some accounts."""

    @property
    def ready(self) -> bool:
        """Whatever is to be connected beforehand is."""

    def open(self) -> None:
        """Begin to connect."""

    def close(self) -> object:
        """Hang up for good; may return a Deferred that fires when it is done."""

    def take(self, account: int, now: int) -> None:
        """Something happened at ``account``: report it."""

    def send(self, account: int) -> None:
        """Send what ``account`` wants to send, as soon as it can be."""

    def tick(self, now: int) -> None:
        """Do what has come due."""

    def outage(self, *, away: bool) -> None:
        """Lose the primary lines, or have them back."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a connection reads: ``late`` seconds late (0: at once), or at first not at all."""

    late: float = 0.0
    deaf: bool = False


class _Panels:
    """What the three ways of DC-09 panels have in common."""

    def __init__(self, medium: Medium, crowd: Crowd) -> None:
        self._medium = medium
        self._crowd = crowd

    @property
    def ready(self) -> bool:
        return True

    def open(self) -> None:
        pass

    def close(self) -> object:
        return None

    def take(self, account: int, now: int) -> None:
        if self._crowd.take(account, now):
            self.send(account)

    def send(self, account: int) -> None:
        raise NotImplementedError

    def tick(self, now: int) -> None:
        pass

    def outage(self, *, away: bool) -> None:
        pass


class Kept(_Panels):
    """Connections that stay open, each shared by some panels.

    ``second`` carries what happens while the connections are away.
    """

    def __init__(
        self,
        medium: Medium,
        crowd: Crowd,
        address: Address,
        panels: Sequence[Sequence[int]],
        readings: Sequence[Reading],
    ) -> None:
        super().__init__(medium, crowd)
        self._lines = [
            _KeptLine(medium, crowd, address, mine, reading, self._stranded)
            for mine, reading in zip(panels, readings, strict=True)
        ]
        self._line_of = {panel: line for line in self._lines for panel in line.panels}
        self._second: Way | None = None
        self._away = False
        self._to_open = deque(self._lines)

    @property
    def ready(self) -> bool:
        """Every connection has been made once."""
        return all(line.was_open for line in self._lines)

    def second(self, way: Way) -> None:
        """Use ``way`` while the connections are away."""
        self._second = way

    def open(self) -> None:
        """Make the connections, some at a time: a station may be busy already."""
        for _ in range(min(_OPEN_AT_ONCE, len(self._to_open))):
            self._to_open.popleft().standing.open()
        if self._to_open:
            self._medium.reactor.callLater(_OPEN_EVERY, self.open)

    def close(self) -> None:
        """Hang up."""
        self._to_open.clear()
        for line in self._lines:
            line.standing.close()

    def send(self, account: int) -> None:
        """Send on the account's connection; without one, when it is there."""
        if self._away and self._second is not None:
            self._second.send(account)
        else:
            self._line_of[account].send(account)

    def outage(self, *, away: bool) -> None:
        """Lose every connection at once; what was on its way goes by the second way."""
        self._away = away
        for line in self._lines:
            if away:
                line.standing.close(at_once=True)
            else:
                line.standing.open()

    def _stranded(self, panels: Sequence[int]) -> None:
        if self._away and self._second is not None:
            for panel in panels:
                self._second.send(panel)


class _KeptLine:
    """One connection that stays open, with the panels that speak on it."""

    def __init__(
        self,
        medium: Medium,
        crowd: Crowd,
        address: Address,
        panels: Sequence[int],
        reading: Reading,
        stranded: Callable[[Sequence[int]], None],
    ) -> None:
        self.panels = panels
        self.standing = Standing(medium, address, self)
        self.was_open = False
        self._medium = medium
        self._crowd = crowd
        self._reading = reading
        self._stranded = stranded

    def send(self, panel: int) -> None:
        if self.standing.stream is not None and self._crowd.wants(panel):
            frame = self._crowd.frame(panel, self._medium.ticks())
            self.standing.stream.send(frame)

    def begin(self, stream: Stream) -> None:
        self.was_open = True
        reading, self._reading = self._reading, Reading(self._reading.late)
        if reading.deaf:
            stream.pause()
            self._flood(stream)
        elif reading.late:
            self._hold_back(stream)
        for panel in self.panels:
            self.send(panel)

    def received(self, stream: Stream, data: bytes) -> None:
        _answer(self._crowd, stream, data, self._medium.ticks(), self.send)

    def ended(self) -> None:
        for panel in self.panels:
            self._crowd.cut(panel)
        self._stranded(self.panels)

    def _hold_back(self, stream: Stream) -> None:
        if stream is self.standing.stream:
            stream.pause()
            self._medium.reactor.callLater(self._reading.late, self._breathe, stream)

    def _breathe(self, stream: Stream) -> None:
        if stream is self.standing.stream:
            stream.resume()
            self._medium.reactor.callLater(_BREATH, self._hold_back, stream)

    def _flood(self, stream: Stream) -> None:
        """Ask for answers that are never read, until the far end has had enough."""
        if stream is self.standing.stream:
            stream.send(self._crowd.link_test(self.panels[0]) * _FLOOD)
            self._medium.reactor.callLater(_FLOOD_EVERY, self._flood, stream)


class Visits(_Panels):
    """A connection for each event: made, used until the acknowledgement is there, and ended.

    A panel that is not let in, or is hung up on, calls again after ``again`` seconds, or half more
    or less: no two panels are alike, and those that were refused together must not come together.
    """

    def __init__(self, medium: Medium, crowd: Crowd, address: Address, *, again: float) -> None:
        super().__init__(medium, crowd)
        self._address = address
        self._wait = again
        self._closed = False
        self._visits: dict[int, _Visit] = {}

    def send(self, account: int) -> None:
        """Call for ``account``, or send once more on the call that is under way."""
        visit = self._visits.get(account)
        if visit is None:
            visit = self._visits[account] = _Visit(self._medium, self._crowd, account, self._over)
            call(self._medium, self._address, visit)
        else:
            visit.send()

    def close(self) -> None:
        """Hang up, and call no more."""
        self._closed = True
        for visit in list(self._visits.values()):
            visit.leave()

    def _over(self, account: int, *, settled: bool) -> None:
        del self._visits[account]
        if settled:
            self._again(account)
        else:
            wait = self._wait * (0.5 + account * _GOLDEN % 1)
            self._medium.reactor.callLater(wait, self._again, account)

    def _again(self, account: int) -> None:
        if self._crowd.wants(account) and not self._closed:
            self.send(account)


class _Visit:
    """One call of one panel."""

    def __init__(self, medium: Medium, crowd: Crowd, panel: int, over: Callable[..., None]) -> None:
        self._medium = medium
        self._crowd = crowd
        self._panel = panel
        self._over = over
        self._stream: Stream | None = None
        self._settled = False

    def send(self) -> None:
        if self._stream is not None and not self._settled and self._crowd.wants(self._panel):
            self._stream.send(self._crowd.frame(self._panel, self._medium.ticks()))

    def leave(self) -> None:
        self._settled = True
        if self._stream is not None:
            self._stream.hang_up()

    def opened(self, stream: Stream) -> None:
        self._stream = stream
        if self._settled:
            self.leave()
        self.send()

    def received(self, stream: Stream, data: bytes) -> None:
        if _answer(self._crowd, stream, data, self._medium.ticks(), _nothing):
            self.leave()

    def lost(self, stream: Stream) -> None:
        self._crowd.cut(self._panel)
        self._over(self._panel, settled=self._settled)

    def failed(self) -> None:
        self._over(self._panel, settled=False)


class Datagrams(_Panels):
    """Datagrams from some sockets, each shared by some panels."""

    def __init__(self, medium: Medium, crowd: Crowd, address: Address, *, sockets: int) -> None:
        super().__init__(medium, crowd)
        self._address = address
        self._sockets = sockets
        self._ports: list[Handle] = []

    @property
    def ready(self) -> bool:
        """Every socket is there."""
        return len(self._ports) == self._sockets

    def open(self) -> None:
        """Make the sockets, once the address is known."""
        self._medium.reactor.resolve(self._address[0]).addCallback(self._found)

    def close(self) -> None:
        """Close the sockets."""
        for port in self._ports:
            port.stopListening()

    def send(self, account: int) -> None:
        """Send a datagram from the account's socket."""
        if self._crowd.wants(account):
            frame = self._crowd.frame(account, self._medium.ticks())
            if self._medium.noise is not None:
                frame = self._medium.noise.on_datagram(frame)
            self._ports[account % len(self._ports)].write(frame, self._address)

    def received(self, datagram: bytes) -> None:
        """Take an answer."""
        panel = self._crowd.receive(datagram, self._medium.ticks())
        if panel is not None and self._crowd.wants(panel):
            self.send(panel)

    def _found(self, host: str) -> None:
        self._address = (host, self._address[1])
        for _ in range(self._sockets):
            self._ports.append(self._medium.reactor.listenUDP(0, _Datagrams(self)))


class _Datagrams(DatagramProtocol):
    noisy = False

    def __init__(self, way: Datagrams) -> None:
        self._way = way

    def datagramReceived(self, datagram: bytes, addr: object) -> None:
        self._way.received(datagram)


class Receivers:
    """Sur-Gard receivers that call the station, each with a line to every address."""

    def __init__(
        self, medium: Medium, addresses: Sequence[Address], receivers: Sequence[ReceiverLine]
    ) -> None:
        self._receivers = [_Receiver(medium, addresses, each) for each in receivers]
        self._away = False

    @property
    def ready(self) -> bool:
        """Every receiver has a line."""
        return all(each.talker.line is not None for each in self._receivers)

    @property
    def idle(self) -> bool:
        """Every event is acknowledged."""
        return all(each.talker.idle for each in self._receivers)

    def open(self) -> None:
        """Call on every line."""
        for each in self._receivers:
            for line in each.lines:
                line.standing.open()

    def close(self) -> None:
        """Hang up."""
        for each in self._receivers:
            for line in each.lines:
                line.standing.close()

    def take(self, account: int, now: int) -> None:
        """Give an event to the account's receiver."""
        each = self._receivers[account % len(self._receivers)]
        each.write(each.talker.take(account, now))

    def send(self, account: int) -> None:
        """Nothing: a receiver sends when its line is free."""

    def tick(self, now: int) -> None:
        """Repeat what was not acknowledged in time, and send heartbeats."""
        for each in self._receivers:
            each.write(each.talker.tick(now))

    def outage(self, *, away: bool) -> None:
        """Lose the first line of every receiver, or have it back."""
        for each in self._receivers:
            if away:
                each.lines[0].standing.close(at_once=True)
            else:
                each.lines[0].standing.open()


class _Receiver:
    """One receiver with its lines."""

    def __init__(self, medium: Medium, addresses: Sequence[Address], talker: ReceiverLine) -> None:
        self.talker = talker
        self.lines = [
            _Line(medium, address, self, place) for place, address in enumerate(addresses)
        ]

    def write(self, data: bytes) -> None:
        if data and self.talker.line is not None:
            stream = self.lines[self.talker.line].standing.stream
            if stream is not None:
                stream.send(data)


class _Line:
    """One line of a receiver."""

    def __init__(self, medium: Medium, address: Address, receiver: _Receiver, place: int) -> None:
        self._medium = medium
        self._receiver = receiver
        self._place = place
        self.standing = Standing(medium, address, self)

    def begin(self, stream: Stream) -> None:
        receiver = self._receiver
        receiver.write(receiver.talker.opened(self._place, self._medium.ticks()))

    def received(self, stream: Stream, data: bytes) -> None:
        receiver = self._receiver
        receiver.write(receiver.talker.receive(self._place, data, self._medium.ticks()))

    def ended(self) -> None:
        receiver = self._receiver
        receiver.write(receiver.talker.closed(self._place, self._medium.ticks()))


def _nothing(_panel: int) -> None:
    """Do nothing with a panel that would go on: its call ends, and it calls again."""


def _answer(
    crowd: Crowd, stream: Stream, data: bytes, now: int, go_on: Callable[[int], None]
) -> bool:
    """Give whole answers to the crowd; tell whether one settled an event."""
    stream.heard += data
    settled = False
    for answer in dc09.split(stream.heard):
        panel = crowd.receive(answer, now)
        if panel is not None:
            settled = True
            go_on(panel)
    return settled
