"""The last pages: gaps, corrections, custody, codes, limits, and how to check all of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import Any

from archive.report_facts import ReportFacts
from archive.report_pages import BOLD, Column, Layout
from archive.report_records import record_table
from archive.report_words import (
    CLASSES,
    GAPS,
    MARKS,
    corrected,
    cut,
    duration,
    local_time,
    shown,
    span,
)
from archive.summary import Summary, moment

__all__ = ["checks", "codes", "corrections", "custody", "gap_list", "limits"]

_GAPS = (
    Column("what it was", 104),
    Column("listener", 52),
    Column("from (site time)", 108),
    Column("to (site time)", 108),
    Column("lasted", 46),
    Column("cause as recorded", 104),
)
_CUSTODY = (
    Column("station record", 40, right=True),
    Column("site time", 110),
    Column("act", 70),
    Column("by", 64),
    Column("order, bundle", 130),
    Column("object, hash", 108),
)
_CODES = (Column("code", 60), Column("what it says", 320), Column("table", 142))
_WORDS = (Column("word", 80), Column("what it says", 442))
_SHOWN_GAPS = 500
_SHOWN_ACTS = 300
_SHOWN_CODES = 400


def gap_list(layout: Layout, lines: Sequence[Mapping[str, Any]], zone: tzinfo) -> None:
    """Write every gap with its cause."""
    layout.heading("Gaps and outages")
    layout.note(
        "A gap is a span in which the station cannot vouch that a signal would have been recorded: "
        "a receiver or its line was down, the recording program or its machine stood still, or a "
        "clock was set. The listener is where the signals of the account come in. While nobody "
        "stamped the ledger, signals were recorded, but when stands on the station's word alone."
    )
    if not lines:
        layout.text("None is recorded for the span of this history.")
        return
    layout.table(_GAPS, [(_gap(row, zone), False) for row in lines[:_SHOWN_GAPS]])
    if len(lines) > _SHOWN_GAPS:
        more = len(lines) - _SHOWN_GAPS
        layout.note(f"{more} more are in data/line-status.csv.")


def _gap(row: Mapping[str, Any], zone: tzinfo) -> list[str]:
    length = span(row.get("from"), row.get("to"))
    return [
        GAPS.get(str(row.get("kind")), shown(row.get("kind"), zone)),
        shown(row.get("listener") or row.get("node"), zone),
        local_time(str(row.get("from") or ""), zone),
        local_time(str(row.get("to") or ""), zone) or "still open",
        "" if length is None else duration(abs(length)),
        cut("; ".join(part for key in ("cause", "detail") if (part := shown(row.get(key), zone)))),
    ]


def corrections(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write what was corrected, beside what it said."""
    layout.heading("Corrections")
    layout.note(
        "A correction is a record of its own; what it corrects stands unchanged at its place."
    )
    if not summary.corrections and not facts.corrections:
        layout.text("None is recorded.")
        return
    record_table(layout, summary.corrections, summary)
    for row in facts.corrections:
        when = local_time(str(row.get("t") or ""), summary.zone)
        place = f"Record {row.get('seq')} of the station's chain, {when}"
        layout.text(cut(f"{place}: {corrected(row, summary.zone)}"), size=8.5)


def custody(layout: Layout, facts: ReportFacts, zone: tzinfo) -> None:
    """Write who did what with bundles of this account."""
    layout.heading("Chain of custody")
    layout.note(
        "From the station's own chain, up to the order of this bundle: what people and the program "
        "did with bundles of this account. Each row was written by the program; by names the "
        "person or the process. What happens to this bundle later stands in its receipt."
    )
    rows = facts.custody
    if not rows:
        layout.text("No act is recorded.")
        return
    layout.table(_CUSTODY, [(_act(row, zone), False) for row in rows[:_SHOWN_ACTS]])
    if len(rows) > _SHOWN_ACTS:
        layout.note(f"{len(rows) - _SHOWN_ACTS} more are in data/custody/custody.csv.")


def _act(row: Mapping[str, Any], zone: tzinfo) -> list[str]:
    parts = {key: shown(row.get(key), zone) for key in ("order", "bundle", "object", "sha256")}
    return [
        shown(row.get("seq"), zone),
        shown(row.get("t"), zone),
        shown(row.get("act"), zone).replace("_", " "),
        shown(row.get("by"), zone),
        " ".join(part for part in (parts["order"], parts["bundle"]) if part),
        " ".join(part for part in (parts["object"], parts["sha256"]) if part),
    ]


def codes(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write the codes that occur, the classes and the marks, in words."""
    layout.heading("Codes and words used")
    rows = _code_rows(facts, summary)
    if rows:
        layout.table(_CODES, [(row, False) for row in rows[:_SHOWN_CODES]])
    if len(rows) > _SHOWN_CODES:
        layout.note(f"{len(rows) - _SHOWN_CODES} more are in data/dictionary.csv.")
    occurring = [(name, words) for name, words in CLASSES.items() if name in summary.classes]
    occurring += [(mark, words) for mark, words in MARKS.items() if mark in summary.marks]
    if occurring:
        layout.subheading("Classes and marks that occur")
        layout.table(_WORDS, [(row, False) for row in occurring])


def _code_rows(facts: ReportFacts, summary: Summary) -> list[list[str]]:
    """Return code, words and table; those of an operator's own table last."""
    known = [
        [code, facts.dictionary.get(code) or name or "not in the table", facts.table]
        for code, name in sorted(summary.codes.items())
    ]
    own = [[code, name, table] for (code, table), name in sorted(summary.own_codes.items())]
    return [*known, *own]


def limits(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write what is not here, and why."""
    layout.heading("What is not here, and why")
    form = facts.form
    first = local_time(moment(summary.first), summary.zone)
    covered = local_time(form.checkpoint_time, summary.zone)
    statements = [
        ("Before", _before(facts, first)),
        ("After", f"Nothing after checkpoint {form.checkpoint} of {covered}."),
        (
            "Never received",
            (
                "A signal that did not reach the station left no record. That none was sent is "
                "not shown by this or any other record of the station."
            ),
        ),
        ("Gaps", _gaps(facts)),
        ("Withheld", _withheld(facts, summary)),
        (
            "Documents",
            (
                "Documents of the classes internal and privileged are not in this bundle; a record "
                "that belongs to one names it by its hash."
            ),
        ),
        (
            "Masked",
            (
                "Passcodes, duress words and keys are never written to a record; in a frame such "
                "signs are replaced by *."
            ),
        ),
        ("Other systems", _imported(summary)),
        (
            "In this print",
            "Frames, hashes and long texts are shortened here; the files hold them whole.",
        ),
        (
            "No opinion",
            "The cause of any loss, the quality of any installation and the law are not spoken of.",
        ),
    ]
    layout.facts(statements, size=9, label=92)


def _before(facts: ReportFacts, first: str) -> str:
    if facts.censor is not None:
        return (
            f"The first record that is shown is of {first}; records before it may be withheld. "
            "Nothing before record 1 belongs to this account's epoch."
        )
    return f"Nothing before {first}: the record of this account's epoch begins there."


def _withheld(facts: ReportFacts, summary: Summary) -> str:
    if facts.censor is None:
        return "No record of this epoch is withheld from this bundle."
    return (
        f"{summary.withheld} of {summary.records} records, each listed under What is withheld. "
        "What a withheld record says is nowhere in this copy. How many there are, and between "
        "which checkpoints each was made, can be seen; of what class or at what hour cannot."
    )


def _gaps(facts: ReportFacts) -> str:
    if not facts.lines:
        return "No gap is recorded for this span."
    return f"{len(facts.lines)} are listed under Gaps and outages, each with its cause."


def _imported(summary: Summary) -> str:
    number = summary.origins["import"]
    if not number:
        return (
            "Nothing was taken over from another system: what operators typed or said elsewhere, "
            "and recordings of calls, are not here."
        )
    return f"{number} records were taken over from another system and are marked import."


_COMMANDS = (
    (
        "openssl cms -verify -cades -binary -inform DER -in tagmanifest-sha256.txt.p7s "
        "-content tagmanifest-sha256.txt -CAfile ROOT.pem -out /dev/null"
    ),
    (
        "openssl ts -verify -data tagmanifest-sha256.txt -in tagmanifest-sha256.txt.tsr "
        "-CAfile TSA.pem"
    ),
    "sha256sum -c --strict tagmanifest-sha256.txt",
    "sha256sum -c --strict manifest-sha256.txt",
)


def checks(layout: Layout, facts: ReportFacts) -> None:
    """Write how to check the bundle, with commands and fingerprints."""
    layout.heading("How to check this")
    _steps(
        layout,
        [
            (
                "Get ROOT.pem, TSA.pem and LOG.pub.pem from the station or its counsel, not "
                "from the bundle, and compare their fingerprints with those below and with "
                "those in a contract, on a letterhead, or by telephone."
            ),
            (
                f"Unpack {facts.form.base}.asice, which is a ZIP, into an empty folder; "
                f"volumes, if there are any, into the same folder."
            ),
            "Type there the commands below. All must succeed.",
            (
                "Compare the content id with sha256sum manifest-sha256.txt: it must be the "
                "one at the foot of each page of this report."
            ),
        ],
    )
    layout.subheading("Commands")
    for command in _COMMANDS:
        layout.text(command, size=8.5)
        layout.space(3)
    layout.note(
        "The first shows who sealed the bundle, the second that it was sealed no later than the "
        "time stamp says, the third and fourth that no file they list was changed or removed. A "
        "file that was added is told by stationd-verify."
    )
    layout.text("python3 verify/ledger.py . LOG.pub.pem TSA.pem", size=8.5)
    layout.note(
        "This shows that no record is missing, added or changed between the first and the head "
        "that the checkpoint covers. stationd-verify does all of this in one step, but for the "
        "signature and the time stamp inside this report: a PDF reader checks those."
    )
    layout.subheading("Fingerprints (SHA-256)")
    for title, digest in [*facts.fingerprints, ("content id", facts.form.content_id)]:
        layout.text(title, font=BOLD, size=8)
        layout.text(digest, size=8)
        layout.space(2)


def _steps(layout: Layout, steps: Iterable[str]) -> None:
    layout.facts([(f"{number}.", step) for number, step in enumerate(steps, start=1)], label=18)
