"""Play a day of traffic against a station, and report what was acknowledged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred

from stationd.clock import Clock
from stationd.simulate import panel, receiver
from stationd.simulate.edges import (
    CallingLine,
    DatagramLine,
    DeviceLine,
    Line,
    ListeningLine,
    PtyLine,
    Reactor,
    VisitingLine,
    Wire,
)
from stationd.simulate.script import Act, Outage, on_a_panel, on_a_receiver, script
from stationd.simulate.sites import SITES, Site, Way
from stationd.simulate.surgard import Header
from stationd.simulate.tally import Tally

__all__ = ["Address", "Day", "Play", "Ways", "run"]

Address = tuple[str, int]

_DAY = 86400.0
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where the simulated receivers and panels find the station; None: that way is not played.

    ``pty``: a serial line is made and linked there; ``device``: a given one is opened.
    ``surgard_calls``: our receiver calls the station; ``surgard_listens``: it waits to be called.
    """

    pty: Path | None = None
    device: str | None = None
    baud: int = 9600
    surgard_calls: Address | None = None
    surgard_listens: Address | None = None
    dc09_tcp: Address | None = None
    dc09_udp: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What is played and how fast: ``speed`` 1440 makes a minute of a day.

    The waits of receivers and panels are real seconds whatever the speed.  ``linger`` is how long
    after the day's end the last acknowledgements are waited for.
    """

    sites: tuple[Site, ...] = SITES
    seed: int = 1
    speed: float = 1.0
    linger: float = 30.0
    serial_header: Header = field(default_factory=Header)
    tcp_header: Header = field(default_factory=lambda: Header("01", "001"))
    receiver_habits: receiver.Habits = field(default_factory=receiver.Habits)
    panel_habits: panel.Habits = field(default_factory=panel.Habits)


@dataclass(slots=True)
class _Place:
    """One conversation with its wire and line, and the way it belongs to."""

    way: Way
    take: Callable[[Act], None]
    wire: Wire
    line: Line

    def poke(self) -> None:
        self.wire.poke()
        if isinstance(self.line, VisitingLine):
            self.line.poke()


class Day:
    """The receivers and panels of a day: `open` their lines, `play`, `close`.

    ``reactor`` is a real one; ``random`` gives bytes for the padding of encrypted messages.
    """

    def __init__(
        self,
        reactor: Reactor,
        ways: Ways,
        play: Play,
        *,
        clock: Clock,
        random: Callable[[int], bytes],
    ) -> None:
        self.tally = Tally()
        self._reactor = reactor
        self._play = play
        self._clock = clock
        self._random = random
        self._places: dict[str, _Place] = {}
        self._make_receivers(ways)
        self._make_panels(ways)

    @property
    def listens(self) -> Address | None:
        """Where our receiver waits to be called, once `open` has fired."""
        for place in self._places.values():
            if isinstance(place.line, ListeningLine):
                return ("127.0.0.1", place.line.port)
        return None

    @property
    def idle(self) -> bool:
        """Everything that was to be sent is acknowledged, refused for good or lost."""
        return all(place.wire.idle for place in self._places.values())

    def open(self) -> Deferred[object]:
        """Make every line ready; fires when all are."""
        return _together(place.line.open for place in self._all())

    def close(self) -> Deferred[object]:
        """Take every line away; fires when all are gone."""
        return _together(place.line.close for place in self._all())

    def play(self) -> Deferred[Tally]:
        """Play the day; fires with its tally when all is acknowledged or ``linger`` is over."""
        finished: Deferred[Tally] = Deferred()
        acts = script(self._play.seed, self._sites())
        for act in acts:
            self._later(act.at / self._play.speed, self._act, act)
        last = max((_end(act) for act in acts), default=0.0) / self._play.speed
        self._later(last, self._wait, last + self._play.linger, last, finished)
        return finished

    def _sites(self) -> Sequence[Site]:
        return [site for site in self._play.sites if site.number in self._places]

    def _all(self) -> list[_Place]:
        """Return each place once: the sites of a receiver share one."""
        return list({id(place): place for place in self._places.values()}.values())

    def _later(self, delay: float, do: Callable[..., object], *args: object) -> None:
        self._reactor.callLater(delay, do, *args)

    def _act(self, act: Act | Outage) -> None:
        if isinstance(act, Act):
            place = self._places[act.site.number]
            place.take(act)
            place.poke()
            return
        for place in self._all():
            if place.way is act.way:
                place.line.close()
                self._later(act.seconds / self._play.speed, place.line.open)

    def _wait(self, until: float, now: float, finished: Deferred[Tally]) -> None:
        if self.idle or now >= until:
            finished.callback(self.tally)
        else:
            self._later(_LOOK_EVERY, self._wait, until, now + _LOOK_EVERY, finished)

    def _make_receivers(self, ways: Ways) -> None:
        for way, header, line in (
            (Way.SERIAL, self._play.serial_header, _serial_line(ways)),
            (Way.SURGARD, self._play.tcp_header, _surgard_line(ways)),
        ):
            if line is not None:
                self._make_receiver(way, header, line)

    def _make_receiver(
        self, way: Way, header: Header, line: Callable[[Wire, Reactor], Line]
    ) -> None:
        talker = receiver.Receiver(header, self.tally, self._play.receiver_habits)
        wire = Wire(talker, self._reactor)

        def take(act: Act) -> None:
            talker.take(on_a_receiver(act, header))

        place = _Place(way, take, wire, line(wire, self._reactor))
        self._places |= {site.number: place for site in self._play.sites if site.way is way}

    def _make_panels(self, ways: Ways) -> None:
        for site in self._play.sites:
            address = {Way.DC09_TCP: ways.dc09_tcp, Way.DC09_UDP: ways.dc09_udp}.get(site.way)
            if address is not None:
                self._places[site.number] = self._panel(site, address)

    def _panel(self, site: Site, address: Address) -> _Place:
        talker = panel.Panel(
            site.number,
            self.tally,
            self._play.panel_habits,
            clock=self._clock,
            random=self._random,
            key=site.key,
        )
        wire = Wire(talker, self._reactor)

        def take(act: Act) -> None:
            talker.take(on_a_panel(act))

        line: Line
        if site.way is Way.DC09_UDP:
            line = DatagramLine(wire, self._reactor, *address)
        elif site.hangs_up:
            line = VisitingLine(wire, self._reactor, *address)
        else:
            line = CallingLine(wire, self._reactor, *address)
        return _Place(site.way, take, wire, line)


def run(
    reactor: Reactor,
    ways: Ways,
    play: Play,
    *,
    clock: Clock,
    random: Callable[[int], bytes],
) -> Deferred[Tally]:
    """Open, play and close a whole day; fires with its tally when every line is gone."""
    day = Day(reactor, ways, play, clock=clock, random=random)
    opened = day.open()
    opened.addCallback(lambda _: day.play())

    def close(result: object) -> Deferred[object]:
        return day.close().addCallback(lambda _: result)

    return opened.addBoth(close)  # type: ignore[return-value]


def _serial_line(ways: Ways) -> Callable[[Wire, Reactor], Line] | None:
    if ways.pty is not None:
        link = ways.pty
        return lambda wire, reactor: PtyLine(wire, reactor, link)
    if ways.device is not None:
        device = ways.device
        return lambda wire, reactor: DeviceLine(wire, reactor, device, ways.baud)
    return None


def _surgard_line(ways: Ways) -> Callable[[Wire, Reactor], Line] | None:
    if ways.surgard_calls is not None:
        calls = ways.surgard_calls
        return lambda wire, reactor: CallingLine(wire, reactor, *calls)
    if ways.surgard_listens is not None:
        listens = ways.surgard_listens
        return lambda wire, reactor: ListeningLine(wire, reactor, *listens)
    return None


def _end(act: Act | Outage) -> float:
    return act.at + act.seconds if isinstance(act, Outage) else act.at


def _together(acts: Iterable[Callable[[], object]]) -> Deferred[object]:
    """Do all, and fire when all are done; the first failure fails the whole."""
    all_done: Deferred[object] = Deferred()
    each = [maybeDeferred(act) for act in acts]
    DeferredList(each, fireOnOneErrback=True, consumeErrors=True).addCallbacks(
        all_done.callback, all_done.errback
    )
    return all_done
