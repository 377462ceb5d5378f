"""What the report of a redacted copy says of itself: on its cover, and in a section of its own."""

from archive.redaction import CONTAINED, OUTSIDE, PROFILES
from archive.report_facts import ReportFacts
from archive.report_pages import Column, Layout
from archive.report_words import local_time
from archive.summary import Summary

__all__ = ["not_counted", "redaction", "title", "warning", "withheld_in_short"]

_RUNS = (
    Column("first record", 80, right=True),
    Column("last record", 80, right=True),
    Column("how many", 70, right=True),
    Column("why", 292),
)
_COUNTS = (Column("what", 150), Column("why", 302), Column("how many", 70, right=True))
_SHOWN_RUNS = 300
_WORDS = {
    OUTSIDE: "outside of the span that this extract is about",
    CONTAINED: "repeats what a withheld record says, as its correction",
    "code": "a user code, passcode or duress word",
    "contact": "names, addresses and numbers of persons to be called",
    "health": "a medical signal: it tells of a person's health",
    "money": "what is owed or paid",
    "network": "a network address or the number of a SIM card",
    "operator_name": "what names people of the station",
    "privileged": "between the station and its counsel",
    "third_party": "may concern another account",
    "unclassed": "of a kind that nobody has judged",
}


def title(facts: ReportFacts) -> str:
    """Return what the report is called, on its cover and at the head of each page."""
    return "Alarm history" if facts.censor is None else "Redacted copy of an alarm history"


def warning(layout: Layout, facts: ReportFacts, summary: Summary) -> None:
    """Write on the cover of a redacted copy what it is; a whole bundle has no such box."""
    if facts.censor is None:
        return
    one = facts.censor.redaction
    lines = [
        (
            f"{summary.withheld:,} of {summary.records:,} records are withheld. In the place of "
            "each stands its hash: it shows that the record exists, at which place, and that it is "
            "the one of the whole bundle, and nothing of what it says. The section What is "
            "withheld lists them with the reason of each."
        ),
        (
            "Everything counted, dated or drawn in this report is of the records that are shown. "
            f"The whole bundle, {one.of.base}, is in the station's archive."
        ),
        f"Profile {one.profile}: {PROFILES[one.profile].title}.",
        f"Reason given for this copy: {one.reason}",
    ]
    if one.span is not None:
        first, last = (local_time(text, summary.zone) for text in one.span)
        lines.append(f"Shown is what was recorded from {first} to {last}.")
    layout.box("This is a redacted copy", lines, size=9.5)
    layout.space(6)


def withheld_in_short(facts: ReportFacts, summary: Summary) -> str:
    """Return one line on what is withheld."""
    if facts.censor is None:
        return "no record; of documents, those that are internal or privileged"
    documents = sum(facts.censor.documents_withheld().values())
    return (
        f"{summary.withheld:,} of {summary.records:,} records, {documents} documents they name, "
        f"and facts of {len(facts.censor.masks)} kinds; profile {facts.censor.redaction.profile}"
    )


def not_counted(layout: Layout, summary: Summary, heading: str) -> bool:
    """Write why a section stays empty where records are withheld; tell whether it does."""
    if not summary.withheld:
        return False
    layout.heading(heading)
    layout.text(
        f"Not in this copy: {summary.withheld:,} records are withheld, and what would be counted "
        "or drawn from the others could be taken for the whole. It stands in the report of the "
        "whole bundle."
    )
    return True


def redaction(layout: Layout, facts: ReportFacts) -> None:
    """Write the section that lists what is withheld and why; a whole bundle has none."""
    censor = facts.censor
    if censor is None:
        return
    layout.heading("What is withheld")
    layout.note(
        "Each record is withheld whole, or is here whole. The numbers are places in the account's "
        "chain; the hashes in these places are part of what was signed, stamped and anchored "
        "before this copy was made. What stands here cannot be undone by guessing: each "
        "record holds 16 random bytes that its hash covers. What remains to be seen is how many "
        "records are withheld, and, by the proofs, between which checkpoints they were made."
    )
    if censor.runs:
        rows = [
            ([str(first), str(last), str(last - first + 1), _why(why)], False)
            for first, last, why in censor.runs[:_SHOWN_RUNS]
        ]
        layout.table(_RUNS, rows)
    else:
        layout.text("No record is withheld.")
    if len(censor.runs) > _SHOWN_RUNS:
        layout.note(f"{len(censor.runs) - _SHOWN_RUNS} more runs are in data/index.json.")
    counts = [("document", why, count) for why, count in censor.documents_withheld().items()]
    for name, count in sorted(censor.masks.items()):
        part, _, why = name.partition(": ")
        counts.append((part, why, count))
    if counts:
        layout.subheading("Documents and facts that are withheld")
        layout.table(
            _COUNTS, [([what, _why(why), str(count)], False) for what, why, count in counts]
        )


def _why(why: str) -> str:
    return "; ".join(f"{one}: {_WORDS.get(one, one)}" for one in why.split(","))
