"""Check a bundle against trust anchors: no network, no clock, no database, no other library.

The checks run in this order, and a later one may rely on an earlier:

1. ``container``   the ZIP is laid out as it must be; names are safe; volumes are there
2. ``bag``         the files that every bundle has, and the small ones whose content is fixed
3. ``digests``     every file is listed, every listed file is there, each has its hash
4. ``trust``       what lies in ``trust/`` is what we were given
5. ``signature``   the list of lists is signed under the root
6. ``timestamp``   an authority saw the signature and the list, not before the checkpoint
7. ``ledger``      the records hash to the head that is stated; the checkpoint's note is signed
8. ``proofs``      others saw the log with this account in it at each point; no later epoch
9. ``rows``        the CSV files say what the records say
10. ``documents``  what records and facts name by hash is what lies there

FORMAT.md, 10 defines each.  Every finding is reported, not the first.  The writer's code takes no
part: only this package's standard-library modules and the openssl command do.
"""

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from archive import ledger_check, openssl
from archive.bag_check import (
    KINDS,
    REQUIRED,
    base_name,
    container_manifest,
    read_list,
    same_but_for_case,
    segment_rows,
    unknown,
)
from archive.errors import BundleRejectedError
from archive.file_check import Seen, SegmentJob, SegmentSeen, digest, document_hash, segment
from archive.findings import Anchors, Finding, Outcome, Report
from archive.note_check import LedgerError, Statement, canonical_value, clock_steps, entry_time
from archive.opened import CONTAINER_MANIFEST, Opened, open_bundle
from archive.point_check import PROOFS, Given, Proofs, read_proofs
from archive.processes import Map, cores, mapping
from archive.zip_layout import BrokenFileError

__all__ = ["Anchors", "Finding", "Outcome", "Report", "VerifiedBundle", "examine", "verify"]

_MANIFEST = "manifest-sha256.txt"
_TAGS = "tagmanifest-sha256.txt"
_SIGNATURE = "tagmanifest-sha256.txt.p7s"
_STAMP = "tagmanifest-sha256.txt.tsr"
_VOLUMES = "volumes-sha256.txt"
_BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_UNLISTED = frozenset({_TAGS, _SIGNATURE, _STAMP, "mimetype", CONTAINER_MANIFEST})
_HASH = re.compile(r"[0-9a-f]{64}")
_TOLERANCE = timedelta(seconds=120)
# Below this, starting processes costs more than it saves.
_WORTH_PROCESSES = 32 << 20


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle that passed every check; only `verify` makes one."""

    path: Path
    report: Report


@dataclass(slots=True)
class _Examination:
    """What the steps hand on to each other."""

    opened: Opened
    anchors: Anchors
    report: Report
    map: Map
    seen: dict[str, Seen] = field(default_factory=dict)
    segments: list[SegmentSeen] = field(default_factory=list)
    statement: Statement | None = None
    proofs: Proofs | None = None

    def failed(self, step: str, subject: str, text: str) -> None:
        self.report.add(step, Outcome.FAILED, subject, text)

    def undecided(self, step: str, subject: str, text: str) -> None:
        self.report.add(step, Outcome.UNDECIDED, subject, text)

    def json(self, step: str, name: str) -> Any:  # noqa: ANN401 - JSON is anything
        """Return a JSON file's value; None, and a finding, where it is none."""
        raw = self.opened.read(name)
        try:
            return canonical_value(name, raw) if raw is not None else None
        except LedgerError as error:
            self.failed(step, name, error.text)
            return None


def examine(bundle: Path, anchors: Anchors, *, processes: int | None = None) -> Report:
    """Run every check and report all that was found.

    ``bundle`` is a container, with its volumes beside it, or the folder it was unpacked to.
    """
    report = Report(bundle=bundle.name)
    opened = open_bundle(bundle, report)
    if opened is None:
        return report
    with _mapping(opened, processes) as mapped:
        work = _Examination(opened, anchors, report, mapped)
        for step in _STEPS:
            step(work)
    if PROOFS not in opened.places:
        text = "the checkpoint's entry in the log, the head in its state, anchors: no proofs inside"
        report.not_checked.append(text)
    report.not_checked.append("PAdES and XAdES: this bundle has neither")
    return report


def verify(bundle: Path, anchors: Anchors, *, processes: int | None = None) -> VerifiedBundle:
    """Return the bundle as verified, or raise `BundleRejectedError`."""
    report = examine(bundle, anchors, processes=processes)
    if report.outcome is not Outcome.PASSED:
        raise BundleRejectedError(report)
    return VerifiedBundle(bundle, report)


def _mapping(opened: Opened, processes: int | None) -> AbstractContextManager[Map]:
    """Give a ``map`` that uses several processes where the bundle is worth it."""
    whole = sum(place.size for place in opened.places.values())
    return mapping(1 if whole < _WORTH_PROCESSES else processes or cores())


# --- 2. bag ---


def _bag(work: _Examination) -> None:
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
    _check_container_manifest(work)
    work.report.conclude("bag", "", "every file that a bundle has is there")


def _check_oxum(work: _Examination) -> None:
    info = dict(
        line.split(": ", 1)
        for line in (work.opened.read("bag-info.txt") or b"").decode(errors="replace").splitlines()
        if ": " in line
    )
    payload = [place.size for name, place in work.opened.places.items() if _in_data(name)]
    whole = info.get("Payload-Oxum") == f"{sum(payload)}.{len(payload)}"
    if not whole and not _volume_away(work):
        work.failed("bag", "bag-info.txt", "Payload-Oxum is not the size of what is here")
    work.report.base = info.get("External-Identifier", "")


def _check_container_manifest(work: _Examination) -> None:
    """Compare ``META-INF/manifest.xml`` with what it must be for these very files."""
    found = work.opened.read(CONTAINER_MANIFEST)
    sealed = {name: work.opened.read(name) for name in (_SIGNATURE, _STAMP)}
    if found is None or None in sealed.values():
        return
    inside = _in_container(work, found)
    hashes = {name: sha256(content or b"").hexdigest() for name, content in sealed.items()}
    if found == container_manifest(inside, hashes):
        return
    work.failed("bag", CONTAINER_MANIFEST, "is not that of the files in the container")
    for name, value in hashes.items():
        # Which of the two was changed cannot be told: nothing else covers either.
        if f"{value}  {name}\n".encode() not in found:
            work.failed("bag", name, f"is not the one that {CONTAINER_MANIFEST} was sealed with")


def _in_container(work: _Examination, manifest: bytes) -> set[str]:
    """Return the files that the container's manifest must name."""
    inside = set(work.opened.places) - {"mimetype", CONTAINER_MANIFEST}
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


def _digests(work: _Examination) -> None:
    """3. ``digests``: lists and files agree, both ways; records are read on the same pass."""
    _see(work)
    for name in sorted(work.seen):
        if work.seen[name].fault:
            work.failed("digests", name, work.seen[name].fault)
    payload = {name for name in work.opened.places if _in_data(name)}
    tags = set(work.opened.places) - payload - _UNLISTED
    _compare(work, _MANIFEST, payload)
    _compare(work, _TAGS, tags)
    if work.opened.volumes:
        _compare(work, _VOLUMES, set(work.opened.volumes))
    manifest = work.seen.get(_MANIFEST)
    work.report.content_id = manifest.sha256 if manifest else ""
    count = len(payload) + len(tags)
    work.report.conclude("digests", "", f"{count} files have the hashes the lists give")


def _see(work: _Examination) -> None:
    """Read every file once: records with their rows, all others for their hash."""
    statement = _statement(work)
    _read_proofs(work)
    jobs = _segment_jobs(work, statement) if statement else []
    taken = {name for job in jobs for name in (job.records.name, job.rows.name)}
    for seen in work.map(segment, jobs):
        work.segments.append(seen)
        work.seen.update({file.name: file for file in seen.files})
    others = [place for name, place in work.opened.places.items() if name not in taken]
    for file in work.map(digest, [*others, *work.opened.volumes.values()]):
        work.seen[file.name] = file


def _compare(work: _Examination, listing: str, there: set[str]) -> None:
    """Compare a list with the files it must list, all of them and no others."""
    raw = work.opened.read(listing)
    if raw is None:
        return
    listed, fault = read_list(raw)
    if fault:
        work.failed("digests", listing, fault)
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


def _missing(work: _Examination, name: str, listing: str) -> None:
    if listing == _MANIFEST and _in_records(name) and _volume_away(work):
        work.undecided("digests", name, "lies in a volume that is not here")
    elif listing != _VOLUMES:
        work.failed("digests", name, f"is in {listing} and not in the bundle")


def _volume_away(work: _Examination) -> bool:
    listed = work.opened.read(_VOLUMES) if work.opened.packed else None
    return bool(listed) and len(listed.splitlines()) > len(work.opened.volumes)  # type: ignore[union-attr]


def _statement(work: _Examination) -> Statement | None:
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


def _segment_jobs(work: _Examination, statement: Statement) -> list[SegmentJob]:
    places = work.opened.places
    try:
        names = ledger_check.segment_names(places)
    except LedgerError as error:
        if not _volume_away(work):
            work.failed("ledger", error.subject, error.text)
        return []
    jobs: list[SegmentJob] = []
    for number, name in enumerate(names):
        rows = places.get(name.removesuffix("jsonl") + "csv")
        if rows is None:
            work.failed("rows", name, "has no CSV file beside it")
            continue
        first = number * ledger_check.SEGMENT_RECORDS + 1
        points = work.proofs.points if work.proofs else ()
        bounds = tuple(sorted({point.size for point in points}))
        jobs.append(SegmentJob(places[name], rows, first, statement, bounds))
    return jobs


# --- 4. trust ---


def _trust(work: _Examination) -> None:
    """4. ``trust``: the copies inside are those we were given; they prove nothing themselves."""
    anchors = work.anchors
    pairs = (("trust/root.pem", anchors.root_pem), ("trust/tsa.pem", anchors.tsa_pem))
    for name, given in pairs:
        inside = work.opened.read(name)
        if inside is None:
            continue
        try:
            known, found = openssl.certificates(given), openssl.certificates(inside)
        except openssl.DerError as error:
            work.failed("trust", name, f"holds {error}")
            continue
        if not known:
            work.undecided("trust", name, "the file given for it holds no certificate")
        elif not found or not found <= known:
            work.failed("trust", name, "is not what was given from outside the bundle")
    _check_signer(work)
    log = work.opened.read("trust/log.pub.pem")
    if anchors.log_pub_pem is None:
        work.report.not_checked.append(
            "the log key against one from outside: the bundle's own word is taken for it (--log)"
        )
    elif log is not None and log.split() != anchors.log_pub_pem.split():
        work.failed("trust", "trust/log.pub.pem", "is not the log key given")
    work.report.conclude("trust", "trust/", "agrees with what was given from outside")


def _check_signer(work: _Examination) -> None:
    signer, p7s = work.opened.read("trust/signer.pem"), work.opened.read(_SIGNATURE)
    if signer is None or p7s is None:
        return
    try:
        found = openssl.certificates(signer)
    except openssl.DerError as error:
        work.failed("trust", "trust/signer.pem", f"holds {error}")
        return
    # Inside are the signer's and its chain, and in what is signed the hash of the signer's own.
    named = any(sha256(certificate).digest() in p7s for certificate in found)
    if not named or any(certificate not in p7s for certificate in found):
        work.failed("trust", "trust/signer.pem", "is not the certificate the seal was made with")


# --- 5. signature, 6. timestamp ---


def _signature(work: _Examination) -> None:
    """5. ``signature``: the list of lists is signed under the root, judged when it was stamped."""
    p7s, data = work.opened.read(_SIGNATURE), work.opened.read(_TAGS)
    if p7s is None or data is None:
        return
    try:
        at: datetime | None = openssl.signature_stamp(p7s)[1].time
    except openssl.DerError:
        at = None
    answer = openssl.verify_signature(p7s, data, work.anchors.root_pem, at)
    if answer.holds is None:
        work.undecided("signature", _SIGNATURE, answer.reason)
    elif not answer.holds:
        work.failed("signature", _SIGNATURE, f"does not hold under the root: {answer.reason}")
    work.report.conclude("signature", _SIGNATURE, "holds under the root given")


def _timestamp(work: _Examination) -> None:
    """6. ``timestamp``: both stamps hold under the authority, and follow the checkpoint."""
    p7s, data = work.opened.read(_SIGNATURE), work.opened.read(_TAGS)
    if p7s is not None:
        try:
            value, token = openssl.signature_stamp(p7s)
            _check_stamp(work, _SIGNATURE, token, value)
        except openssl.DerError as error:
            work.failed("timestamp", _SIGNATURE, f"carries no stamp that can be read: {error}")
    tsr = work.opened.read(_STAMP)
    if tsr is not None and data is not None:
        try:
            token = openssl.reply_token(tsr)
            _check_stamp(work, _STAMP, token, data)
            work.report.sealed_at = f"{token.time:%Y-%m-%dT%H:%M:%SZ}"
        except openssl.DerError as error:
            work.failed("timestamp", _STAMP, f"is no reply that can be read: {error}")
    work.report.conclude("timestamp", _STAMP, f"sealed not later than {work.report.sealed_at}")


def _check_stamp(work: _Examination, name: str, token: openssl.StampToken, data: bytes) -> None:
    answer = openssl.verify_stamp(token, data, work.anchors.tsa_pem)
    if answer.holds is None:
        work.undecided("timestamp", name, answer.reason)
    elif not answer.holds:
        work.failed("timestamp", name, f"its stamp does not hold: {answer.reason}")
    covered = _checkpoint_time(work)
    if covered and covered - token.time > _TOLERANCE:
        text = f"was stamped {token.time:%Y-%m-%d %H:%M:%S}Z, before the checkpoint it covers"
        work.failed("timestamp", name, text)


def _checkpoint_time(work: _Examination) -> datetime | None:
    if work.statement is None:
        return None
    try:
        time = entry_time(work.statement)
        return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None


# --- 7. ledger, 8. proofs, 9. rows ---


def _ledger(work: _Examination) -> None:
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
    points = work.proofs.points if work.proofs else ()
    problems, remarks = ledger_check.join(statement, str(kind), segments, steps, points)
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


def _check_index(work: _Examination, statement: Statement, index: object) -> None:
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
        "redactions": [],
        "segments": segment_rows(statement),
        "station": statement.station,
    }
    if index.get("base") != base_name(statement, str(kind)):
        text = f"base is not the name of a bundle of {statement.acct!r}, kind {kind!r}"
        work.failed("ledger", "data/index.json", text)
    for key, value in same.items():
        if index.get(key) != value:
            text = f"{key} is {index.get(key)!r:.80}, the rest of the bundle says {value!r:.80}"
            work.failed("ledger", "data/index.json", text)
    counts = index.get("counts")
    if not isinstance(counts, dict) or counts.get("records") != statement.records:
        work.failed("ledger", "data/index.json", "its count of records is another")


def _check_files(work: _Examination, statement: Statement) -> None:
    """Check that under ``data/`` lies what belongs to this checkpoint, in its form, only that."""
    points = [(it.note, it.tsr) for it in work.proofs.points] if work.proofs else []
    for name in unknown(work.opened.places, statement, points):
        work.failed("ledger", name, "is none of the files that a bundle of this form has")
    copy = f"data/checkpoint/{statement.checkpoint}.json"
    if work.opened.read(copy) != statement.entry.encode():
        work.failed("ledger", copy, "is not the entry that data/ledger.json states")
    for name in ("data/account.json", "data/contract/contract.json", "data/case.json"):
        work.json("ledger", name)
    work.json("ledger", "data/notices/notices.json")


def _check_note(work: _Examination, statement: Statement) -> None:
    note = work.opened.read(statement.note)
    key = work.anchors.log_pub_pem or work.opened.read("trust/log.pub.pem")
    if note is None or key is None:
        work.failed("ledger", statement.note, "is missing")
        return
    if away := openssl.missing():
        work.undecided("ledger", statement.note, away)
        return
    try:
        for problem in ledger_check.check_checkpoint(statement, note, key):
            say = work.failed if problem.decided else work.undecided
            say("ledger", problem.subject, problem.text)
    except LedgerError as error:
        work.failed("ledger", error.subject, error.text)


def _read_proofs(work: _Examination) -> None:
    raw = work.opened.read(PROOFS)
    if raw is None:
        return
    try:
        work.proofs = read_proofs(raw)
        work.report.points = len(work.proofs.points)
    except LedgerError as error:
        work.failed("proofs", error.subject, error.text)


def _proofs(work: _Examination) -> None:
    """8. ``proofs``: what others saw of the log, and what stood in it then."""
    statement, proofs = work.statement, work.proofs
    key = work.anchors.log_pub_pem or work.opened.read("trust/log.pub.pem")
    if statement is None or proofs is None or key is None:
        return
    index = work.json("proofs", "data/index.json")
    kind = str(index.get("kind")) if isinstance(index, dict) else ""
    given = Given(statement, work.opened.read, key, work.anchors.tsa_pem)
    status = work.opened.read("data/line-status.csv") or b""
    try:
        segments = [seen.segment for seen in work.segments]
        for problem in ledger_check.check_points(proofs, given, kind, segments, status):
            say = work.failed if problem.decided else work.undecided
            say("proofs", problem.subject, problem.text)
    except LedgerError as error:
        work.failed("proofs", error.subject, error.text)
    if proofs.absent is None:
        work.report.not_checked.append("whether the account has a later epoch: it was closed")
    text = f"{len(proofs.points)} points, each stamped, from checkpoint {proofs.points[0].n} on"
    work.report.conclude("proofs", PROOFS, text)


def _rows(work: _Examination) -> None:
    """9. ``rows``: the CSV files, read beside the records in step 3, say the same."""
    for seen in work.segments:
        for problem in seen.rows:
            work.failed("rows", problem.subject, problem.text)
    if _volume_away(work) or not work.segments:
        return
    work.report.conclude("rows", "data/records", "every row says what its record says")


# --- 10. documents ---


def _documents(work: _Examination) -> None:
    """10. ``documents``: each document has the hash by which records name it."""
    index = work.json("documents", "data/documents/index.json")
    if index is None:
        return
    rows: Sequence[Any] = index if isinstance(index, list) else [None]
    named: set[str] = set()
    for row in rows:
        _document(work, row, named)
    for name in sorted(set(work.opened.places) - named):
        lists = ("data/documents/index.json", "data/notices/notices.json")
        if name.startswith(("data/documents/", "data/notices/")) and name not in lists:
            work.failed("documents", name, "is in no list of documents")
    work.report.conclude("documents", "data/documents", f"{len(named)} are what the records name")


def _document(work: _Examination, row: Any, named: set[str]) -> None:  # noqa: ANN401 - JSON is anything
    """Check one document of the index and add its file to those ``named``."""
    name = row.get("file") if isinstance(row, dict) else None
    place = work.opened.places.get(name) if isinstance(name, str) else None
    if place is None or not _HASH.fullmatch(str(row.get("doc"))):
        work.failed("documents", "data/documents/index.json", "names a file that is not here")
        return
    if place.name in named:
        work.failed("documents", "data/documents/index.json", f"names {place.name} twice")
        return
    named.add(place.name)
    try:
        salt = bytes.fromhex(str(row.get("salt")))
        if document_hash(place, salt) != row["doc"]:
            work.failed("documents", place.name, "is not the document that the record names")
    except (ValueError, BrokenFileError) as error:
        work.failed("documents", place.name, f"cannot be checked: {error}")


_STEPS = (
    *(_bag, _digests, _trust, _signature, _timestamp),
    *(_ledger, _proofs, _rows, _documents),
)
