"""The first pages: what this is, in a minute; contents; totals by month and class."""

from collections import Counter
from collections.abc import Mapping, Sequence

from archive.daybook import site_time
from archive.report_facts import ReportFacts
from archive.report_pages import BOLD, QUIET, Column, Layout
from archive.report_redaction import title, warning, withheld_in_short
from archive.report_words import local_time
from archive.summary import Summary, moment

__all__ = ["MOST_COLUMNS", "count_rows", "cover", "day_tables", "summary_tables", "told_date"]

MOST_COLUMNS = 7
_PERIOD = 62
_WHOLE = 522.0


def cover(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write the cover: one page that says who, what, when, how much, and how to check."""
    form = facts.form
    site = f", {form.site}" if form.site else ""
    layout.banner(title(facts), f"Account {form.acct}{site}"[:240])
    begin = told_date(moment(summary.first), summary)
    end = told_date(moment(summary.last), summary)
    what, certain = _what(facts)
    layout.text(
        f"This is {what} that the monitoring station {form.station} holds for this account from "
        f"{begin} to {end}, printed from a bundle that is signed, time-stamped and chained by "
        f"hash, so that anybody can check that {certain}.",
        size=12.5,
    )
    layout.space(8)
    warning(layout, facts, summary)
    _totals(layout, facts, summary)
    layout.facts(_identity(facts, summary), size=10, label=100)
    layout.space(2)
    layout.box(
        "How to read this, and how to check it",
        [
            (
                "1. Read: the contents are on the next page. Times are the site's, with the "
                "offset from UTC and the zone's name. Every row says whether a machine sent "
                "it or a person entered it; rows of people are tinted. Spans in which a "
                "signal could have been missed are hatched and listed."
            ),
            (
                "2. Compare: the bundle's name and the content id stand on every page. The "
                "content id is the SHA-256 of the bundle's file manifest-sha256.txt, which "
                "lists every file."
            ),
            (
                "3. Check: four ordinary commands, without this program, show that nothing "
                "was changed; they are in the section How to check this, and in README.txt. "
                "Compare the fingerprints below with those that the station or its counsel "
                "gives you on another way."
            ),
        ],
        size=9.5,
    )
    _hashes(layout, facts)


def _totals(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    incidents = sum(summary.classes[name] for name in ("alarm", "duress", "medical"))
    layout.tiles(
        [
            (f"{summary.records:,}", "records in all"),
            *([(f"{summary.withheld:,}", "of them withheld")] if facts.censor else []),
            (f"{incidents:,}", "alarm, duress and medical signals"),
            (f"{len([day for day in summary.days if day]):,}", "days with a record"),
            (f"{len(facts.lines):,}", "gaps and outages recorded"),
            (f"{summary.origins['human']:,}", "records of what people entered"),
        ]
    )


def _what(facts: ReportFacts) -> tuple[str, str]:
    """Return what the report is of, and what the bundle makes certain."""
    if facts.censor is None:
        return (
            "the record of every signal and every act",
            "no record in it was left out, added or changed since",
        )
    return (
        "a part of the record of signals and acts",
        "no record was added or changed since, and none left out but those that are listed",
    )


def _identity(facts: ReportFacts, summary: Summary) -> list[tuple[str, str]]:
    form = facts.form
    first, last = (local_time(moment(it), summary.zone) for it in (summary.first, summary.last))
    covered = local_time(form.checkpoint_time, summary.zone)
    return [
        ("Customer", form.customer),
        ("Site", form.site),
        ("Contract", form.contract),
        ("Account", f"{form.acct}, epoch {form.epoch}, at station {form.station}"),
        ("Transmitters", "; ".join(facts.transmitters)),
        ("Period", f"{first} to {last}"),
        ("Covered up to", f"checkpoint {form.checkpoint} of {covered}"),
        ("Kind of bundle", f"{form.kind}; {form.base}"),
        ("Time basis", f"recorded in UTC, shown in {form.zone} with offset"),
        ("Made by", f"{_listed(summary.origins)}; {facts.documents} documents"),
        ("Withheld", withheld_in_short(facts, summary)),
        ("Software", f"{form.software}; code table {facts.table or 'not named'}"),
    ]


def _hashes(layout: Layout, facts: ReportFacts) -> None:
    layout.space(2)
    layout.text("Content id (SHA-256)", font=BOLD, size=9, colour=QUIET)
    layout.text(facts.form.content_id, size=9.5)
    layout.space(2)
    layout.text("Fingerprints (SHA-256)", font=BOLD, size=9, colour=QUIET)
    for name, digest in facts.fingerprints:
        layout.text(name, size=8, colour=QUIET)
        layout.text(digest, size=8)


def told_date(text: str, summary: Summary) -> str:
    """Return the day of a record in words."""
    at = site_time(text, summary.zone)
    return f"{at.day} {at:%B} {at.year}" if at else "an unknown day"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name or 'no origin'} {counts[name]:,}" for name in sorted(counts))


def summary_tables(layout: Layout, summary: Summary) -> None:
    """Write the totals by month and class."""
    layout.heading("Summary by month and class")
    names = [name for name, _ in summary.classes.most_common(MOST_COLUMNS)]
    months = summary.months()
    total = sum(months.values(), start=Counter())
    rows = count_rows(months, names)
    layout.table(_columns("month", names), [*rows, (_cells("all", total, names), False)], size=8)
    layout.note(
        f"Records by type: {_listed(summary.types)}. Months are those of the site's calendar; "
        "other counts signals of further classes and records that are no signals."
    )
    if summary.marks:
        layout.note(f"Handling marks: {_listed(summary.marks)}.")


def day_tables(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write a row a day, for a history whose records do not stand here one by one."""
    layout.heading("Day by day")
    layout.note(
        f"Each of the {summary.records} records stands in data/records/seg-000001.csv and those "
        f"after it ({facts.segments} in all). Days are those of the site's calendar."
    )
    names = [name for name, _ in summary.classes.most_common(MOST_COLUMNS)]
    days = {day: summary.days[day] for day in sorted(summary.days)}
    layout.table(_columns("day", names), count_rows(days, names), size=7.5)


def _columns(first: str, names: Sequence[str]) -> list[Column]:
    width = (_WHOLE - _PERIOD - 50) / (len(names) + 1)
    return [
        Column(first, _PERIOD),
        *[Column(name or "no class", width, right=True) for name in names],
        Column("other", width, right=True),
        Column("all", 50, right=True),
    ]


def count_rows(
    counted: Mapping[str, Mapping[str, int]], names: Sequence[str]
) -> list[tuple[list[str], bool]]:
    """Return a row of counts for each period."""
    return [(_cells(title, counts, names), False) for title, counts in counted.items()]


def _cells(title: str, counts: Mapping[str, int], names: Sequence[str]) -> list[str]:
    whole = sum(counts.values())
    shown = [counts.get(name, 0) for name in names]
    cells = [title or "no date", *[str(count) for count in shown]]
    return [*cells, str(whole - sum(shown)), str(whole)]
