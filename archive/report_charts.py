"""A month as a picture: records a day, the arming calendar, and the supervision strip.

What a day shows is worked out first (`month_panels`), as plain values; drawing adds nothing.  No
meaning is carried by colour alone: every square has a letter or a sign, a span that cannot be
vouched for is hatched, and so is a day without a record.
"""

import calendar
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from archive.daybook import Arming, site_time
from archive.incidents import INCIDENT_CLASSES
from archive.report_pages import ACCENT, ALERT, BAND, INK, QUIET, RULE, Layout, Pen
from archive.summary import Summary

__all__ = [
    "MONTHS",
    "Day",
    "Panel",
    "Supervised",
    "draw_legend",
    "draw_month",
    "gap_days",
    "hatching",
    "month_panels",
    "months_between",
    "short",
    "told",
]

MONTHS = 24
"""This many months, the newest, are drawn."""

_FILL_UP = 24
_LABEL, _SQUARE, _BARS = 72.0, 12.0, 34.0
_PANEL = 2 * _SQUARE + _BARS + 38
_WHITE = (1.0, 1.0, 1.0)
_BAR = (0.36, 0.52, 0.68)
_THOUSAND = 1000
_TIMES, _DASH = "\u00d7", "\u2013"


class Supervised(StrEnum):
    """What came of tests and polls on a day."""

    RECEIVED = "received"
    MISSED = "missed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Day:
    """What the picture shows of one day; ``inside``: there is a record of it."""

    number: int
    records: int
    incidents: int
    arming: Arming
    supervised: Supervised
    gap: bool
    inside: bool


@dataclass(frozen=True, slots=True)
class Panel:
    """A month and its days, the first to the last."""

    month: str
    days: tuple[Day, ...]

    @property
    def title(self) -> str:
        """The month in words."""
        year, month = self.month.split("-")
        return f"{calendar.month_name[int(month)]} {year}"


def gap_days(rows: Iterable[Mapping[str, Any]], zone: tzinfo, last: str) -> set[str]:
    """Return the days of the site's calendar that a gap touches; an open one lasts to ``last``.

    A step of a clock counts as a gap of the days between its two times.
    """
    days: set[str] = set()
    end_of_all = _date(last)
    for row in rows:
        begin = site_time(str(row.get("from") or ""), zone)
        if begin is None:
            continue
        end = site_time(str(row.get("to") or ""), zone)
        low = begin.date()
        high = end.date() if end else end_of_all or low
        low, high = min(low, high), max(low, high)
        if end_of_all:
            high = max(low, min(high, end_of_all))
        # A day more than a hundred years on is a clock's fault, not a gap's.
        for number in range(min((high - low).days, 36_500) + 1):
            days.add((low + timedelta(days=number)).isoformat())
    return days


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def months_between(days: Iterable[str]) -> list[str]:
    """Return the months of ``days``, in order, those without a day between them included.

    A hole of more than two years (a clock that was set wrong) is not filled.
    """
    known = sorted({day[:7] for day in days if _date(day)})
    months: list[str] = []
    for month in known:
        number = _number(month)
        before = _number(months[-1]) if months else number
        if number - before <= _FILL_UP:
            months += [_named(between) for between in range(before + 1, number)]
        months.append(month)
    return months


def _number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _named(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


def month_panels(summary: Summary, gaps: set[str]) -> tuple[list[Panel], int]:
    """Return the newest months as panels, in order, and how many earlier ones are left out."""
    months = months_between(summary.days)
    known = [day for day in summary.days if _date(day)]
    whole = (min(known, default=""), max(known, default=""))
    panels = [Panel(month, tuple(_days(summary, gaps, month, whole))) for month in months[-MONTHS:]]
    return panels, max(0, len(months) - MONTHS)


def _days(summary: Summary, gaps: set[str], month: str, whole: tuple[str, str]) -> Iterable[Day]:
    year, number = int(month[:4]), int(month[5:7])
    for day in range(1, calendar.monthrange(year, number)[1] + 1):
        name = f"{month}-{day:02}"
        counts: Mapping[str, int] = summary.days.get(name) or {}
        yield Day(
            number=day,
            records=sum(counts.values()),
            incidents=sum(counts.get(one, 0) for one in INCIDENT_CLASSES),
            arming=(summary.book.arming(name) if whole[0] <= name <= whole[1] else Arming.UNKNOWN),
            supervised=_supervised(summary, name),
            gap=name in gaps,
            inside=bool(counts),
        )


def _supervised(summary: Summary, day: str) -> Supervised:
    book = summary.book
    if book.tests_missed[day] or book.polls_missed[day]:
        return Supervised.MISSED
    if book.tests[day] or book.polls[day]:
        return Supervised.RECEIVED
    return Supervised.NONE


def told(panel: Panel) -> str:
    """Return in words what the picture of a month shows."""
    days = panel.days
    armed = ", ".join(
        f"{one.value} {count}"
        for one in Arming
        if (count := sum(day.arming is one for day in days))
    )
    parts = [
        f"{panel.title}: {sum(day.records for day in days)} records",
        f"alarm, duress or medical signals {_listed(days, 'incidents')}",
        f"days by arming: {armed}",
        (
            f"tests or polls received on {_count(days, Supervised.RECEIVED)} days, missed "
            f"{_on([day.number for day in days if day.supervised is Supervised.MISSED])}"
        ),
        f"gaps {_listed(days, 'gap')}",
        f"nothing recorded {_on([day.number for day in days if not day.inside])}",
    ]
    return "; ".join(parts) + "."


def _count(days: Sequence[Day], state: Supervised) -> int:
    return sum(day.supervised is state for day in days)


def _listed(days: Sequence[Day], what: str) -> str:
    return _on([day.number for day in days if getattr(day, what)])


def _on(days: Sequence[int]) -> str:
    return f"on the {', '.join(map(str, days))}" if days else "on no day"


def hatching(
    box: tuple[float, float, float, float], step: float, *, rising: bool
) -> list[tuple[float, float, float, float]]:
    """Return the slanted lines that hatch a box (left, bottom, width, height), cut to it."""
    left, bottom, width, height = box
    lines = []
    for number in range(1, int((width + height) / step) + 1):
        at = number * step
        low, high = max(0.0, at - height), min(width, at)
        if high - low < step / 4:
            continue
        begin, end = (low, height - at + low), (high, height - at + high)
        if not rising:
            begin, end = (low, at - low), (high, at - high)
        lines.append((left + begin[0], bottom + begin[1], left + end[0], bottom + end[1]))
    return lines


# --- Drawing ---


def draw_month(layout: Layout, panel: Panel, most: int) -> None:
    """Draw a month; ``most`` records of a day are as high as the bars may be."""
    layout.figure(_PANEL, told(panel), lambda pen: _month(pen, panel, most))


def _month(pen: Pen, panel: Panel, most: int) -> None:
    width = (pen.width - _LABEL) / 31
    base, arming, strip = _PANEL - _BARS - 20, 8.0 + _SQUARE, 4.0
    pen.text(0, _PANEL - 15, panel.title, size=9, colour=ACCENT)
    pen.text(0, base + 12, "records a day", colour=QUIET)
    pen.text(0, arming + 3.5, "armed or not", colour=QUIET)
    pen.text(0, strip + 3.5, "tests and polls", colour=QUIET)
    for day in panel.days:
        x = _LABEL + (day.number - 1) * width
        _ground(pen, day, (x, strip, width - 1.5, _PANEL - 20 - strip))
        _bar(pen, day, (x, base, width - 1.5), most)
        middle = x + (width - 1.5) / 2
        pen.box((middle - 4, arming + _SQUARE + 2, 8, 6), fill=_WHITE)
        pen.centred(middle, arming + _SQUARE + 3, str(day.number), size=6, colour=QUIET)
        box = (x + 1, arming, width - 3.5, _SQUARE)
        _armed(pen, day.arming, box)
        _tested(pen, day.supervised, (x + 1, strip, width - 3.5, _SQUARE))
    pen.line((_LABEL, base, _LABEL + len(panel.days) * width, base), colour=QUIET, width=0.5)


def _ground(pen: Pen, day: Day, box: tuple[float, float, float, float]) -> None:
    """Hatch what cannot be vouched for, and days of which there is no record."""
    if day.gap:
        _hatch(pen, box, gap=True)
    elif not day.inside:
        _hatch(pen, box, gap=False)


def _hatch(pen: Pen, box: tuple[float, float, float, float], *, gap: bool) -> None:
    colour, width, step = (ALERT, 0.7, 4.0) if gap else (RULE, 0.5, 7.0)
    if gap:
        pen.box(box, stroke=ALERT)
    for ends in hatching(box, step, rising=gap):
        pen.line(ends, colour=colour, width=width)


def _bar(pen: Pen, day: Day, place: tuple[float, float, float], most: int) -> None:
    x, base, width = place
    middle = x + width / 2
    if not day.records:
        return
    # The highest bar leaves room for its number and the sign of an incident.
    height = max(1.5, (_BARS - 16) * day.records / max(most, 1))
    pen.box((x + 1.5, base, width - 3, height), fill=_BAR)
    y = base + height + 1.5
    pen.box((x + 0.5, y - 0.6, width - 1, 6.5), fill=_WHITE)
    pen.centred(middle, y + 0.3, short(day.records), size=5.5)
    if day.incidents:
        y += 7.5
        pen.shape([(middle - 3, y), (middle + 3, y), (middle, y + 5.5)], fill=ALERT)


def short(number: int) -> str:
    """Return a number in at most four signs."""
    if number < _THOUSAND:
        return str(number)
    for unit in ("k", "M", "G"):
        number_of, rest = divmod(number, _THOUSAND)
        if number_of < 10:  # noqa: PLR2004 - a single digit
            return f"{number_of}.{rest // 100}{unit}"
        if number_of < _THOUSAND:
            return f"{number_of}{unit}"
        number = number_of
    return "many"


def _armed(pen: Pen, arming: Arming, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    fill = ACCENT if arming is Arming.ARMED else _WHITE
    pen.box(box, fill=fill, stroke=QUIET)
    if arming is Arming.MIXED:
        pen.shape([(x, y), (x + width, y), (x, y + height)], fill=BAND)
    if arming is Arming.UNKNOWN:
        _hatch(pen, box, gap=False)
    letter = {Arming.ARMED: "A", Arming.DISARMED: "D", Arming.MIXED: "M"}.get(arming, "?")
    colour = _WHITE if arming is Arming.ARMED else INK
    pen.centred(x + width / 2, y + 3.5, letter, size=7, colour=colour)


def _tested(pen: Pen, state: Supervised, box: tuple[float, float, float, float]) -> None:
    x, y, width, _ = box
    pen.box(box, fill=INK if state is Supervised.MISSED else _WHITE, stroke=QUIET)
    if state is Supervised.NONE:
        _hatch(pen, box, gap=False)
    sign = {Supervised.RECEIVED: "✓", Supervised.MISSED: _TIMES}.get(state, _DASH)
    colour = _WHITE if state is Supervised.MISSED else INK
    pen.centred(x + width / 2, y + 3.5, sign, size=7.5, colour=colour)


_LEGEND = (
    ("armed all day", "A"),
    ("disarmed all day", "D"),
    ("both, or areas differ", "M"),
    ("not reported", "?"),
    ("test or poll received", "✓"),
    ("one was missed", _TIMES),
    ("none came, none known due", _DASH),
    ("an alarm, duress or medical signal", "^"),
    ("a gap or outage touches the day", "/"),
    ("no record of the day", "."),
)
_STATES = {"A": Arming.ARMED, "D": Arming.DISARMED, "M": Arming.MIXED, "?": Arming.UNKNOWN}
_SIGNS = {"✓": Supervised.RECEIVED, _TIMES: Supervised.MISSED, _DASH: Supervised.NONE}


def draw_legend(layout: Layout) -> None:
    """Draw what the squares and hatchings mean."""
    alt = "Key to the pictures: " + "; ".join(title for title, _ in _LEGEND) + "."
    layout.figure(54, alt, _legend)


def _legend(pen: Pen) -> None:
    for number, (title, sign) in enumerate(_LEGEND):
        row, column = divmod(number, 4)
        x, y = column * pen.width / 4, 38.0 - row * 17
        box = (x, y, 11.0, _SQUARE)
        if sign in _STATES:
            _armed(pen, _STATES[sign], box)
        elif sign in _SIGNS:
            _tested(pen, _SIGNS[sign], box)
        elif sign == "^":
            pen.shape([(x + 2, y + 3), (x + 9, y + 3), (x + 5.5, y + 9.5)], fill=ALERT)
        else:
            _hatch(pen, box, gap=sign == "/")
        pen.text(x + 15, y + 3.5, title, size=7.5)
