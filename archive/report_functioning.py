"""The functioning report: did it work?  Counts by day or month, with the method, no opinion."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from archive.daybook import Arming, Schedule, Silence
from archive.incidents import INCIDENT_CLASSES
from archive.report_pages import Column, Layout
from archive.report_records import event, place
from archive.report_words import CLASSES, GAPS, duration, local_time, shown, span
from archive.summary import Summary, moment

__all__ = ["FUNCTIONING", "Cause", "Period", "causes", "functioning", "periods"]

FUNCTIONING = "Did it work? The functioning report"

_DAILY = 93
"""Up to this many days a row stands for a day, above for a month."""

_PERIODS = (
    Column("", 60),
    Column("armed", 34, right=True),
    Column("disarmed", 40, right=True),
    Column("both", 34, right=True),
    Column("not reported", 44, right=True),
    Column("tests due", 40, right=True),
    Column("tests received", 46, right=True),
    Column("polls heard", 44, right=True),
    Column("alarm, duress, medical", 54, right=True),
    Column("restore", 40, right=True),
    Column("trouble", 40, right=True),
    Column("gaps", 46, right=True),
)
_LAST = (
    Column("class", 62),
    Column("what it is", 150),
    Column("signals", 46, right=True),
    Column("last one (site time)", 120),
    Column("seq", 40, right=True),
    Column("event", 104),
)
_CAUSES = (
    Column("kind and cause", 200),
    Column("how many", 60, right=True),
    Column("together", 90, right=True),
    Column("longest", 90, right=True),
    Column("still open", 60, right=True),
)


@dataclass(slots=True)
class Period:
    """What is counted of a day or a month."""

    name: str
    arming: Counter[Arming] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    missed: int = 0
    polls: int = 0
    gaps: int = 0


@dataclass(slots=True)
class Cause:
    """The gaps of one cause."""

    name: str
    number: int = 0
    total: timedelta = timedelta(0)
    longest: timedelta = timedelta(0)
    open: int = 0


def periods(summary: Summary, gaps: set[str]) -> list[Period]:
    """Return a row a day, or a month where there are many days.

    A day counts that has a record, and within these one with a missed test or a gap.
    """
    book = summary.book
    recorded = {day for day in summary.days if day}
    low, high = min(recorded, default=""), max(recorded, default="")
    between = {day for day in (*book.tests_missed, *gaps) if low <= day <= high}
    days = sorted(recorded | between)
    length = 10 if len(days) <= _DAILY else 7
    found: dict[str, Period] = {}
    for day in days:
        period = found.setdefault(day[:length], Period(day[:length]))
        period.arming[book.arming(day)] += 1
        period.counts.update(summary.days.get(day, ()))
        period.tests += book.tests[day]
        period.missed += book.tests_missed[day]
        period.polls += book.polls[day]
        period.gaps += day in gaps
    return list(found.values())


def causes(lines: Sequence[Mapping[str, Any]]) -> list[Cause]:
    """Return the gaps by kind and cause; one that is open has no length yet."""
    found: dict[str, Cause] = {}
    for row in lines:
        kind, why = str(row.get("kind") or ""), str(row.get("cause") or "")
        said = GAPS.get(kind, kind)
        name = said if why in {"", kind} else f"{said}: {why}"
        cause = found.setdefault(name, Cause(name))
        cause.number += 1
        length = span(row.get("from"), row.get("to"))
        if length is None:
            cause.open += 1
            continue
        cause.total += abs(length)
        cause.longest = max(cause.longest, abs(length))
    return [found[name] for name in sorted(found)]


def functioning(
    layout: Layout, lines: Sequence[Mapping[str, Any]], summary: Summary, gaps: set[str]
) -> None:
    """Write the whole section; ``lines`` are the rows of line status, ``gaps`` days they touch."""
    layout.heading(FUNCTIONING)
    layout.text(
        "What the record holds about the working of the system at the site and of the way its "
        "signals took, in counts. It states what was recorded and how it was counted; it draws no "
        "conclusion."
    )
    _silences(layout, summary)
    _periods(layout, summary, periods(summary, gaps))
    _last(layout, summary)
    _gaps_by_cause(layout, lines)
    _method(layout, summary)


def _silences(layout: Layout, summary: Summary) -> None:
    book = summary.book
    layout.facts(
        [
            ("Longest silence", _silent(book.silence, summary, "no time passed without a record")),
            (
                "Longest without a test",
                _silent(book.untested, summary, _no_tests(summary)),
            ),
            ("Tests", _tests(summary)),
        ]
    )


def _no_tests(summary: Summary) -> str:
    if summary.classes["test"]:
        return "there is one test signal, and nothing after it to measure to"
    return "there is no test signal in this history"


def _silent(silence: Silence, summary: Summary, none: str) -> str:
    if not silence.length:
        return none
    begin, end = (local_time(text, summary.zone) for text in (silence.begin, silence.end))
    return f"{duration(silence.length)}, from {begin} to {end}"


def _tests(summary: Summary) -> str:
    book = summary.book
    received = book.tests.total()
    if book.schedule is None:
        return f"{received} received; the account's facts name no interval, so none counts as due"
    missed = book.tests_missed.total()
    return (
        f"{received} received, {missed} missed; one is due every "
        f"{duration(book.schedule.interval)}, with {duration(book.schedule.grace)} of grace"
        f"{'; any signal counts as one' if book.schedule.any else ''}"
    )


def _periods(layout: Layout, summary: Summary, rows: Sequence[Period]) -> None:
    if not rows:
        return
    by_day = len(rows[0].name) > len("2026-01")
    layout.subheading("By day" if by_day else "By month")
    rule = summary.book.schedule
    layout.table(_PERIODS, [(_period(row, rule), False) for row in rows])


def _due(row: Period, rule: Schedule | None) -> str:
    if rule is None:
        return "not known"
    # Where any signal counts as a test, only a miss can be counted.
    return f"{row.missed} missed" if rule.any else str(row.tests + row.missed)


def _period(row: Period, rule: Schedule | None) -> list[str]:
    arming = [str(row.arming[one] or "-") for one in (Arming.ARMED, Arming.DISARMED)]
    arming += [str(row.arming[one] or "-") for one in (Arming.MIXED, Arming.UNKNOWN)]
    return [
        row.name,
        *arming,
        _due(row, rule),
        str(row.tests),
        str(row.polls),
        str(sum(row.counts[one] for one in INCIDENT_CLASSES)),
        str(row.counts["restore"]),
        str(row.counts["trouble"]),
        f"{row.gaps} d" if row.gaps else "-",
    ]


def _last(layout: Layout, summary: Summary) -> None:
    layout.subheading("The last signal of each class")
    rows = []
    for name in [*CLASSES, *sorted(set(summary.classes) - set(CLASSES) - {""})]:
        fields = summary.book.last.get(name)
        words = CLASSES.get(name, "a class that this program does not know")
        if fields is None:
            cells = [name, words, "0", "none in this history", "", ""]
        else:
            parts = (event(fields, summary.zone), place(fields, summary.zone))
            cells = [
                name,
                words,
                str(summary.classes[name]),
                local_time(moment(fields), summary.zone),
                shown(fields.get("seq"), summary.zone),
                ", ".join(part for part in parts if part)[:80],
            ]
        rows.append((cells, False))
    layout.table(_LAST, rows)


def _gaps_by_cause(layout: Layout, lines: Sequence[Mapping[str, Any]]) -> None:
    layout.subheading("Gaps by cause")
    found = causes(lines)
    if not found:
        layout.text("No gap is recorded for the span of this history.")
        return
    layout.table(
        _CAUSES,
        [
            (
                [
                    one.name,
                    str(one.number),
                    _length(one, one.total),
                    _length(one, one.longest),
                    str(one.open),
                ],
                False,
            )
            for one in found
        ],
    )


def _length(cause: Cause, length: timedelta) -> str:
    return "not over" if cause.open == cause.number else duration(length)


def _method(layout: Layout, summary: Summary) -> None:
    layout.box(
        "How this was counted",
        [
            (
                f"Days are those of the site's calendar ({summary.zone}); a signal counts on "
                f"the day it was received, any other record on the day it was written. "
                f"Signals count as they were first read; later readings are listed under "
                f"Corrections."
            ),
            (
                "Armed or not: from openings and closings as the panel reported them, each "
                "area by itself. A day is armed or disarmed when every area known by then was "
                "so all day; both, when it changed or areas differed; without a report the "
                "state before goes on. Before the first opening or closing it is not reported."
            ),
            (
                "Tests: every signal of class test, or any signal where that is agreed. With "
                "an interval known, one is due that long after the one before; it is missed "
                "when nothing came within the grace, and so again each interval. Tests due "
                "are those received and those missed. Polls are counted on the day their span "
                "ended."
            ),
            (
                "Silence: the time between two records of this account, of whatever kind, and "
                "from the last to the end of the history. One of less than ten minutes is not "
                "looked for. Gaps: days that a gap, an outage or a step of a clock touches."
            ),
        ],
        size=8.5,
    )
