"""Incident pages: minute by minute around each alarm, duress or medical signal."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from archive.daybook import site_time
from archive.incidents import AFTER, BEFORE, Window
from archive.report_facts import ReportFacts
from archive.report_pages import Layout
from archive.report_records import event, legend, place, record_table, window_table
from archive.report_words import GAPS, local_time, shown
from archive.summary import ROWS, Summary, moment

__all__ = ["incident_pages", "incident_rows", "touching"]

_OUTAGES = 8


def incident_pages(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write a part for each incident: what was recorded around it, and what was out of order."""
    layout.heading("Incidents, minute by minute")
    windows = summary.windows
    if not windows.windows:
        layout.text(f"There is no alarm, duress or medical signal in {_where(summary)}.")
        return
    layout.note(
        f"Around each alarm, duress or medical signal stands what was recorded for this "
        f"account from {_minutes(BEFORE)} minutes before the first such signal to "
        f"{_minutes(AFTER)} minutes after the last; signals closer together are one incident. "
        f"What people did is on a tinted row and marked human. The column from the first "
        f"counts minutes and seconds from the first signal of the incident. Lines and clocks: "
        f"what the station's gap list holds for the span; heartbeats themselves stand in the "
        f"chains of the lines, not in this account's. How an incident came about is not "
        f"judged."
    )
    for number, window in enumerate(windows.windows, start=1):
        _incident(layout, number, window, (facts, summary))
    if windows.more:
        layout.text(
            f"{windows.more} further incidents have no page of their own; their records are in "
            "data/records."
        )


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)


def _incident(
    layout: Layout, number: int, window: Window, told: tuple[ReportFacts, Summary]
) -> None:
    facts, summary = told
    zone, first = summary.zone, moment(window.first)
    what = event(window.first, zone) or shown(window.first.get("code"), zone)
    where = place(window.first, zone)
    title = ", ".join(part for part in (what[:80], where[:40], local_time(first, zone)) if part)
    layout.subheading(f"Incident {number}: {title}", bookmark=True)
    outages = touching(facts.lines, window.begin, window.until)
    layout.facts(
        [
            (
                "Class",
                f"{shown(window.first.get('class'), zone)}, record {window.first.get('seq')}",
            ),
            (
                "Shown",
                (
                    f"{local_time(window.begin, zone)} to {local_time(window.until, zone)}; "
                    f"{window.signals} alarm, duress or medical signals"
                ),
            ),
            ("Armed or not", _arming(summary, first)),
            ("Lines and clocks", _outages(outages, summary)),
        ],
        size=8.5,
        label=90,
    )
    layout.space(3)
    if window.earlier:
        layout.note(
            f"The records of this span before record {window.rows[0].get('seq')} are in "
            "data/records."
        )
    window_table(layout, window.rows, first, summary)
    if window.more:
        layout.note(
            f"{window.more} more records of this span are in data/records, from record "
            f"{window.rows[-1].get('seq')} on."
        )


def _where(summary: Summary) -> str:
    return "the records that are shown" if summary.withheld else "this history"


def _arming(summary: Summary, time: str) -> str:
    if summary.withheld:
        return "not told in a copy with withheld records"
    at = site_time(time, summary.zone)
    state = summary.book.arming(f"{at:%Y-%m-%d}") if at else "unknown"
    return f"{state} that day, as reported by openings and closings"


def _outages(rows: Sequence[Mapping[str, Any]], summary: Summary) -> str:
    if not rows:
        return "no gap, outage or clock step is recorded for this span"
    said = [
        f"{_kind(row)}, {shown(row.get('listener'), summary.zone)}, from "
        f"{local_time(str(row.get('from') or ''), summary.zone)} to "
        f"{local_time(str(row.get('to') or ''), summary.zone) or 'still open'}"
        for row in rows[:_OUTAGES]
    ]
    if len(rows) > _OUTAGES:
        said.append(f"{len(rows) - _OUTAGES} more in data/line-status.csv")
    return "; ".join(said)


def _kind(row: Mapping[str, Any]) -> str:
    kind = str(row.get("kind") or "gap")
    return GAPS.get(kind, kind)


def touching(rows: Sequence[Mapping[str, Any]], begin: str, until: str) -> list[Mapping[str, Any]]:
    """Return the rows of line status that touch a span; one without an end is still open."""
    found = []
    for row in rows:
        times = [str(row.get("from") or ""), str(row.get("to") or "")]
        low = min(times) if times[1] else times[0]
        if low <= until and (not times[1] or max(times) >= begin):
            found.append(row)
    return found


def incident_rows(layout: Layout, summary: Summary) -> None:
    """Write every alarm, duress and medical signal, up to the limit of rows."""
    layout.heading("Alarms, duress and medical signals")
    if not summary.incidents:
        layout.text(f"There is none in {_where(summary)}.")
        return
    legend(layout)
    record_table(layout, summary.incidents, summary)
    if summary.incident_count > ROWS:
        layout.note(f"{summary.incident_count - ROWS} more are in data/records.")
