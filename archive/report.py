"""``alarm-history.pdf``: the history of one account, for people.

Cover, counts, gaps, then every record up to 2,000; above that the alarms and a row a day.  Every
table that holds what people entered beside what machines sent says which is which in each row.
Times are the site's, with their offset from UTC.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive.forms import FormFacts
from archive.report_pages import BOLD, ITALIC, QUIET, Column, Layout
from archive.report_words import corrected, local_time, said, shown
from archive.summary import ROWS, Summary, moment

__all__ = ["ReportFacts", "alarm_history_pdf"]

_RECORDS = (
    Column("seq", 30, right=True),
    Column("site time", 126),
    Column("class", 46),
    Column("code", 30),
    Column("event", 100),
    Column("zone, user, area", 43),
    Column("receiver, line", 42),
    Column("origin, marks", 44),
    Column("frame hash", 61),
)
_GAPS = (
    Column("kind", 66),
    Column("listener", 70),
    Column("from (site time)", 122),
    Column("to (site time)", 122),
    Column("cause", 142),
)
# Keys of a record that the table shows elsewhere, or that only the files hold.
_COMMON = frozenset(
    {"acct", "epoch", "seq", "t", "type", "origin", "salt", "entry", "part", "rx", "listener"}
    | {"group", "number", "proto", "frame", "plain", "class", "code", "name", "zone", "user"}
    | {"area", "text", "new", "rcv", "panel_time", "sender_time", "sequence", "marks", "doc"}
)
_LONGEST_DETAIL = 400
_MOST_COLUMNS = 7
_SHOWN_GAPS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What the report tells beside the records."""

    form: FormFacts
    fingerprints: Sequence[tuple[str, str]]
    transmitters: Sequence[str]
    lines: Sequence[Mapping[str, Any]]
    documents: int
    segments: int
    corrections: Sequence[Mapping[str, Any]] = ()


def alarm_history_pdf(target: Path, facts: ReportFacts, summary: Summary) -> int:
    """Write the report to ``target``; return its number of pages."""
    layout = Layout()
    _cover(layout, facts, summary)
    _counts(layout, summary)
    _gaps(layout, facts, summary.zone)
    if summary.rows:
        layout.heading(f"Records 1 to {summary.records}")
        _legend(layout)
        _records(layout, summary.rows, summary)
    else:
        _incidents(layout, summary)
        _days(layout, facts, summary)
    _corrections(layout, facts, summary)
    form = facts.form
    return layout.draw(
        target,
        title=f"Alarm history of account {form.acct}, station {form.station}",
        head=(f"Alarm history - account {form.acct}, epoch {form.epoch}", form.base),
        foot=f"content id {form.content_id}",
    )


def _cover(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    form = facts.form
    layout.banner("Alarm history", f"Account {form.acct} - {form.station}")
    layout.facts(
        [
            ("Customer", form.customer),
            ("Site", form.site),
            ("Contract", form.contract),
            ("Transmitters", "; ".join(facts.transmitters)),
            ("Records", f"{summary.records}, the account's whole epoch {form.epoch} up to here"),
            ("First record", local_time(moment(summary.first), summary.zone)),
            ("Last record", local_time(moment(summary.last), summary.zone)),
            ("Covered up to", f"checkpoint {form.checkpoint} of {form.checkpoint_time}"),
            ("Kind of bundle", form.kind),
            ("Time basis", f"recorded in UTC, shown in {form.zone} with offset"),
            ("Origins", _listed(summary.origins)),
            ("Documents", str(facts.documents)),
            ("Withheld", "nothing"),
            ("Software", form.software),
        ]
    )
    layout.heading("What this report stands on")
    layout.text(
        "This report is printed from the records in data/records of the bundle named at the top "
        "of each page. They are the exact bytes that the station's ledger holds, chained by hash "
        "from the first to the last; the bundle is signed and carries a time stamp. README.txt "
        "says how to check it with OpenSSL and sha256sum alone."
    )
    layout.space(6)
    layout.facts([("Content id", form.content_id)])
    layout.space(4)
    layout.text(
        "Fingerprints (SHA-256), to be confirmed with the station, with counsel, or where the "
        "station publishes them:",
    )
    for title, digest in facts.fingerprints:
        layout.space(2)
        layout.text(title, font=BOLD, size=7.5, colour=QUIET)
        layout.text(digest, size=7)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name or 'none'} {counts[name]}" for name in sorted(counts))


def _counts(layout: Layout, summary: Summary) -> None:
    layout.heading("Counts by class and month")
    names = [name for name, _ in summary.classes.most_common(_MOST_COLUMNS)]
    width = (522.0 - 62 - 50) / (len(names) + 1)
    columns = [
        Column("month", 62),
        *[Column(name or "no class", width, right=True) for name in names],
        Column("other", width, right=True),
        Column("all", 50, right=True),
    ]
    rows = [_count_row(month, counts, names) for month, counts in summary.months().items()]
    total = sum(summary.months().values(), start=type(summary.classes)())
    layout.table(columns, [*rows, _count_row("all", total, names)])
    layout.text(
        f"Records by type: {_listed(summary.types)}. Months are those of the site's calendar; "
        "other counts signals of further classes and records that are no signals.",
        size=7.5,
        colour=QUIET,
    )
    if summary.marks:
        layout.text(f"Handling marks: {_listed(summary.marks)}.", size=7.5, colour=QUIET)


def _count_row(
    title: str, counts: Mapping[str, int], names: Sequence[str]
) -> tuple[list[str], bool]:
    whole = sum(counts.values())
    shown = [counts.get(name, 0) for name in names]
    cells = [title or "no date", *[str(count) for count in shown]]
    return [*cells, str(whole - sum(shown)), str(whole)], False


def _gaps(layout: Layout, facts: ReportFacts, zone: tzinfo) -> None:
    layout.heading("Gaps and outages")
    if not facts.lines:
        layout.text("None is recorded for the span of this history.")
        return
    rows = [
        (
            [
                str(row.get("kind") or ""),
                str(row.get("listener") or row.get("node") or ""),
                local_time(str(row.get("from") or ""), zone),
                local_time(str(row.get("to") or ""), zone) or "still open",
                " ".join(str(row.get(key) or "") for key in ("cause", "detail")).strip(),
            ],
            False,
        )
        for row in facts.lines[:_SHOWN_GAPS]
    ]
    layout.table(_GAPS, rows)
    if len(facts.lines) > _SHOWN_GAPS:
        more = len(facts.lines) - _SHOWN_GAPS
        layout.text(f"{more} more are in data/line-status.csv.", font=ITALIC, colour=QUIET)


def _legend(layout: Layout) -> None:
    layout.text(
        "Origin: machine is what a receiver or the recording program sent; human, on a tinted row, "
        "is what a person entered; import came from another system. Frame hash: the first "
        "12 digits of the SHA-256 of the frame, which is in the .csv and .jsonl files. Other "
        "hashes and identifiers are cut to 12 digits too; the files hold them whole.",
        size=7.5,
        colour=QUIET,
    )
    layout.space(4)


def _records(layout: Layout, rows: Sequence[Mapping[str, Any]], summary: Summary) -> None:
    layout.table(
        _RECORDS, [(_record(fields, summary), fields.get("origin") != "machine") for fields in rows]
    )


def _record(fields: Mapping[str, Any], summary: Summary) -> list[str | None]:
    zone = summary.zone
    marks = fields.get("marks")
    origin = [str(fields.get("origin") or "")]
    origin += [str(mark) for mark in marks] if isinstance(marks, list) else []
    if fields.get("seq") in summary.corrected:
        origin.append(f"corrected by record {summary.corrected[fields['seq']]}")
    return [
        str(fields.get("seq", "")),
        local_time(moment(fields), zone),
        *(_signal(fields, zone) if fields.get("type") == "signal" else _other(fields, zone)),
        ", ".join(origin),
        _frame_hash(fields),
    ]


def _signal(fields: Mapping[str, Any], zone: tzinfo) -> list[str | None]:
    """Return the cells from class to receiver."""
    where = [f"{sign}{text}" for key, sign in _PLACES if (text := shown(fields.get(key), zone))]
    return [
        shown(fields.get("class"), zone) or "signal",
        shown(fields.get("code"), zone),
        _event(fields, zone),
        " ".join(where),
        shown(fields.get("rcv"), zone) or shown(fields.get("listener"), zone),
    ]


def _other(fields: Mapping[str, Any], zone: tzinfo) -> list[str | None]:
    """Return the same cells of a record that is no signal: what it says, over all of them."""
    if fields.get("type") == "correction" and isinstance(fields.get("before"), Mapping):
        return ["correction", _cut(corrected(fields, zone)), None, None, None]
    return [str(fields.get("type") or ""), _cut(said(fields, zone)), None, None, None]


_PLACES = (("zone", "z "), ("user", "u "), ("area", "a "))


def _frame_hash(fields: Mapping[str, Any]) -> str:
    """Return the first 12 digits of the frame's SHA-256: enough to find it again."""
    try:
        return sha256(bytes.fromhex(fields["frame"])).hexdigest()[:12]
    except (KeyError, TypeError, ValueError):
        return ""


def _event(fields: Mapping[str, Any], zone: tzinfo) -> str:
    parts = [str(fields.get("name") or ""), str(fields.get("text") or "")]
    parts += [
        f"{key} {text}"
        for key, value in fields.items()
        if key not in _COMMON and (text := shown(value, zone))
    ]
    return _cut("; ".join(part for part in parts if part))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]} ..."


def _incidents(layout: Layout, summary: Summary) -> None:
    layout.heading("Alarms, duress and medical signals")
    if not summary.incidents:
        layout.text("There is none in this history.")
        return
    _legend(layout)
    _records(layout, summary.incidents, summary)
    if summary.incident_count > ROWS:
        more = summary.incident_count - ROWS
        layout.text(f"{more} more are in data/records.", font=ITALIC, colour=QUIET)


def _days(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    layout.heading("Day by day")
    layout.text(
        f"Each of the {summary.records} records stands in data/records/seg-000001.csv and those "
        f"after it ({facts.segments} in all). Days are those of the site's calendar.",
        size=7.5,
        colour=QUIET,
    )
    layout.space(4)
    names = [name for name, _ in summary.classes.most_common(_MOST_COLUMNS)]
    width = (522.0 - 62 - 50) / (len(names) + 1)
    columns = [
        Column("day", 62),
        *[Column(name or "no class", width, right=True) for name in names],
        Column("other", width, right=True),
        Column("all", 50, right=True),
    ]
    rows = [_count_row(day, summary.days[day], names) for day in sorted(summary.days)]
    layout.table(columns, rows, size=6.5)


def _corrections(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    if not summary.corrections and not facts.corrections:
        return
    layout.heading("Corrections")
    layout.text(
        "A correction is a record of its own; what it corrects stands unchanged at its place.",
        size=7.5,
        colour=QUIET,
    )
    layout.space(4)
    _records(layout, summary.corrections, summary)
    for row in facts.corrections:
        when = local_time(str(row.get("t") or ""), summary.zone)
        place = f"Record {row.get('seq')} of the station's chain, {when}"
        layout.text(_cut(f"{place}: {corrected(row, summary.zone)}"), size=7.5)
