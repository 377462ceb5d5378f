"""What a history says of each day: armed or not, tests, polls, silence; counted while it passes.

Days are those of the site's calendar.  Nothing is judged here: each figure is a count, or a
difference of two times, by the method that the report states beside it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

__all__ = ["Arming", "DayBook", "Schedule", "Silence", "schedule", "site_time"]

_AREAS = 64
# A test that is longer overdue than this many times says no more by being counted again.
_MOST_MISSED = 1000
_MOST_NUMBER = 1_000_000
_LEAST_GRACE, _MOST_GRACE = timedelta(minutes=10), timedelta(hours=6)


class Arming(StrEnum):
    """What was reported of a day's arming."""

    ARMED = "armed"
    DISARMED = "disarmed"
    MIXED = "mixed"
    UNKNOWN = "unknown"


_NONE, _ARMED, _DISARMED = 0, 1, 2
_ARMING = (Arming.UNKNOWN, Arming.ARMED, Arming.DISARMED, Arming.MIXED)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a test is due, and how much later it may come; ``any`` signal may be one."""

    interval: timedelta
    grace: timedelta
    any: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """The longest time between two records, and when it began and ended (UTC texts)."""

    length: timedelta = timedelta(0)
    begin: str = ""
    end: str = ""


def site_time(text: str, zone: tzinfo) -> datetime | None:
    """Return a record's UTC time in ``zone``; None where the text is no such time."""
    try:
        return datetime.fromisoformat(text).astimezone(zone)
    except (ValueError, OverflowError):
        return None


def schedule(facts: Mapping[str, Any]) -> Schedule | None:
    """Return when tests are due as the frozen facts of the account have it; None: they do not say.

    ``account.details`` has ``test_hours``, ``test_grace`` (minutes; else a quarter of the
    interval, 10 min to 6 h) and ``test_by`` (`any`: any signal counts as a test).
    """
    account = facts.get("account")
    details = account.get("details") if isinstance(account, Mapping) else None
    if not isinstance(details, Mapping):
        return None
    hours, minutes = (_number(details.get(key)) for key in ("test_hours", "test_grace"))
    if not hours:
        return None
    interval = timedelta(hours=hours)
    grace = _grace(interval) if minutes is None else timedelta(minutes=minutes)
    return Schedule(interval, grace, any=details.get("test_by") == "any")


def _number(value: object) -> int | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= _MOST_NUMBER else None


def _grace(interval: timedelta) -> timedelta:
    return min(max(interval / 4, _LEAST_GRACE), _MOST_GRACE)


class DayBook:
    """Figures of each day; as many as there are days, areas and nothing else."""

    def __init__(self, zone: tzinfo, tests: Schedule | None = None) -> None:
        self.zone = zone
        self.schedule = tests
        self.tests: Counter[str] = Counter()
        self.tests_missed: Counter[str] = Counter()
        self.polls: Counter[str] = Counter()
        self.polls_missed: Counter[str] = Counter()
        self.silence = Silence()
        self.untested = Silence()
        self.last: dict[str, Mapping[str, Any]] = {}
        self._seen: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._areas: dict[str, int] = {}
        self._order: list[str] | None = None
        self._test = ""
        self._heard = ""

    # --- While the records pass ---

    def signal(self, what: str, fields: Mapping[str, Any], day: str, time: str) -> None:
        """Take a signal of class ``what``."""
        self.last[what] = fields
        if what == "test":
            self.tests[day] += 1
        if what == "test" or (self.schedule is not None and self.schedule.any):
            self.tested(time)
        if what in {"opening", "closing"}:
            self._armed(day, fields.get("area"), _ARMED if what == "closing" else _DISARMED)

    def heard(self, time: str) -> None:
        """Take the first time of a run of records and ask how long nothing was recorded before."""
        self.silence = _longer(self.silence, self._heard, time)
        self.hear(time)

    def hear(self, time: str) -> None:
        """Take the time of one more record of a run; one that goes back ends no silence."""
        self._heard = max(self._heard, time)

    def polled(self, fields: Mapping[str, Any], time: str) -> None:
        """Take a span of polls of the account, or that its polls or tests were missed."""
        count = fields.get("count")
        days = [self._day(fields.get(key)) for key in ("first", "last")]
        number = count if isinstance(count, int) and count > 0 else 0
        for day in {day for day in days if day and number}:
            self.polls[day] += number if day == days[-1] else 0
        if fields.get("cause") == "missed":
            self.polls_missed[self._day(time)] += 1

    def _day(self, text: object) -> str:
        at = site_time(text, self.zone) if isinstance(text, str) else None
        return f"{at:%Y-%m-%d}" if at else ""

    def tested(self, time: str) -> None:
        """Note a test, or the end of what is looked at: count those that were due in between."""
        if time[:15] == self._test[:15]:
            # Within ten minutes nothing was due.
            self._test = time
            return
        self.untested = _longer(self.untested, self._test, time)
        before, at = site_time(self._test, self.zone), site_time(time, self.zone)
        self._test = time
        if self.schedule is None or before is None or at is None:
            return
        due = before + self.schedule.interval
        for _ in range(_MOST_MISSED):
            if due + self.schedule.grace >= at:
                return
            self.tests_missed[f"{due:%Y-%m-%d}"] += 1
            due += self.schedule.interval

    def ended(self, time: str) -> None:
        """Say up to when the history reaches: silence and overdue tests count to there."""
        self.silence = _longer(self.silence, self._heard, time)
        if self._test:
            self.tested(time)

    def _armed(self, day: str, area: object, state: int) -> None:
        if day not in self._seen:
            self._seen[day] = self._now()
        name = area if isinstance(area, str) else ""
        if name in self._areas or len(self._areas) < _AREAS:
            self._areas[name] = state
        self._left[day] = self._now()
        self._seen[day] |= self._left[day] | state
        self._order = None

    def _now(self) -> int:
        state = _NONE
        for one in self._areas.values():
            state |= one
        return state

    # --- When all have passed ---

    def arming(self, day: str) -> Arming:
        """Return what was reported of a day; a day without report keeps the state before it."""
        if day in self._seen:
            return _ARMING[self._seen[day]]
        if self._order is None:
            self._order = sorted(self._left)
        at = bisect_left(self._order, day)
        return _ARMING[self._left[self._order[at - 1]]] if at else Arming.UNKNOWN


def _longer(known: Silence, begin: str, end: str) -> Silence:
    """Return the longer of a known silence and the one between two times."""
    try:
        length = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    except (ValueError, TypeError, OverflowError):
        return known
    return Silence(length, begin, end) if length > known.length else known
