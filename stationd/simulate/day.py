"""Play a day of traffic against a station, and report what was acknowledged."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred

from stationd.clock import Clock
from stationd.errors import MistakeError
from stationd.simulate import attachment, panel
from stationd.simulate.attachment import Address, Attachment
from stationd.simulate.edges import Line, ListeningLine, Reactor, VisitingLine, Wire
from stationd.simulate.receiver import Habits, Receiver
from stationd.simulate.script import Act, Outage, on_a_panel, script
from stationd.simulate.simulated import SIMULATED, Simulated
from stationd.simulate.sites import SITES, Site, Way, sites_of
from stationd.simulate.tally import Tally

__all__ = ["Day", "Play", "Ways", "run"]

_LOOK_EVERY = 0.1
_Make = Callable[[Wire, Reactor], Line]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where the simulated receivers and panels find the station; None: that way is not played.

    ``receivers`` are played with sites of their own.  The others are the ways of the built-in
    sites.  ``pty``: a serial line is made and linked there; ``device``: a given one is opened.
    ``surgard_calls``: our receiver calls the station; ``surgard_listens``: it waits to be called.
    """

    receivers: tuple[Attachment, ...] = ()
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

    The waits of receivers and panels are real seconds whatever the speed; ``wait`` and
    ``heartbeat`` (also the pause after a failure) take the place of every receiver's own.
    ``loses`` N: every N-th answer is lost on its way; 0: none.  ``linger`` is how long after the
    day's end the last acknowledgements are waited for.
    """

    sites: tuple[Site, ...] = SITES
    seed: int = 1
    speed: float = 1.0
    linger: float = 30.0
    wait: float | None = None
    heartbeat: float | None = None
    loses: int = 0
    panel_habits: panel.Habits = field(default_factory=panel.Habits)


@dataclass(slots=True)
class _Place:
    """One conversation with its wire and line, and the way it belongs to."""

    way: str
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
        tally: Tally | None = None,
    ) -> None:
        self.tally = tally or Tally()
        self._reactor = reactor
        self._play = play
        self._clock = clock
        self._random = random
        self._sites: list[Site] = []
        self._places: dict[tuple[str, str], _Place] = {}
        self._add_built_in(ways)
        for attached in ways.receivers:
            self._add(attached, ways.baud)

    @property
    def listens(self) -> dict[str, Address]:
        """Where our receivers wait to be called, once `open` has fired."""
        return {
            place.way: ("127.0.0.1", place.line.port)
            for place in self._places.values()
            if isinstance(place.line, ListeningLine)
        }

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
        acts = script(self._play.seed, self._sites)
        for act in acts:
            self._later(act.at / self._play.speed, self._act, act)
        last = max((_end(act) for act in acts), default=0.0) / self._play.speed
        self._later(last, self._wait, last + self._play.linger, last, finished)
        return finished

    def _all(self) -> list[_Place]:
        """Return each place once: the sites of a receiver share one."""
        return list({id(place): place for place in self._places.values()}.values())

    def _later(self, delay: float, do: Callable[..., object], *args: object) -> None:
        self._reactor.callLater(delay, do, *args)

    def _act(self, act: Act | Outage) -> None:
        if isinstance(act, Act):
            place = self._places[act.site.way, act.site.number]
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

    def _add_built_in(self, ways: Ways) -> None:
        """Add the sites of the play whose way is played."""
        for way, row, make in (
            (Way.SERIAL, SIMULATED["surgard-mlr2"], _serial_line(ways)),
            (Way.SURGARD, SIMULATED["surgard-system"], _surgard_line(ways)),
        ):
            if make is not None:
                self._add_receiver(row, self._sites_on(way), make)
        for way, address in ((Way.DC09_TCP, ways.dc09_tcp), (Way.DC09_UDP, ways.dc09_udp)):
            if address is not None:
                kind = "udp" if way is Way.DC09_UDP else "call"
                attached = Attachment("dc09", kind, f"{address[0]}:{address[1]}")
                self._add_panels(attached, self._sites_on(way), ways.baud)

    def _add(self, attached: Attachment, baud: int) -> None:
        """Add a receiver with the sites that the play has for it, or its own."""
        row = SIMULATED[attached.name]
        sites = self._sites_on(attached.name) or sites_of(attached.name, row)
        if row.voice is None:
            self._add_panels(attached, sites, baud)
            return
        make = attachment.line(attached, baud=baud, visits=row.habits.calls)
        self._add_receiver(row, sites, make)

    def _sites_on(self, way: str) -> tuple[Site, ...]:
        return tuple(site for site in self._play.sites if site.way == way)

    def _add_receiver(self, row: Simulated, sites: Sequence[Site], make: _Make) -> None:
        assert row.voice is not None  # noqa: S101 - panels are added elsewhere
        talker = Receiver(row.voice, self.tally, self._habits(row), clock=self._clock)
        wire = Wire(talker, self._reactor, self._losing())

        def take(act: Act) -> None:
            talker.take(act.site.number, act.happening, act.site.form, damaged=act.damaged)

        if sites:
            place = _Place(sites[0].way, take, wire, make(wire, self._reactor))
            self._place(place, sites)

    def _habits(self, row: Simulated) -> Habits:
        """Return a receiver's habits with the times of the play in place of its own."""
        habits, play = row.habits, self._play
        if play.wait is not None:
            habits = replace(habits, wait=play.wait)
        if play.heartbeat is not None and habits.heartbeat_every is not None:
            habits = replace(habits, heartbeat_every=play.heartbeat)
        if play.heartbeat is not None and habits.pause is not None:
            habits = replace(habits, pause=play.heartbeat)
        return habits

    def _add_panels(self, attached: Attachment, sites: Sequence[Site], baud: int) -> None:
        for site in sites:
            talker = panel.Panel(
                site.number,
                self.tally,
                self._play.panel_habits,
                clock=self._clock,
                random=self._random,
                key=site.key,
            )
            wire = Wire(talker, self._reactor, self._losing())
            make = attachment.line(attached, baud=baud, visits=site.hangs_up)
            self._place(_Place(site.way, _teller(talker), wire, make(wire, self._reactor)), [site])

    def _place(self, place: _Place, sites: Iterable[Site]) -> None:
        for site in sites:
            if (site.way, site.number) in self._places:
                raise MistakeError(f"{site.number} on {site.way} would be played twice")
            self._sites.append(site)
            self._places[site.way, site.number] = place

    def _losing(self) -> Callable[[], bool]:
        """Return what decides, answer by answer, which of one line are lost."""
        numbers = count(1)

        def loses() -> bool:
            lost = self._play.loses > 0 and next(numbers) % self._play.loses == 0
            self.tally.lost_answers += lost
            return lost

        return loses


def _teller(talker: panel.Panel) -> Callable[[Act], None]:
    return lambda act: talker.take(on_a_panel(act))


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


def _serial_line(ways: Ways) -> _Make | None:
    if ways.pty is not None:
        attached = Attachment("surgard-mlr2", "pty", str(ways.pty))
    elif ways.device is not None:
        attached = Attachment("surgard-mlr2", "serial", ways.device)
    else:
        return None
    return attachment.line(attached, baud=ways.baud, visits=False)


def _surgard_line(ways: Ways) -> _Make | None:
    for way, where in (("call", ways.surgard_calls), ("listen", ways.surgard_listens)):
        if where is not None:
            attached = Attachment("surgard-system", way, f"{where[0]}:{where[1]}")
            return attachment.line(attached, baud=ways.baud, visits=False)
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
