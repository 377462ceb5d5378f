"""A day at the sites, as a table of what happens when: the same for the same seed."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from stationd.simulate import panel
from stationd.simulate.happening import Form, Happening, digits, sia_block
from stationd.simulate.sites import Plot, Site

__all__ = ["Act", "Outage", "on_a_panel", "script"]

_HOUR = 3600.0
_MINUTE = 60.0
_OUTAGE_AT = 14 * _HOUR


@dataclass(frozen=True, slots=True)
class Act:
    """Something happens at a site, ``at`` seconds into the day."""

    at: float
    site: Site
    happening: Happening
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """A line goes away, ``at`` seconds into the day, for some seconds of it."""

    at: float
    way: str
    seconds: float


_OPEN = Happening("E", "401", "OP", "O", 1)
_CLOSE = Happening("R", "401", "CL", "C", 1)
_TEST = Happening("E", "602", "RP", "R")

_BURGLARY = (
    (0.0, Happening("E", "130", "BA", "A", 3, "HALL DOOR")),
    (11.0, Happening("E", "130", "BA", "A", 4, "STAIRS PIR")),
    (12.0, Happening("E", "139", "BV", "A", 4, "CONFIRMED")),
    (95.0, Happening("R", "130", "BR", "R", 3)),
    (97.0, Happening("R", "130", "BR", "R", 4)),
    (420.0, Happening("E", "406", "BC", "F", 2)),
)
_POWER_LOSS = (
    (0.0, Happening("E", "301", "AT", "T")),
    (2 * _HOUR, Happening("E", "302", "YT", "T")),
    (2.6 * _HOUR, Happening("R", "301", "AR", "R")),
    (3.5 * _HOUR, Happening("R", "302", "YR", "R")),
)
_LINK_LOSS = (
    (0.0, Happening("E", "351", "LT", "T", 1)),
    (15 * _MINUTE, Happening("R", "351", "LR", "R", 1)),
)
_UNKNOWN = ((0.0, Happening("E", "110", "FA", "A", 7, "KITCHEN")), (120.0, _TEST))

# plot: (its hour, what happens from then on)
_PLOTS = {
    Plot.QUIET: (0.0, ()),
    Plot.BURGLARY: (2.2, _BURGLARY),
    Plot.POWER_LOSS: (11.1, _POWER_LOSS),
    Plot.LINK_LOSS: (14.0, _LINK_LOSS),
    Plot.UNKNOWN: (16.3, _UNKNOWN),
}


def script(seed: int, sites: Iterable[Site]) -> tuple[Act | Outage, ...]:
    """Return a day of ``sites``, in order of time."""
    draw = random.Random(seed)  # noqa: S311  (a play, not a secret)
    acts: list[Act | Outage] = []
    damaged: set[str] = set()
    for site in sites:
        day = sorted(_day(site, draw), key=lambda act: act.at)
        if site.way not in damaged and site.plot is not Plot.UNKNOWN:
            # The first event of a way arrives damaged and is sent again.
            damaged.add(site.way)
            day[0] = Act(day[0].at, site, day[0].happening, damaged=True)
        acts += day
    ways = {site.way for site in sites if site.plot is Plot.LINK_LOSS}
    acts += [Outage(_OUTAGE_AT - _MINUTE, way, 5 * _MINUTE) for way in sorted(ways)]
    return tuple(sorted(acts, key=lambda act: act.at))


def _day(site: Site, draw: random.Random) -> Iterator[Act]:
    hour, plot = _PLOTS[site.plot]
    start = hour * _HOUR + draw.uniform(0, 10 * _MINUTE)
    for offset, happening in plot:
        yield Act(start + offset, site, happening)
    if site.plot is Plot.UNKNOWN:
        return
    user = draw.randrange(1, 9)
    yield Act(7.5 * _HOUR + draw.uniform(0, _HOUR), site, _by(user, _OPEN))
    yield Act(18 * _HOUR + draw.uniform(0, _HOUR), site, _by(user, _CLOSE))
    for hour in (3, 9, 15, 21):
        yield Act(hour * _HOUR + draw.uniform(0, 20 * _MINUTE), site, _TEST)


def _by(user: int, happening: Happening) -> Happening:
    return Happening(
        happening.qualifier, happening.contact_id, happening.sia, happening.letter, user
    )


def on_a_panel(act: Act) -> panel.Said:
    """Return what a DC-09 panel says of ``act``."""
    number, what = act.site.number, act.happening
    if act.site.form is Form.CONTACT_ID:
        content = f"#{number}|{digits(what)} 01 {what.place:03d}"
        return panel.Said(token="ADM-CID", content=content, damaged=act.damaged)
    content = f"#{number}|{sia_block(what)}"
    return panel.Said(token="SIA-DCS", content=content, damaged=act.damaged)
