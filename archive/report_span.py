"""The functioning report by itself: a span of an account's history, when somebody doubts it.

It is what the section of the same name says in a bundle's report, of the records of a span alone,
and no bundle: its head says so.  The same records give the same bytes.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from archive.daybook import schedule
from archive.facts import line_rows
from archive.report_charts import gap_days
from archive.report_facts import paper_of
from archive.report_functioning import functioning
from archive.report_limits import gap_list
from archive.report_pages import Layout
from archive.report_words import local_time
from archive.summary import Summary, moment

__all__ = ["functioning_pdf"]

_TITLE = "Functioning report"


def functioning_pdf(
    target: Path,
    records: Iterable[bytes],
    facts: Mapping[str, Any],
    *,
    named: tuple[str, str],
    span: tuple[str, str],
) -> int:
    """Write the report of a span to ``target``; return how many records it counts.

    ``records`` may begin before the span and end after it.  ``named`` are station and account,
    ``span`` its first and last moment as records write them, ``facts`` those that a bundle's order
    freezes (site, account, lines, gaps).
    """
    zone = _zone(facts)
    summary = Summary(zone, schedule(facts))
    for raw in records:
        fields = json.loads(raw)
        if span[0] <= moment(fields) <= span[1]:
            summary.add(fields)
    summary.book.ended(span[1])
    lines = [row for row in line_rows(facts) if _touches(row, span)]
    last = max((day for day in summary.days if day), default="")
    begin, end = (local_time(text, zone) for text in span)
    layout = Layout(paper_of(facts))
    layout.banner(_TITLE, f"Account {named[1]}, from {begin} to {end}")
    layout.text(
        f"Of the {summary.records} records that the station {named[0]} holds of this account for "
        "this span. Records before it are not looked at: an area is counted as armed or disarmed "
        "from its first report in the span on. This page is no bundle: it is neither chained nor "
        "signed; a bundle of the account shows the same records with proof."
    )
    functioning(layout, lines, summary, gap_days(lines, zone, last))
    gap_list(layout, lines, zone)
    foot = f"station {named[0]}, account {named[1]}, {span[0]} to {span[1]}"
    layout.draw(target, title=f"{_TITLE} of account {named[1]}", head=(_TITLE, begin), foot=foot)
    return summary.records


def _zone(facts: Mapping[str, Any]) -> tzinfo:
    site = facts.get("site")
    name = site.get("zone") if isinstance(site, Mapping) else None
    return ZoneInfo(str(name or "UTC"))


def _touches(row: Mapping[str, Any], span: tuple[str, str]) -> bool:
    """Tell whether a gap touches a span; one without an end lasts."""
    begin, end = (str(row.get(key) or "") for key in ("from", "to"))
    low, high = min(begin, end or begin), max(begin, end)
    return low <= span[1] and (not end or high >= span[0])
