"""``alarm-history.pdf``: the history of one account, for people.

Cover, contents, totals, a picture of each month, the functioning report, a page for each incident,
then every record up to 2,000; above that the alarms and a row a day.  Then the termination, gaps,
corrections, custody, codes, limits, and how to check all of it.  Times are the site's, with
their offset.
"""

from pathlib import Path

from archive.report_case import termination
from archive.report_charts import MONTHS, draw_legend, draw_month, gap_days, month_panels
from archive.report_cover import cover, day_tables, summary_tables
from archive.report_facts import ReportFacts, paper_of
from archive.report_functioning import FUNCTIONING, functioning
from archive.report_incidents import incident_pages, incident_rows
from archive.report_limits import checks, codes, corrections, custody, gap_list, limits
from archive.report_pages import Layout
from archive.report_records import legend, record_table
from archive.report_redaction import not_counted, redaction, title
from archive.summary import Summary, moment

__all__ = ["ReportFacts", "alarm_history_pdf"]

# A history that is too long to stand here record by record has two sections instead.
_SECTIONS_SHORT, _SECTIONS_LONG = 11, 12
_MONTHS = "Month by month"


def alarm_history_pdf(target: Path, facts: ReportFacts, summary: Summary) -> int:
    """Write the report to ``target``; return its number of pages."""
    form = facts.form
    summary.book.ended(_end(facts, summary))
    last = max((day for day in summary.days if day), default="")
    gaps = gap_days(facts.lines, summary.zone, last)
    layout = Layout(paper_of(facts.known))
    cover(layout, facts, summary)
    layout.new_page()
    layout.heading("Contents", listed=False)
    sections = _SECTIONS_SHORT if summary.short else _SECTIONS_LONG
    layout.contents(sections + (facts.censor is not None) + bool(facts.case))
    redaction(layout, facts)
    summary_tables(layout, summary)
    if not not_counted(layout, summary, _MONTHS):
        _months(layout, summary, gaps)
    if not not_counted(layout, summary, FUNCTIONING):
        functioning(layout, facts.lines, summary, gaps)
    incident_pages(layout, facts, summary)
    _records(layout, facts, summary)
    termination(layout, facts, summary.zone)
    gap_list(layout, facts.lines, summary.zone)
    corrections(layout, facts, summary)
    custody(layout, facts, summary.zone)
    codes(layout, facts, summary)
    limits(layout, facts, summary)
    checks(layout, facts)
    return layout.draw(
        target,
        title=f"{_named(facts)} of account {form.acct}, station {form.station}",
        head=(f"{title(facts)} - account {form.acct}, epoch {form.epoch}", form.base),
        foot=f"content id {form.content_id}",
    )


def _named(facts: ReportFacts) -> str:
    return "Alarm history" if facts.censor is None else "Redacted copy of the alarm history"


def _end(facts: ReportFacts, summary: Summary) -> str:
    """Return up to when the history reaches: its close, else the checkpoint."""
    closed = summary.last.get("type") == "close"
    return moment(summary.last) if closed else facts.form.checkpoint_time


def _months(layout: Layout, summary: Summary, gaps: set[str]) -> None:
    layout.heading(_MONTHS)
    panels, earlier = month_panels(summary, gaps)
    if not panels:
        layout.text("No record has a date.")
        return
    layout.note(
        "For each day: how many records there are, what openings and closings say of the arming, "
        "and whether tests and polls came. The method is stated in the functioning report."
    )
    draw_legend(layout)
    most = max(day.records for panel in panels for day in panel.days)
    for panel in panels:
        draw_month(layout, panel, most)
    if earlier:
        layout.note(
            f"The newest {MONTHS} months are drawn; {earlier} earlier ones are in the tables."
        )


def _records(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    if summary.short:
        layout.heading(_range(summary))
        legend(layout)
        record_table(layout, summary.rows, summary)
        return
    incident_rows(layout, summary)
    day_tables(layout, facts, summary)


def _range(summary: Summary) -> str:
    if summary.withheld:
        return f"The {summary.shown} records of 1 to {summary.records} that are shown"
    return f"Records 1 to {summary.records}"
