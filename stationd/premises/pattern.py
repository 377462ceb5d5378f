"""The pattern of dead premises, as evidence for ending a service early: a pure rule.

Mains power went and did not come back; then the battery ran low or the path was lost; then so many
timer tests in a row did not come, while the same receiver line was heard.  It is what the record
shows and no more: whether anybody lives there is for people to find out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from stationd.clock import iso

__all__ = ["CODES", "LEAST_TESTS", "Evidence", "Sign", "Silent", "evidence", "text"]

LEAST_TESTS = 14
"""Tests in a row that must have been missed."""

_POWER, _BATTERY, _PATH = "mains power", "battery", "path"

CODES: Mapping[str, tuple[str, bool | None]] = MappingProxyType(
    {
        "AT": (_POWER, True),
        "AR": (_POWER, False),
        "301": (_POWER, None),
        "YT": (_BATTERY, True),
        "YR": (_BATTERY, False),
        "302": (_BATTERY, None),
        "309": (_BATTERY, None),
        "YC": (_PATH, True),
        "YK": (_PATH, False),
        "LT": (_PATH, True),
        "LR": (_PATH, False),
        "350": (_PATH, None),
        "351": (_PATH, None),
        "352": (_PATH, None),
        "354": (_PATH, None),
        "356": (_PATH, None),
    }
)
"""What codes of SIA and Contact ID say of power, battery and path, and whether it is lost; None:
the signal's class says it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A signal about power, battery or path."""

    at: datetime
    code: str
    restored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """That an account's tests do not come: since when, how often they should, on which line.

    ``path_lost_at`` is since when its polls fail, too; None: it does not poll, or they come.
    """

    acct: str
    since: datetime
    interval: timedelta
    listener: str
    path_lost_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The pattern, with its instants: ``heard`` counts missed tests while the line was heard."""

    acct: str
    power_lost_at: datetime
    power_code: str
    then: str
    then_at: datetime
    then_code: str
    silent_since: datetime
    interval: timedelta
    missed: int
    heard: int
    listener: str


def evidence(
    silent: Silent, signs: Sequence[Sign], minutes: Sequence[int], now: datetime
) -> Evidence | None:
    """Return the pattern; None: it is not there.

    ``signs`` are in order, ``minutes`` those since 1970 in which the line was heard, in order.
    """
    power = _lost(signs, _POWER)
    if power is None:
        return None
    after = [
        (one.at, kind, one.code)
        for kind in (_BATTERY, _PATH)
        if (one := _lost(signs, kind)) is not None and one.at >= power.at
    ]
    if silent.path_lost_at is not None and silent.path_lost_at >= power.at:
        after.append((silent.path_lost_at, _PATH, "polls"))
    missed = max((now - silent.since) // silent.interval, 0)
    heard = _windows_heard(silent, minutes, missed)
    if not after or heard < LEAST_TESTS:
        return None
    then_at, then, code = min(after)
    return Evidence(
        acct=silent.acct,
        power_lost_at=power.at,
        power_code=power.code,
        then=then,
        then_at=then_at,
        then_code=code,
        silent_since=silent.since,
        interval=silent.interval,
        missed=missed,
        heard=heard,
        listener=silent.listener,
    )


def _lost(signs: Sequence[Sign], kind: str) -> Sign | None:
    """Return when something was lost, if it was and has not come back since."""
    lost: Sign | None = None
    for one in signs:
        if CODES[one.code][0] != kind:
            continue
        if one.restored:
            lost = None
        elif lost is None:
            lost = one
    return lost


def _windows_heard(silent: Silent, minutes: Sequence[int], missed: int) -> int:
    """Return for how many of the missed tests the line was heard while they were due."""
    first = silent.since.timestamp() / 60
    width = silent.interval.total_seconds() / 60
    numbers = {int((minute - first) // width) for minute in minutes if minute >= first}
    return sum(1 for number in numbers if number < missed)


def text(found: Evidence) -> str:
    """Return the pattern as a text that can be recorded as evidence."""
    then = {_BATTERY: "the battery ran low", _PATH: "the path was lost"}[found.then]
    return "\n".join(
        [
            f"Supervision of account {found.acct}: pattern of dead premises",
            "",
            f"1. {iso(found.power_lost_at)}: mains power was lost (code {found.power_code}), and",
            "   no signal since says that it came back.",
            f"2. {iso(found.then_at)}: {then} (code {found.then_code}).",
            f"3. Since {iso(found.silent_since)} no signal came that counts as a timer test; one",
            f"   is due every {found.interval}. {found.missed} were missed in a row.",
            f"4. On the same receiver line ({found.listener}) other signals or heartbeats were",
            f"   heard while {found.heard} of them were due.",
            "",
            "This is what the record shows. It does not say why, nor whether anybody lives there.",
            "",
        ]
    )
