"""Check what a redacted copy withholds: that its index names exactly the lines that are withheld.

A withheld record is the line ``{"leaf":…,"redacted":true,"seq":n}``, its leaf hash in place of the
record; so the chain is checked over it as over any other.  No record may be withheld that the
index does not list, none listed that is there, and only a copy that says so may withhold any.

A bundle carries this file beside ``verify/ledger.py``; it needs Python.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.note_check import TIME, Problem, is_count

__all__ = [
    "COPY",
    "LABEL",
    "PROFILES",
    "WITHHELD",
    "Runs",
    "check_copy",
    "copy_text",
    "is_withheld",
    "label",
    "order_of",
    "remark_copy",
]

COPY = "redacted"
"""The kind of a bundle that is a redacted copy."""

LABEL = "Redacted-Copy"
"""The label by which ``bag-info.txt`` says that this is one."""

WITHHELD = "withheld"
"""The type that stands for that of a withheld record."""

PROFILES = ("customer", "incident", "producible")

_INDEX = "data/index.json"
_HEX32 = re.compile(r"[0-9a-f]{64}")
_ORDER = re.compile(r"[A-Za-z0-9.-]{1,40}")
_MEMBERS = {"documents", "masks", "of", "order", "profile", "reason", "withheld"}
_OF = {"base": str, "content_id": str, "kind": str, "order": str}
_SOURCES = ("primary", "closing", "on_request")
_MOST = 20


@dataclass
class Runs:
    """Numbers that follow each other, as runs of first and last."""

    found: list[tuple[int, int]]

    def add(self, seq: int) -> None:
        """Take in the next number; they come in order."""
        if self.found and self.found[-1][1] == seq - 1:
            self.found[-1] = (self.found[-1][0], seq)
        else:
            self.found.append((seq, seq))

    def count(self) -> int:
        """Return how many numbers there are."""
        return sum(last - first + 1 for first, last in self.found)


def is_withheld(fields: Mapping[str, Any], seq: int) -> bool:
    """Tell whether a line stands for record ``seq``, withheld; a record has other members."""
    leaf, stated = fields.get("leaf"), fields.get("seq")
    return (
        fields.keys() == {"leaf", "redacted", "seq"}
        and fields["redacted"] is True
        and type(stated) is int
        and stated == seq
        and isinstance(leaf, str)
        and _HEX32.fullmatch(leaf) is not None
    )


def order_of(index: object) -> str:
    """Return the order of a redacted copy, which is part of its name; empty: it states none."""
    told = index.get("redaction") if isinstance(index, Mapping) else None
    order = told.get("order") if isinstance(told, Mapping) else None
    return order if isinstance(order, str) and _ORDER.fullmatch(order) else ""


def label(bag_info: bytes) -> str:
    """Return what ``bag-info.txt`` says of a redacted copy; empty: nothing."""
    start = f"{LABEL}: ".encode()
    found = [line for line in bag_info.splitlines() if line.startswith(start)]
    return b"; ".join(line.removeprefix(start) for line in found).decode(errors="replace")


def copy_text(profile: str, withheld: int, records: int) -> str:
    """Return what a redacted copy must say of itself in ``bag-info.txt``."""
    return f"{profile}; {withheld} of {records} records withheld"


def remark_copy(kind: str, withheld: Iterable[Runs], records: int) -> list[str]:
    """Return the remark that a bundle is a redacted copy; none where it is whole."""
    if kind != COPY:
        return []
    count = sum(runs.count() for runs in withheld)
    return [f"a redacted copy: {count} of {records} records are withheld"]


def check_copy(
    index: object, withheld: Iterable[Runs], records: int, bag_info: bytes
) -> list[Problem]:
    """Check the index of a bundle against the runs of withheld lines of its files of records."""
    if not isinstance(index, Mapping):
        return []
    there = _merged(runs.found for runs in withheld)
    if index.get("kind") != COPY:
        return _check_whole(index, there, bag_info)
    problems = [Problem(_INDEX, text) for text in _faults(index)]
    listed = _listed(index.get("redactions"), records)
    if listed is None:
        return [
            *problems,
            Problem(_INDEX, "redactions is no list of runs, in order, with a reason"),
        ]
    problems += _differences(listed, there)
    count = Runs(there).count()
    problems += _check_counts(index, count, records, bag_info)
    return problems


def _check_whole(
    index: Mapping[str, Any], there: Sequence[tuple[int, int]], bag_info: bytes
) -> list[Problem]:
    """Check that a bundle that does not say to be a copy is none."""
    problems: list[Problem] = []
    if index.get("redactions") != [] or "redaction" in index:
        problems.append(Problem(_INDEX, "speaks of redactions, and its kind is not redacted"))
    if label(bag_info):
        problems.append(Problem("bag-info.txt", f"says {LABEL}, and the kind is not redacted"))
    if there:
        text = f"record {there[0][0]} is withheld, and the bundle says that it is whole"
        problems.append(Problem("data/records", text))
    return problems


def _faults(index: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with what the index says of the redaction."""
    told = index.get("redaction")
    if not isinstance(told, Mapping) or told.keys() - {"span"} != _MEMBERS:
        return ["redaction does not have the members that it must have"]
    faults = _faults_of_source(told["of"])
    if told["profile"] not in PROFILES:
        faults.append(f"profile is none of {', '.join(PROFILES)}")
    if not isinstance(told["reason"], str) or not told["reason"].strip():
        faults.append("gives no reason for the copy")
    if not order_of(index):
        faults.append("names no order of the copy")
    if ("span" in told) != (told["profile"] == "incident") or not _is_span(told.get("span")):
        faults.append("the span is not that of an extract")
    return faults


def _faults_of_source(of: object) -> list[str]:
    if not isinstance(of, Mapping) or {key: type(value) for key, value in of.items()} != _OF:
        return ["does not name the whole bundle that the copy is of"]
    if of["kind"] not in _SOURCES or not _HEX32.fullmatch(of["content_id"]):
        return ["names as the whole bundle what cannot be one"]
    return []


def _is_span(span: object) -> bool:
    if span is None:
        return True
    if not isinstance(span, Mapping) or span.keys() != {"from", "to"}:
        return False
    times = [span["from"], span["to"]]
    return all(isinstance(it, str) and TIME.fullmatch(it) for it in times) and times == sorted(
        times
    )


def _listed(rows: object, records: int) -> list[tuple[int, int]] | None:
    """Return the runs that the index lists; None where they are none, or not in order."""
    found: list[tuple[int, int]] = []
    end = 0
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, Mapping) or row.keys() != {"first", "last", "why"}:
            return None
        first, last, why = row["first"], row["last"], row["why"]
        if type(first) is not int or type(last) is not int or not isinstance(why, str) or not why:
            return None
        if not end < first <= last <= records:
            return None
        end = last
        found.append((first, last))
    return _merged([found])


def _merged(runs: Iterable[Sequence[tuple[int, int]]]) -> list[tuple[int, int]]:
    """Return runs joined where one ends beside the next."""
    merged: list[tuple[int, int]] = []
    for part in runs:
        for first, last in part:
            if merged and merged[-1][1] == first - 1:
                merged[-1] = (merged[-1][0], last)
            else:
                merged.append((first, last))
    return merged


def _differences(
    listed: Sequence[tuple[int, int]], there: Sequence[tuple[int, int]]
) -> list[Problem]:
    """Return where the list and the lines do not agree, up to so many places."""
    silent = [
        Problem("data/records", f"{_named(run)} withheld, and data/index.json does not list it")
        for run in _beyond(there, listed)
    ]
    claimed = [
        Problem(_INDEX, f"lists as withheld what is here: {_named(run)} not withheld")
        for run in _beyond(listed, there)
    ]
    return [*silent[:_MOST], *claimed[:_MOST]]


def _named(run: tuple[int, int]) -> str:
    first, last = run
    return f"record {first} is" if first == last else f"records {first} to {last} are"


def _beyond(
    ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the parts of ``ours`` that are not in ``theirs``; both are in order."""
    found: list[tuple[int, int]] = []
    at = 0
    for first, last in ours:
        begin = first
        while at < len(theirs) and theirs[at][1] < begin:
            at += 1
        place = at
        while place < len(theirs) and theirs[place][0] <= last:
            if theirs[place][0] > begin:
                found.append((begin, theirs[place][0] - 1))
            begin = theirs[place][1] + 1
            place += 1
        if begin <= last:
            found.append((begin, last))
    return found


def _check_counts(
    index: Mapping[str, Any], count: int, records: int, bag_info: bytes
) -> list[Problem]:
    told = index.get("redaction")
    if not isinstance(told, Mapping):
        return []
    problems: list[Problem] = []
    stated = told.get("withheld")
    if not isinstance(stated, Mapping) or not is_count(stated.get("records"), count):
        text = f"its count of withheld records is another; {count} are withheld"
        problems.append(Problem(_INDEX, text))
    said = label(bag_info)
    if said != copy_text(str(told.get("profile")), count, records):
        text = f"{LABEL} is not what the index and the records say: {said!r:.80}"
        problems.append(Problem("bag-info.txt", text))
    return problems
