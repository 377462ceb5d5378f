"""What a whole station is put through: each scenario as a table line, and its events in order.

Everything here is data and arithmetic.  `events` yields who has something to report and when; it
is the same for the same seed, and takes no memory but a number for each account that takes part.
"""

import heapq
import random
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from stationd.errors import MistakeError

__all__ = ["DAY", "SCENARIOS", "Cast", "Mix", "Outage", "Scenario", "Transport", "cast", "events"]

DAY = 86400.0
_SIGNALS_A_DAY = 5.0
_PARTS = 100
_STRIDE = 61  # prime to `_PARTS`: neighbours come by different ways


class Transport(StrEnum):
    """How an account's signals come to the station."""

    TCP = "tcp"  # DC-09, connections that stay open
    ANEW = "anew"  # DC-09, a connection for each event
    UDP = "udp"  # DC-09, datagrams
    SURGARD = "surgard"  # a Sur-Gard receiver over TCP


Mix = Mapping[Transport, int]
"""How many of a hundred accounts come by each way."""


@dataclass(frozen=True, slots=True)
class Outage:
    """When primary lines are away, in shares of the duration."""

    begins: float
    ends: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One line of the table.

    ``taking_part`` is a share of the accounts, each of which reports ``per_account`` events in
    ``duration`` seconds; ``rhythm`` weighs equal parts of that time.  ``runaways`` accounts report
    ``runaway_rate`` events a second each besides.  ``late`` and ``deaf`` are shares of the
    connections that read their answers late, or not at all.
    """

    about: str
    accounts: int = 1000
    duration: float
    per_account: float
    taking_part: float = 1.0
    rhythm: Sequence[int] = (1,)
    codes: Sequence[str] = ("BA", "BR")
    runaways: int = 0
    runaway_rate: float = 0.0
    outage: Outage | None = None
    noisy: bool = False
    late: float = 0.0
    deaf: float = 0.0


# Signals in the hours of a day: timer tests at night, openings from 7, closings from 17.
_HOURS = (5, 5, 5, 4, 4, 5, 9, 22, 24, 12, 7, 6, 6, 6, 6, 8, 12, 22, 20, 11, 8, 6, 5, 5)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "quiet": Scenario(
            about="a quiet day: five signals an account, openings in the morning, closings later",
            accounts=100_000,
            duration=DAY,
            per_account=_SIGNALS_A_DAY,
            rhythm=_HOURS,
            codes=("RP", "OP", "BA", "BR", "CL"),
        ),
        "storm": Scenario(
            about="a storm: a quarter of the accounts report four times in half an hour",
            accounts=100_000,
            duration=1800.0,
            per_account=4.0,
            taking_part=0.25,
            rhythm=(1, 3, 5, 6, 6, 5, 4, 3, 2, 2),
            codes=("AT", "YT", "AR", "YR"),
        ),
        "path-return": Scenario(
            about="a common path is back: every account reports twice in five minutes",
            accounts=100_000,
            duration=300.0,
            per_account=2.0,
            codes=("YK", "RP"),
        ),
        "runaway": Scenario(
            about="three accounts report twenty times a second among normal ones",
            accounts=100_000,
            duration=600.0,
            per_account=_SIGNALS_A_DAY * 600.0 / DAY,
            runaways=3,
            runaway_rate=20.0,
        ),
        "failover": Scenario(
            about="primary lines go away; events come over the second line, some twice",
            duration=300.0,
            per_account=6.0,
            outage=Outage(0.3, 0.7),
        ),
        "noisy-line": Scenario(
            about="noise before, between and in frames; frames cut and joined",
            duration=300.0,
            per_account=6.0,
            noisy=True,
        ),
        "slow-reader": Scenario(
            about="some peers read their answers late, some not at all",
            duration=300.0,
            per_account=6.0,
            late=0.2,
            deaf=0.1,
        ),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who takes part and how: ``ways`` has a `Transport`'s place for each account."""

    scenario: Scenario
    accounts: int
    duration: float
    rate: float | None
    ways: bytes


def cast(
    scenario: Scenario,
    mix: Mix,
    *,
    accounts: int | None = None,
    duration: float | None = None,
    rate: float | None = None,
) -> Cast:
    """Return the cast of ``scenario``, with its own figures where none are given.

    ``rate`` is events a second in all, whatever that makes for an account.
    """
    if sum(mix.values()) <= 0:
        msg = "nobody takes part: give at least one way a share above 0"
        raise MistakeError(msg)
    count = scenario.accounts if accounts is None else accounts
    return Cast(
        scenario=scenario,
        accounts=count,
        duration=scenario.duration if duration is None else duration,
        rate=rate,
        ways=_ways(mix, count),
    )


def _ways(mix: Mix, accounts: int) -> bytes:
    total = sum(mix.values())
    by_share = bytes(
        place
        for place, way in enumerate(Transport)
        for _ in range(round(_PARTS * mix.get(way, 0) / total))
    )
    parts = len(by_share)
    mixed = bytes(by_share[step * _STRIDE % parts] for step in range(parts))
    return (mixed * (accounts // parts + 1))[:accounts]


def events(cast: Cast, seed: int) -> Iterator[tuple[float, int]]:
    """Yield the moment, in seconds from the beginning, and the account of each event, in order."""
    draw = random.Random(seed)  # noqa: S311  (a play, not a secret)
    usual = _usual(cast, draw)
    scenario = cast.scenario
    if not scenario.runaways:
        return usual
    runaways = draw.sample(range(cast.accounts), min(scenario.runaways, cast.accounts))
    return heapq.merge(usual, *(_runaway(cast, account) for account in runaways))


def _usual(cast: Cast, draw: random.Random) -> Iterator[tuple[float, int]]:
    """Let each account report once before any reports for the second time."""
    taking_part = max(1, round(cast.accounts * cast.scenario.taking_part))
    accounts = array("L", draw.sample(range(cast.accounts), taking_part))
    total = round(
        taking_part * cast.scenario.per_account if cast.rate is None else cast.rate * cast.duration
    )
    bounds = _bounds(cast.scenario.rhythm)
    for step in range(total):
        turn = step % taking_part
        if not turn:
            draw.shuffle(accounts)
        yield cast.duration * _moment(bounds, (step + draw.random()) / total), accounts[turn]


def _runaway(cast: Cast, account: int) -> Iterator[tuple[float, int]]:
    rate = cast.scenario.runaway_rate
    for step in range(int(cast.duration * rate)):
        yield step / rate, account


def _bounds(rhythm: Sequence[int]) -> list[float]:
    """Return what share of all events happened before each part of the time, and 1 at its end."""
    total = sum(rhythm)
    bounds = [0.0]
    for weight in rhythm:
        bounds.append(bounds[-1] + weight / total)
    bounds[-1] = 1.0
    return bounds


def _moment(bounds: Sequence[float], share: float) -> float:
    """Return when ``share`` of all events have happened, as a share of the duration."""
    parts = len(bounds) - 1
    part = 0
    while part < parts - 1 and bounds[part + 1] <= share:
        part += 1
    within = (share - bounds[part]) / (bounds[part + 1] - bounds[part])
    return (part + within) / parts
