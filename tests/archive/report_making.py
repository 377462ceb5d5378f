"""What tests of the report's sections share: facts, summaries, and the words of a layout."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from archive.daybook import Schedule
from archive.forms import FormFacts
from archive.report_facts import ReportFacts
from archive.report_pages import Layout
from archive.summary import Summary

NEW_YORK = ZoneInfo("America/New_York")


def form(**more: Any) -> FormFacts:
    known: dict[str, Any] = {
        "base": "station-1-4821-e1-c0-closing",
        "station": "station-1",
        "acct": "4821",
        "epoch": 1,
        "kind": "closing",
        "checkpoint": 7,
        "checkpoint_time": "2026-06-01T00:00:00.000000Z",
        "customer": "Łukasz & Söhne",
        "site": "Corner shop",
        "contract": "C-77",
        "zone": "America/New_York",
        "first": "",
        "last": "",
        "records": 1,
        "origins": {},
        "gaps": 0,
        "software": "stationd",
        "content_id": "ab" * 32,
        "volumes": (),
    }
    return FormFacts(**known | more)


def facts(**more: Any) -> ReportFacts:
    known: dict[str, Any] = {
        "form": form(),
        "fingerprints": [("station root certificate", "AA:BB")],
        "transmitters": ["main 4821"],
        "lines": [],
        "documents": 0,
        "segments": 1,
    }
    return ReportFacts(**known | more)


def summary(records: Iterable[Mapping[str, Any]], tests: Schedule | None = None) -> Summary:
    made = Summary(NEW_YORK, tests)
    for seq, fields in enumerate(records, start=1):
        made.add({"seq": seq, "type": "signal", "origin": "machine", **fields})
    return made


def at(day: int, hour: int = 15, minute: int = 0) -> str:
    return f"2026-03-{day:02}T{hour:02}:{minute:02}:00.000000Z"


def said(layout: Layout) -> str:
    """Return every word that was laid out, in reading order."""
    return " ".join(
        mark.text[2].strip() for page in layout._pages for mark in page.marks if mark.text
    )
