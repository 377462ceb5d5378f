"""Check a bundle against trust anchors: no network, no clock, no database, no other library.

The checks run in this order, and a later one may rely on an earlier:

1. ``container``   the ZIP is laid out as it must be; names are safe; volumes are there
2. ``bag``         the files that every bundle has, and the small ones whose content is fixed
3. ``digests``     every file is listed, every listed file is there, each has its hash
4. ``trust``       what lies in ``trust/`` is what we were given
5. ``signature``   the list of lists is signed under the root
6. ``timestamp``   authorities saw the signature and the list, not before the checkpoint
7. ``ledger``      the records hash to the head that is stated; the checkpoint's note is signed
8. ``proofs``      others saw the log with this account in it at each point; no later epoch
9. ``rows``        the CSV files say what the records say
10. ``documents``  what records and facts name by hash is what lies there

FORMAT.md, 10 defines each.  Every finding is reported, not the first.  The writer's code takes no
part: only this package's standard-library modules and the openssl command do.
"""

import multiprocessing
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from archive import (
    ledger_check,
    openssl,
    proof_steps,
    seal_check,
    stamp_check,
    trust_check,
    xades_check,
)
from archive.bag_check import (
    KINDS,
    PROSE,
    REQUIRED,
    base_name,
    container_manifest,
    foreign_checkers,
    names_compartments,
    same_but_for_case,
    segment_rows,
    too_long,
    unknown,
)
from archive.errors import BundleRejectedError
from archive.examination import Examination, Mapped
from archive.file_check import SegmentJob, digest, document_hash, segment
from archive.findings import Anchors, Finding, Outcome, Report
from archive.note_check import (
    LedgerError,
    Statement,
    canonical_value,
    clock_steps,
    entry_time,
    is_count,
)
from archive.opened import CONTAINER_MANIFEST, MOST_SMALL, Opened, open_bundle
from archive.point_check import PROOFS
from archive.withheld_check import COPY, check_copy, order_of
from archive.zip_layout import BrokenFileError

__all__ = ["Anchors", "Finding", "Outcome", "Report", "VerifiedBundle", "examine", "verify"]

_MANIFEST = "manifest-sha256.txt"
_TAGS = "tagmanifest-sha256.txt"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"
_STAMP = "tagmanifest-sha256.txt.tsr"
_VOLUMES = "volumes-sha256.txt"
_DOCUMENTS = "data/documents/index.json"
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_UNLISTED = frozenset({_TAGS, _SIGNATURE, _STAMP, "mimetype", CONTAINER_MANIFEST, xades_check.NAME})
_LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._/-]+)")
_HASH = re.compile(r"[0-9a-f]{64}")
_SALT = re.compile(r"([0-9a-f]{2})*")
# Below this, starting processes costs more than it saves.
_WORTH_PROCESSES = 32 << 20

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle that passed every check; only `verify` makes one."""

    path: Path
    report: Report


def examine(
    bundle: Path, anchors: Anchors, *, processes: int | None = None, demand_proofs: bool = False
) -> Report:
    """Run every check and report all that was found.

    ``bundle`` is a container, with its volumes beside it, or the folder it was unpacked to.  With
    ``demand_proofs`` one that has none is refused, of whatever form it says to be.
    """
    report = Report(bundle=bundle.name)
    opened = open_bundle(bundle, report)
    if opened is None:
        return report
    with _mapping(opened, processes) as mapped:
        work = Examination(opened, anchors, report, mapped, demand_proofs)
        for step in (
            _bag,
            _digests,
            trust_check.trust,
            seal_check.signature,
            stamp_check.timestamp,
            _ledger,
            proof_steps.proofs,
            _rows,
            _documents,
            proof_steps.note_absence,
        ):
            step(work)
    _tell_unread(work)
    report.not_checked.append("the signature inside alarm-history.pdf: a PDF reader shows it")
    report.not_checked.append(f"{PROSE}: it is the sealer's word")
    return report


def _tell_unread(work: Examination) -> None:
    """What could not be read was not checked: no step passes over it in silence."""
    for name in sorted(work.opened.unread - work.report.failed_subjects()):
        work.undecided("digests", name, "could not be read when it was needed; check again")


def verify(bundle: Path, anchors: Anchors, *, processes: int | None = None) -> VerifiedBundle:
    """Return the bundle as verified, or raise `BundleRejectedError`."""
    report = examine(bundle, anchors, processes=processes)
    if report.outcome is not Outcome.PASSED:
        raise BundleRejectedError(report)
    return VerifiedBundle(bundle, report)


@contextmanager
def _mapping(opened: Opened, processes: int | None) -> Iterator[Mapped]:
    """Give a ``map`` that uses several processes where the bundle is worth it."""
    whole = sum(place.size for place in opened.places.values())
    count = processes or _cores()
    # A process that was made to end with its parent may have no children of its own.
    if whole < _WORTH_PROCESSES or count == 1 or multiprocessing.current_process().daemon:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        yield partial(_in_turn, pool, count)


def _cores() -> int:
    """Return how many cores we may use; not every system knows it for a single process."""
    ours = getattr(os, "sched_getaffinity", None)
    return len(ours(0)) if ours else os.cpu_count() or 1


def _in_turn(
    pool: ProcessPoolExecutor, count: int, job: Callable[[_Job], _Result], items: Iterable[_Job]
) -> Iterator[_Result]:
    """Yield results in order; few jobs wait at a time, so that few results lie in memory."""
    waiting = []
    for item in items:
        waiting.append(pool.submit(job, item))
        if len(waiting) > 2 * count:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


# --- 2. bag ---


def _bag(work: Examination) -> None:
    """2. ``bag``: required files, and those whose content is fixed."""
    places = work.opened.places
    for name in REQUIRED:
        if name not in places:
            work.failed("bag", name, "is missing")
    for name in same_but_for_case(places):
        work.failed("bag", name, "differs from another name in upper and lower case only")
    if work.opened.read("bagit.txt") not in {None, _BAGIT}:
        work.failed("bag", "bagit.txt", "is not that of BagIt 1.0")
    _check_oxum(work)
    _check_proofs_stated(work)
    _check_container_manifest(work)
    work.report.conclude("bag", "", "every file that a bundle has is there")


def _bag_info(work: Examination) -> dict[str, str]:
    """Return the labels of ``bag-info.txt`` with their values."""
    lines = (work.opened.read("bag-info.txt") or b"").splitlines()
    shown = [line.decode(errors="replace") for line in lines]
    # Of two with one label the first counts, for every reader.
    return dict(line.split(": ", 1) for line in reversed(shown) if ": " in line)


def _check_oxum(work: Examination) -> None:
    info = _bag_info(work)
    payload = [place.size for name, place in work.opened.places.items() if _in_data(name)]
    whole = info.get("Payload-Oxum") == f"{sum(payload)}.{len(payload)}"
    if not whole and not _volume_away(work):
        work.failed("bag", "bag-info.txt", "Payload-Oxum is not the size of what is here")
    work.report.base = info.get("External-Identifier", "")


def _check_proofs_stated(work: Examination) -> None:
    if _bag_info(work).get("Ledger-Proofs") and PROOFS not in work.opened.places:
        work.failed("bag", PROOFS, "is missing, and bag-info.txt says that it is there")


def _check_container_manifest(work: Examination) -> None:
    """Compare ``META-INF/manifest.xml`` with what it must be for these very files."""
    found = work.opened.read(CONTAINER_MANIFEST)
    if found is None:
        return
    inside = _in_container(work, found)
    if xades_check.NAME in work.opened.places:
        if found != container_manifest(inside, {}):
            work.failed("bag", CONTAINER_MANIFEST, "is not that of the files in the container")
        return
    if _bag_info(work).get("Container-Signature"):
        work.failed("bag", xades_check.NAME, "is missing, and bag-info.txt says that it is there")
        return
    work.report.not_checked.append("XAdES: this bundle is of the first form and has none")
    _check_first_form(work, found, inside)


def _check_first_form(work: Examination, found: bytes, inside: set[str]) -> None:
    """Before there was XAdES, signature and stamp had their hashes in a comment (FORMAT.md, 10)."""
    sealed = {name: work.opened.read(name) for name in (_SIGNATURE, _STAMP)}
    if None in sealed.values():
        return
    hashes = {name: sha256(content or b"").hexdigest() for name, content in sealed.items()}
    if found == container_manifest(inside, hashes):
        return
    work.failed("bag", CONTAINER_MANIFEST, "is not that of the files in the container")
    for name, value in hashes.items():
        # Which of the two was changed cannot be told: nothing else covers either.
        if f"{value}  {name}\n".encode() not in found:
            work.failed("bag", name, f"is not the one that {CONTAINER_MANIFEST} was sealed with")


def _in_container(work: Examination, manifest: bytes) -> set[str]:
    """Return the files that the container's manifest must name."""
    inside = set(work.opened.places) - {"mimetype", CONTAINER_MANIFEST, xades_check.NAME}
    if work.opened.packed and not work.opened.volumes:
        return inside
    # What came from volumes has no entry: they are files beside the container.
    listed = set(re.findall(r'full-path="([^"]+)"', manifest.decode(errors="replace")))
    return {name for name in inside if name in listed or not _in_records(name)}


def _in_data(name: str) -> bool:
    return name.startswith("data/")


def _in_records(name: str) -> bool:
    return name.startswith("data/records/")


# --- 3. digests ---


def _digests(work: Examination) -> None:
    """3. ``digests``: lists and files agree, both ways; records are read on the same pass."""
    _see(work)
    for name in sorted(work.seen):
        if work.seen[name].fault:
            work.failed("digests", name, work.seen[name].fault)
    for name in too_long(work.opened.places.values()):
        work.failed("digests", name, f"is longer than {MOST_SMALL} bytes, which it cannot be")
    payload = {name for name in work.opened.places if _in_data(name)}
    stamps = stamp_check.stamp_names(work.opened.places)
    tags = set(work.opened.places) - payload - _UNLISTED - set(stamps)
    _compare(work, _MANIFEST, payload)
    _compare(work, _TAGS, tags)
    if work.opened.volumes:
        _compare(work, _VOLUMES, set(work.opened.volumes))
    manifest = work.seen.get(_MANIFEST)
    work.report.content_id = manifest.sha256 if manifest else ""
    hashes = {name: seen.sha256 for name, seen in work.seen.items()}
    if foreign := foreign_checkers(hashes.get):
        text = f"{', '.join(foreign)}: not this program's files; do not trust what they say"
        work.report.not_checked.append(text)
    count = len(payload) + len(tags)
    work.report.conclude("digests", "", f"{count} files have the hashes the lists give")


def _see(work: Examination) -> None:
    """Read every file once: records with their rows, all others for their hash."""
    statement = _statement(work)
    proof_steps.read(work)
    jobs = _segment_jobs(work, statement) if statement else []
    taken = {name for job in jobs for name in (job.records.name, job.rows.name)}
    if statement:
        work.whole = ledger_check.begun(statement, proof_steps.points(work))
    for seen in work.map(segment, jobs):
        ledger_check.take(work.whole, seen.segment)
        work.segments.append(seen)
        work.seen.update({file.name: file for file in seen.files})
    others = [place for name, place in work.opened.places.items() if name not in taken]
    for file in work.map(digest, [*others, *work.opened.volumes.values()]):
        work.seen[file.name] = file


def _compare(work: Examination, listing: str, there: set[str]) -> None:
    """Compare a list with the files it must list, all of them and no others."""
    raw = work.opened.read(listing)
    if raw is None:
        return
    listed = _listed(work, listing, raw)
    if listed is None:
        return
    for name in sorted(there - set(listed)):
        work.failed("digests", name, f"is not in {listing}")
    for name in sorted(set(listed) - there):
        _missing(work, name, listing)
    for name in sorted(there & set(listed)):
        seen = work.seen[name]
        if not seen.fault and seen.sha256 != listed[name]:
            work.failed("digests", name, f"does not have the hash that {listing} gives")


def _listed(work: Examination, listing: str, raw: bytes) -> dict[str, str] | None:
    """Return name and hash of a list's lines; None, and a finding, where it is no list."""
    rows = [_LINE.fullmatch(line) for line in raw.decode(errors="replace").split("\n")[:-1]]
    if not raw.endswith(b"\n") or not all(rows):
        work.failed("digests", listing, "is not a list of hashes and names")
        return None
    pairs = [(row[2], row[1]) for row in rows if row]
    listed = dict(pairs)
    if [name for name, _ in pairs] != sorted(listed):
        work.failed("digests", listing, "is not sorted, or names a file twice")
    return listed


def _missing(work: Examination, name: str, listing: str) -> None:
    if listing == _MANIFEST and _in_records(name) and _volume_away(work):
        work.undecided("digests", name, "lies in a volume that is not here")
    elif listing != _VOLUMES:
        work.failed("digests", name, f"is in {listing} and not in the bundle")


def _volume_away(work: Examination) -> bool:
    listed = work.opened.read(_VOLUMES) if work.opened.packed else None
    return bool(listed) and len(listed.splitlines()) > len(work.opened.volumes)  # type: ignore[union-attr]


def _statement(work: Examination) -> Statement | None:
    raw = work.opened.read("data/ledger.json")
    if raw is None:
        return None
    try:
        statement = ledger_check.read_statement(raw)
    except LedgerError as error:
        work.failed("ledger", error.subject, error.text)
        return None
    work.statement = statement
    report = work.report
    report.acct, report.epoch = statement.acct, statement.epoch
    report.records, report.checkpoint = statement.records, statement.checkpoint
    return statement


def _segment_jobs(work: Examination, statement: Statement) -> list[SegmentJob]:
    places = work.opened.places
    try:
        names = ledger_check.segment_names(places)
    except LedgerError as error:
        if not _volume_away(work):
            work.failed("ledger", error.subject, error.text)
        return []
    jobs: list[SegmentJob] = []
    named = _said_to_be_named(work)
    for number, name in enumerate(names):
        rows = places.get(name.removesuffix("jsonl") + "csv")
        if rows is None:
            work.failed("rows", name, "has no CSV file beside it")
            continue
        size = ledger_check.SEGMENT_RECORDS
        first = number * size + 1
        bounds = tuple(sorted({point.size for point in proof_steps.points(work)}))
        here = {seq: named[seq] for seq in named if (seq - 1) // size == number}
        jobs.append(SegmentJob(places[name], rows, first, statement, bounds, here))
    return jobs


def _said_to_be_named(work: Examination) -> dict[int, list[str]]:
    """Return the documents that records are said to name, by the record's number."""
    found: dict[int, list[str]] = {}
    try:
        rows = canonical_value(_DOCUMENTS, work.opened.read(_DOCUMENTS) or b"")
    except LedgerError:
        return found  # step 10 tells of it
    for row in rows if isinstance(rows, list) else []:
        for seq in _records_of(row):
            found.setdefault(seq, []).append(str(row.get("doc")))
    return found


def _records_of(row: object) -> list[int]:
    """Return the numbers of the records that a row of the index says to name its document."""
    records = row.get("records") if isinstance(row, dict) else None
    numbers = records if isinstance(records, list) else []
    return [] if any(type(seq) is not int for seq in numbers) else numbers


# --- 7. ledger, 9. rows ---


def _ledger(work: Examination) -> None:
    """7. ``ledger``: the chain from the first record to the head, and the checkpoint's note."""
    statement = work.statement
    if statement is None:
        return
    index = work.json("ledger", "data/index.json")
    kind = index.get("kind") if isinstance(index, dict) else ""
    _check_index(work, statement, index)
    if _volume_away(work):
        work.undecided("ledger", "data/records", "a volume is not here")
        return
    try:
        steps = clock_steps(work.opened.read("data/line-status.csv") or b"")
    except LedgerError as error:
        work.failed("ledger", error.subject, error.text)
        steps = []
    _check_files(work, statement)
    segments = [seen.segment for seen in work.segments]
    points = proof_steps.points(work)
    problems, remarks = ledger_check.join(statement, str(kind), segments, work.whole, steps, points)
    for problem in problems:
        work.failed("ledger", problem.subject, problem.text)
    for remark in remarks:
        work.report.add("ledger", Outcome.PASSED, "data/records", remark)
    _check_note(work, statement)
    if not any(
        it.step == "ledger" and it.outcome is not Outcome.PASSED for it in work.report.findings
    ):
        text = f"{statement.records} records, none missing, come to the head stated"
        work.report.add("ledger", Outcome.PASSED, "data/ledger.json", text)


def _check_index(work: Examination, statement: Statement, index: object) -> None:
    if not isinstance(index, dict):
        return
    kind = index.get("kind")
    if kind not in KINDS:
        work.failed("ledger", "data/index.json", f"kind is none of {', '.join(KINDS)}")
    same = {
        "acct": statement.acct,
        "base": work.report.base,
        "checkpoint": statement.checkpoint,
        "checkpoint_time": entry_time(statement),
        "epoch": statement.epoch,
        "format": "stationd-evidence/1",
        "segments": segment_rows(statement),
        "station": statement.station,
    }
    _check_copy(work, statement, index)
    if index.get("base") != base_name(statement, str(kind), order_of(index)):
        text = f"base is not the name of a bundle of {statement.acct!r}, kind {kind!r}"
        work.failed("ledger", "data/index.json", text)
    for key, value in same.items():
        if repr(index.get(key)) != repr(value):  # true is no 1
            text = f"{key} is {index.get(key)!r:.80}, the rest of the bundle says {value!r:.80}"
            work.failed("ledger", "data/index.json", text)
    if "compartments" in index and not names_compartments(index["compartments"]):
        work.failed("ledger", "data/index.json", "names compartments in another form")
    counts = index.get("counts")
    if not isinstance(counts, dict) or not is_count(counts.get("records"), statement.records):
        work.failed("ledger", "data/index.json", "its count of records is another")


def _check_copy(work: Examination, statement: Statement, index: dict[str, Any]) -> None:
    """Check that what is withheld is what the index lists, and say that it is a copy."""
    runs = [seen.segment.withheld for seen in work.segments]
    if not _volume_away(work):
        info = work.opened.read("bag-info.txt") or b""
        for problem in check_copy(index, runs, statement.records, info):
            work.failed("ledger", problem.subject, problem.text)
    report = work.report
    report.withheld = sum(run.count() for run in runs)
    report.copy = index.get("kind") == COPY
    if report.copy or report.withheld:
        text = f"what {report.withheld} of {statement.records} records say: this is a redacted copy"
        report.not_checked.append(text)


def _check_files(work: Examination, statement: Statement) -> None:
    """Check that under ``data/`` lies what belongs to this checkpoint, in its form, only that."""
    points = [(it.note, it.tsr) for it in proof_steps.points(work)]
    for name in unknown(work.opened.places, statement, points):
        work.failed("ledger", name, "is none of the files that a bundle of this form has")
    copy = f"data/checkpoint/{statement.checkpoint}.json"
    if work.opened.read(copy) != statement.entry.encode():
        work.failed("ledger", copy, "is not the entry that data/ledger.json states")
    for name in ("data/account.json", "data/contract/contract.json", "data/case.json"):
        work.json("ledger", name)
    work.json("ledger", "data/notices/notices.json")


def _check_note(work: Examination, statement: Statement) -> None:
    note = work.opened.read(statement.note)
    if note is None or work.keys is None:
        work.failed("ledger", statement.note, "is missing")
        return
    if away := openssl.missing():
        work.undecided("ledger", statement.note, away)
        return
    try:
        for problem in ledger_check.check_checkpoint(statement, note, work.keys):
            say = work.failed if problem.decided else work.undecided
            say("ledger", problem.subject, problem.text)
    except LedgerError as error:
        work.failed("ledger", error.subject, error.text)


def _rows(work: Examination) -> None:
    """9. ``rows``: the CSV files, read beside the records in step 3, say the same."""
    for seen in work.segments:
        for problem in seen.rows:
            work.failed("rows", problem.subject, problem.text)
    if _volume_away(work) or not work.segments:
        return
    work.report.conclude("rows", "data/records", "every row says what its record says")


# --- 10. documents ---


def _documents(work: Examination) -> None:
    """10. ``documents``: each document has the hash by which records name it."""
    index = work.json("documents", _DOCUMENTS)
    if index is None:
        return
    rows: Sequence[Any] = index if isinstance(index, list) else [None]
    named: set[str] = set()
    unnamed = {one for seen in work.segments for one in seen.unnamed}
    for row in rows:
        _document(work, row, named)
        if work.statement and not _volume_away(work):
            _check_named(work, row, unnamed)
    for name in sorted(set(work.opened.places) - named):
        lists = (_DOCUMENTS, "data/notices/notices.json")
        if name.startswith(("data/documents/", "data/notices/")) and name not in lists:
            work.failed("documents", name, "is in no list of documents")
    work.report.conclude("documents", "data/documents", f"{len(named)} are what the records name")


def _document(work: Examination, row: Any, named: set[str]) -> None:  # noqa: ANN401 - JSON is anything
    """Check one document of the index and add its file to those ``named``."""
    name = row.get("file") if isinstance(row, dict) else None
    place = work.opened.places.get(name) if isinstance(name, str) else None
    if place is None or not _HASH.fullmatch(str(row.get("doc"))):
        work.failed("documents", _DOCUMENTS, "names a file that is not here")
        return
    if place.name in named:
        work.failed("documents", _DOCUMENTS, f"names {place.name} twice")
        return
    named.add(place.name)
    salt = str(row.get("salt"))
    if not _SALT.fullmatch(salt):
        work.failed("documents", place.name, "cannot be checked: its salt is not hexadecimal")
        return
    try:
        if document_hash(place, bytes.fromhex(salt)) != row["doc"]:
            work.failed("documents", place.name, "is not the document that the record names")
    except BrokenFileError as error:
        work.failed("documents", place.name, f"cannot be checked: {error}")


def _check_named(work: Examination, row: Any, unnamed: Collection[tuple[int, str]]) -> None:  # noqa: ANN401 - JSON is anything
    """Check that of the records which the index gives for a document one names it."""
    name = row.get("file") if isinstance(row, dict) else None
    records = _records_of(row)
    count = work.statement.records if work.statement else 0
    doc = str(row.get("doc")) if isinstance(row, dict) else ""
    if not any(1 <= seq <= count and (seq, doc) not in unnamed for seq in records):
        shown = ", ".join(map(str, records[:5])) or "none"
        text = f"is not named by the records that {_DOCUMENTS} gives: {shown}"
        work.failed("documents", str(name), text)
