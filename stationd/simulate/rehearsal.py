"""Play a scenario against a running station, and report what was acknowledged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred, DeferredList, maybeDeferred

from stationd.clock import Clock
from stationd.simulate.crowd import Crowd, Patience
from stationd.simulate.crowd_edges import Datagrams, Kept, Reading, Receivers, Visits, Way
from stationd.simulate.crowd_streams import Address, Medium, Reactor
from stationd.simulate.measures import Connections, Measures, Strange, total
from stationd.simulate.noise import Noise
from stationd.simulate.receiver_line import Books, Manner, ReceiverLine
from stationd.simulate.scenarios import Cast, Transport, events
from stationd.simulate.surgard import DC4, Header

__all__ = ["Rehearsal", "Stage"]

_SECOND = 1_000_000_000
_TURN = 0.004  # seconds between two looks at what has come due
_LATE = 1.5  # seconds: late enough to be felt, and before anybody repeats
_MOST_RECEIVERS = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a scenario is played, and on what.

    ``second`` is where receivers' second lines call.  ``connections`` is how many connections stay
    open, and how many sockets send datagrams.  ``linger`` is how many seconds after the last event
    its acknowledgement is waited for.  Waits are real seconds whatever the ``speed``.
    """

    tcp: Address | None = None
    udp: Address | None = None
    surgard: Address | None = None
    second: Address | None = None
    first_account: int = 0x100000
    connections: int = 800
    receivers: int = 20
    seed: int = 1
    speed: float = 1.0
    linger: float = 60.0
    patience: Patience = field(default_factory=Patience)
    manner: Manner = field(default_factory=Manner)


class Rehearsal:
    """One scenario with its connections: `open` them, `play`, `close`."""

    def __init__(self, reactor: Reactor, cast: Cast, stage: Stage, clock: Clock) -> None:
        self._reactor = reactor
        self._cast = cast
        self._stage = stage
        self._clock = clock
        self._measures = [Measures() for _ in Transport]
        self._connections = {way: Connections() for way in Transport}
        self._strange = Strange()
        codes = cast.scenario.codes
        self._crowd = Crowd(
            stage.first_account,
            cast.ways,
            self._measures,
            self._strange,
            patience=stage.patience,
            codes=codes,
        )
        surgard = self._measures[_place(Transport.SURGARD)]
        self._books = Books(stage.first_account, surgard, self._strange, codes)
        self._ways = {way: self._way(way) for way in Transport if _place(way) in set(cast.ways)}
        self._by_place = [self._ways.get(way) for way in Transport]
        self._coming: Iterator[tuple[float, int]] = iter(())
        self._next: tuple[float, int] | None = None
        self._begun = self._ended = self._behind = 0
        self._finished: Deferred[Mapping[str, object]] | None = None
        self._give_up_at: int | None = None
        kept, by_udp = self._ways.get(Transport.TCP), self._ways.get(Transport.UDP)
        if isinstance(kept, Kept) and by_udp is not None:
            kept.second(by_udp)

    # -- connections ---------------------------------------------------------

    def open(self) -> Deferred[None]:
        """Connect; fires when every standing connection has been there once."""
        for way in self._ways.values():
            way.open()
        ready: Deferred[None] = Deferred()
        self._look(ready)
        return ready

    def close(self) -> Deferred[list[tuple[bool, object]]]:
        """Hang up; fires when that is done."""
        return DeferredList([maybeDeferred(way.close) for way in self._ways.values()])

    def _look(self, ready: Deferred[None]) -> None:
        if all(way.ready for way in self._ways.values()):
            ready.callback(None)
        else:
            self._reactor.callLater(_TURN, self._look, ready)

    # -- playing -------------------------------------------------------------

    def play(self) -> Deferred[Mapping[str, object]]:
        """Play; fires with the report when all is acknowledged, or ``linger`` is over."""
        self._coming = events(self._cast, self._stage.seed)
        self._next = next(self._coming, None)
        self._begun = self._clock.ticks()
        outage = self._cast.scenario.outage
        if outage is not None:
            seconds = self._cast.duration / self._stage.speed
            self._reactor.callLater(outage.begins * seconds, self._outage, away=True)
            self._reactor.callLater(outage.ends * seconds, self._outage, away=False)
        self._finished = Deferred()
        self._turn()
        return self._finished

    def _outage(self, *, away: bool) -> None:
        for way in self._ways.values():
            way.outage(away=away)

    def _turn(self) -> None:
        now = self._clock.ticks()
        self._happen(now)
        for panel in self._crowd.tick(now):
            self._way_of(panel).send(panel)
        for way in self._ways.values():
            way.tick(now)
        if self._over(now):
            self._end(now)
        else:
            self._reactor.callLater(_TURN, self._turn)

    def _happen(self, now: int) -> None:
        """Let everything happen whose time has come."""
        elapsed = (now - self._begun) / _SECOND * self._stage.speed
        while self._next is not None and self._next[0] <= elapsed:
            at, account = self._next
            self._behind = max(self._behind, int((elapsed - at) / self._stage.speed * 1e6))
            self._way_of(account).take(account, now)
            self._next = next(self._coming, None)

    def _over(self, now: int) -> bool:
        if self._next is not None:
            return False
        if self._give_up_at is None:
            self._give_up_at = now + int(self._stage.linger * _SECOND)
        receivers = self._ways.get(Transport.SURGARD)
        settled = not isinstance(receivers, Receivers) or receivers.idle
        return (settled and self._crowd.idle) or now >= self._give_up_at

    def _end(self, now: int) -> None:
        self._ended = now
        finished, self._finished = self._finished, None
        if finished is not None:
            finished.callback(self.report())

    def _way_of(self, account: int) -> Way:
        way = self._by_place[self._cast.ways[account]]
        assert way is not None  # noqa: S101  (each account's way was made)
        return way

    # -- results -------------------------------------------------------------

    def report(self) -> Mapping[str, object]:
        """Return what came of it, as JSON."""
        summed = total(self._measures)
        seconds = max(self._ended - self._begun, 1) / _SECOND
        return {
            "accounts": self._cast.accounts,
            "seconds": round(seconds, 3),
            "speed": self._stage.speed,
            **summed.as_json(),
            "acknowledged_per_second": round(summed.acknowledged / seconds, 1),
            "behind_plan_ms": self._behind / 1000,
            "receivers": {
                "heartbeats": self._books.heartbeats,
                "longest_wait_ms": self._books.longest_wait / 1e6,
            },
            "ways": {
                way.value: {
                    **self._measures[_place(way)].as_json(),
                    "connections": self._connections[way].as_json(),
                }
                for way in self._ways
            },
            "strange_answers": list(self._strange.texts),
        }

    def acknowledged(self) -> Iterator[tuple[str, int]]:
        """Yield each account that reported, and how many of its events are acknowledged.

        They are its first ones: an account reports in order, one event at a time.
        """
        surgard = _place(Transport.SURGARD)
        for account, way in enumerate(self._cast.ways):
            settled = (
                self._books.settled.get(account, 0)
                if way == surgard
                else self._crowd.settled(account)
            )
            if settled:
                yield f"{self._stage.first_account + account:X}", settled

    # -- making --------------------------------------------------------------

    def _way(self, way: Transport) -> Way:
        stage, scenario = self._stage, self._cast.scenario
        noise = None
        if scenario.noisy:
            noise = Noise(stage.seed, end=DC4 if way is Transport.SURGARD else b"\r")
        medium = Medium(
            reactor=self._reactor,
            ticks=self._clock.ticks,
            connections=self._connections[way],
            noise=noise,
        )
        if way is Transport.SURGARD:
            return self._receivers(medium)
        if way is Transport.UDP:
            address = _given(stage.udp)
            return Datagrams(medium, self._crowd, address, sockets=self._lines(way))
        if way is Transport.ANEW:
            again = stage.patience.wait
            return Visits(medium, self._crowd, _given(stage.tcp), again=again)
        lines = self._lines(way)
        return Kept(
            medium,
            self._crowd,
            _given(stage.tcp),
            self._shares(way, lines),
            _readings(lines, scenario.late, scenario.deaf),
        )

    def _receivers(self, medium: Medium) -> Receivers:
        stage = self._stage
        addresses = [_given(stage.surgard)]
        if self._cast.scenario.outage is not None:
            addresses.append(stage.second or addresses[0])
        receivers = [
            ReceiverLine(
                Header(f"{place % _MOST_RECEIVERS + 1:02d}", "1"),
                self._books,
                stage.manner,
                lines=len(addresses),
            )
            for place in range(stage.receivers)
        ]
        return Receivers(medium, addresses, receivers)

    def _lines(self, way: Transport) -> int:
        return min(self._stage.connections, self._cast.ways.count(_place(way)))

    def _shares(self, way: Transport, lines: int) -> Sequence[Sequence[int]]:
        """Deal the panels of ``way`` to its connections."""
        place = _place(way)
        panels = [panel for panel, mine in enumerate(self._cast.ways) if mine == place]
        return [panels[line::lines] for line in range(lines)]


def _readings(lines: int, late: float, deaf: float) -> list[Reading]:
    """Return how each connection reads: the first are deaf, the next late."""
    deafs = round(lines * deaf)
    lates = round(lines * late)
    at_once = lines - deafs - lates
    return [
        *[Reading(deaf=True)] * deafs,
        *[Reading(late=_LATE)] * lates,
        *[Reading()] * at_once,
    ]


def _place(way: Transport) -> int:
    return list(Transport).index(way)


def _given(address: Address | None) -> Address:
    assert address is not None  # noqa: S101  (the mix has no way without an address)
    return address
