# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
r"""Check the ledger of an unpacked bundle, with nothing but Python and the openssl command.

    python3 verify/ledger.py DIR LOG_PUBLIC_KEY.pem [TSA.pem [PROOFS_DIR]]

DIR is the unpacked bundle, all its volumes included; the key and the certificates of the
authorities come from outside the bundle.  PROOFS_DIR holds further proofs, if there are.
Every record is hashed from its exact bytes and the chain is made again:

    account_key = H("stationd:acctkey:v1\0" ‖ lp(station) ‖ lp(acct) ‖ u32(epoch))
    head_0      = H("stationd:genesis:v1\0" ‖ account_key)
    leaf_n      = H("stationd:record:v1\0"  ‖ record bytes)
    head_n      = H("stationd:chain:v1\0"   ‖ head_{n-1} ‖ u64(n) ‖ leaf_n)

The last head must be the one that ``data/ledger.json`` states, and the checkpoint note must be
signed with the log's key.  ``seq`` runs without a gap, the first record is ``open``, a closing
bundle ends in ``close``, and ``t`` does not go back except where ``data/line-status.csv`` names a
step of the clock.  Where ``data/proofs`` is, every point in it is checked too: signature, stamp,
place in the log, the account in its state, and that the log only grew (``point_check.py``).

These files share no line with the program that writes bundles.  A bundle carries this one as
``verify/ledger.py`` and what it imports beside it, byte for byte.
"""

import json
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

if not __package__:
    # In a bundle the files lie side by side: their folder stands for the package.
    _package = types.ModuleType("archive")
    _package.__path__ = [str(Path(__file__).parent)]
    sys.modules["archive"] = _package

from archive.log_key_check import LOG_KEYS, LogKeys, key_pem, log_keys
from archive.note_check import (
    TOLERANCE,
    ClockStep,
    LedgerError,
    Problem,
    Statement,
    account_key,
    check_signature,
    clock_steps,
    count_of,
    entry_time,
    explained,
    is_count,
    json_object,
    moment,
    ours,
    read_entry,
    split_note,
    text_of,
)
from archive.point_check import (
    PROOFS,
    Chain,
    Given,
    Point,
    Proofs,
    Spans,
    around,
    check_proofs,
    missing_months,
    read_proofs,
)
from archive.withheld_check import WITHHELD, Runs, check_copy, is_withheld, remark_copy

__all__ = [  # noqa: PLE0604 - all are names; a line each would be a page
    *("LONGEST_RECORD", "SEGMENT_RECORDS", "ClockStep", "LedgerError", "Problem", "Segment"),
    *("Spans", "Statement", "begun", "chain", "check_checkpoint", "check_folder", "check_points"),
    *("clock_steps", "entry_time", "join", "lines", "main", "merged", "read_proofs"),
    *("read_segment", "read_statement", "take"),
]

_USAGE = "usage: python3 ledger.py DIR LOG_PUBLIC_KEY.pem [TSA.pem [PROOFS_DIR]]\n"

SEGMENT_RECORDS = 100_000
# No record comes near: a frame is at most some kilobytes.  It bounds what one line may cost.
LONGEST_RECORD = 4 << 20
# Backward steps of `t`, and problems, told one by one for each segment.
_MOST_STEPS = 1000
_MOST_PROBLEMS = 1000

# The decoder without what it does for white space, which records have none of; nor have they
# floating point, NaN or Infinity, which `int` takes for no number.
_SCAN = json.JSONDecoder(parse_float=int, parse_constant=int).scan_once  # type: ignore[attr-defined]
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
_RECORD = b"stationd:record:v1\0"
# White space beside a key, a sign written as its number, a stroke before one that needs none, -0.
_ODD = re.compile(rb'[\t\r]|\\[u/]|["[\]{}] | ["[\]{},]|": |, [- 0-9tfn]|[:,[]-0[],}]')


@dataclass
class Segment:
    """What one file of records gave: its leaves, its ends, and what was wrong inside."""

    file: str
    first: int
    count: int = 0
    leaves: bytes = b""
    first_t: str = ""
    last_t: str = ""
    latest_t: str = ""
    first_type: str = ""
    last_type: str = ""
    spans: Spans = field(default_factory=Spans)
    withheld: Runs = field(default_factory=lambda: Runs([]))
    steps_back: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, text: str) -> None:
        """Add a problem; beyond so many there is no use in reading on."""
        self.problems.append(Problem(self.file, text))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise LedgerError(self.file, f"has {_MOST_PROBLEMS} faults; the rest was not read")


def chain(key: bytes, leaves: Iterable[bytes]) -> bytes:
    """Return the last head of the chain of ``key`` over runs of 32-byte ``leaves``."""
    whole = Chain(key)
    for run in leaves:
        whole.extend(run)
    return whole.head


def read_statement(raw: bytes) -> Statement:
    """Read ``data/ledger.json``, or raise `LedgerError`."""
    subject = "data/ledger.json"
    value = json_object(subject, raw)
    point = value.get("checkpoint")
    if not is_count(value.get("v"), 1) or not isinstance(point, dict):
        raise LedgerError(subject, "is not version 1 of this file, or names no checkpoint")
    statement = Statement(
        station=text_of(subject, value, "station"),
        acct=text_of(subject, value, "acct"),
        epoch=count_of(subject, value, "epoch", 1, 2**32 - 1),
        records=count_of(subject, value, "records", 1),
        head=text_of(subject, value, "head"),
        account_key=text_of(subject, value, "account_key"),
        checkpoint=count_of(subject, point, "n", 0),
        entry=text_of(subject, point, "entry"),
        note=text_of(subject, point, "note"),
        origin=text_of(subject, point, "origin"),
    )
    key = account_key(statement.station, statement.acct, statement.epoch).hex()
    if statement.account_key != key:
        raise LedgerError(subject, "names an account_key that is not of its station, acct, epoch")
    if statement.note != f"data/checkpoint/{statement.checkpoint}.note":
        raise LedgerError(subject, "names a note that is not the one of its checkpoint")
    return statement


def lines(stream: BinaryIO, subject: str) -> Iterator[bytes]:
    """Yield the lines of ``stream`` without their ends; each must end in a line feed."""
    rest = b""
    while chunk := stream.read(1 << 18):
        parts = (rest + chunk).split(b"\n")
        rest = parts.pop()
        yield from parts
        if len(rest) > LONGEST_RECORD:
            raise LedgerError(subject, f"has a line longer than {LONGEST_RECORD} bytes")
    if rest:
        raise LedgerError(subject, "ends in the middle of a line")


def read_segment(
    stream: BinaryIO,
    segment: Segment,
    statement: Statement,
    each: Callable[[bytes, dict[str, Any]], None] | None = None,
) -> Segment:
    """Read one file of records into ``segment``: hash, count, order, whose they are.

    ``each`` is called with the bytes and the fields of every record.
    """
    leaves = bytearray()
    seq = segment.first - 1
    for raw in lines(stream, segment.file):
        seq += 1
        fields = _fields(raw)
        if fields is not None and "redacted" in fields and is_withheld(fields, seq):
            leaves += _withheld(segment, fields, seq)
        else:
            leaves += sha256(_RECORD + raw).digest()
            fields = _record(segment, fields, seq, statement)
            _see(segment, fields, seq)
        if each is not None:
            each(raw, fields)
    segment.count = seq - segment.first + 1
    segment.leaves = bytes(leaves)
    return segment


def _see(segment: Segment, fields: dict[str, Any], seq: int) -> None:
    """Take in time and type of a record that is here."""
    t, before = fields.get("t", ""), segment.last_t
    if t < before and len(segment.steps_back) < _MOST_STEPS:
        segment.steps_back.append((seq, before, t))
    elif t < before:
        segment.wrong(f"record {seq}: t goes back, more than {_MOST_STEPS} times in this file")
    elif t > segment.latest_t:
        segment.latest_t = t
    segment.last_t = t
    segment.first_t = segment.first_t or t
    segment.spans.see(seq, t)
    kind = fields.get("type", "")
    if seq == segment.first:
        segment.first_type = kind
    elif kind == "open":
        segment.wrong(f"record {seq} is a second open")
    if segment.last_type == "close":
        segment.wrong(f"record {seq} stands after close")
    segment.last_type = kind


def _withheld(segment: Segment, fields: dict[str, Any], seq: int) -> bytes:
    """Take in the line of a withheld record; return its leaf."""
    segment.withheld.add(seq)
    if seq == segment.first:
        segment.first_type = WITHHELD
    if segment.last_type == "close":
        segment.wrong(f"record {seq} stands after close")
    segment.last_type = WITHHELD
    return bytes.fromhex(fields["leaf"])


def _record(
    segment: Segment, fields: dict[str, Any] | None, seq: int, statement: Statement
) -> dict[str, Any]:
    """Return the fields of record ``seq``; what is wrong with it goes to the problems."""
    if fields is None:
        segment.wrong(f"line of record {seq} is not a JSON object in canonical form")
        return {}
    stated, epoch, t, kind = map(fields.get, ("seq", "epoch", "t", "type"))
    if stated != seq or type(stated) is not int:
        segment.wrong(f"record {seq} is missing or out of place: seq says {stated!r:.40}")
    if (fields.get("acct"), epoch, type(epoch)) != (statement.acct, statement.epoch, int):
        segment.wrong(f"record {seq} is of another account or epoch")
    if not isinstance(t, str) or moment(t) is None:
        segment.wrong(f"record {seq} has no time t of the known form")
        fields["t"] = ""
    if not isinstance(kind, str) or kind == WITHHELD:
        said = "has no type" if kind != WITHHELD else "calls itself withheld, and is here"
        segment.wrong(f"record {seq} {said}")
        fields["type"] = ""
    return fields


def _fields(raw: bytes) -> dict[str, Any] | None:
    """Return the fields of a record; None where it is none, or holds a key twice."""
    try:
        text = raw.decode()
        fields, end = _SCAN(text, 0)
        if end != len(text) or not isinstance(fields, dict):
            return None
        entry = fields.get("entry")
        keys = len(fields) + (len(entry) if isinstance(entry, dict) else 0)
        # To encode each record again would take longer than all else.  The bytes tell which to
        # look at: those with more keys than were kept, or with anything in an odd writing.
        suspect = raw.count(b'":') != keys or _ODD.search(raw)
        if suspect and _CANONICAL(fields) != text:
            return None
    except (ValueError, RecursionError, StopIteration):
        return None
    return fields


def join(
    statement: Statement,
    kind: str,
    segments: Sequence[Segment],
    whole: Chain,
    steps: Sequence[ClockStep],
    points: Sequence[Point] = (),
) -> tuple[list[Problem], list[str]]:
    """Check what only all segments together show; return the problems, and what to remark.

    ``whole`` has taken them all.
    """
    problems = [problem for segment in segments for problem in segment.problems]
    problems += _check_ends(statement, kind, segments)
    problems += _check_heads(statement, whole, points)
    wrong, remarks = _check_times(statement, segments, steps)
    beyond, explained_too = _check_spans(segments, points, steps)
    return problems + wrong + beyond, remarks + explained_too


def _check_heads(statement: Statement, whole: Chain, points: Sequence[Point]) -> list[Problem]:
    problems: list[Problem] = []
    if whole.head.hex() != statement.head:
        text = "the records do not hash to the head that data/ledger.json states"
        problems.append(Problem("data/records", text))
    for point in points:
        if whole.heads.get(point.size) != point.head:
            text = f"the first {point.size} records do not come to the head of point {point.n}"
            problems.append(Problem("data/records", text))
    return problems


def take(whole: Chain, segment: Segment) -> None:
    """Go on with a chain over a segment, which forgets its leaves: all would fill the memory."""
    whole.extend(segment.leaves)
    segment.leaves = b""


def begun(statement: Statement, points: Iterable[Point]) -> Chain:
    """Return the chain of a bundle before its first record."""
    key = account_key(statement.station, statement.acct, statement.epoch)
    return Chain(key, {point.size for point in points})


def _check_spans(
    segments: Sequence[Segment], points: Sequence[Point], steps: Sequence[ClockStep]
) -> tuple[list[Problem], list[str]]:
    """Check that the records between two points are dated between the times of the two."""
    problems: list[Problem] = []
    remarks: list[str] = []
    named = explained(steps)
    for place, first, last in _between(segments):
        lacking, covering = around(points, place)
        early, late = moment(first), moment(last)
        faults: list[tuple[datetime, datetime, str]] = []
        if lacking and early and (begins := lacking.entry.time) - early > TOLERANCE:
            text = f"a record is dated {first}, before point {lacking.n}, which lacks it"
            faults.append((begins, early, text))
        if covering and late and late - (ends := covering.entry.time) > TOLERANCE:
            text = f"a record is dated {last}, after point {covering.n}, which covers it"
            faults.append((late, ends, text))
        for before, after, text in faults:
            if named(before, after):
                remarks.append(f"{text}; data/line-status.csv names a step of the clock there")
            else:
                problems.append(Problem("data/records", text))
    return problems, remarks


def _between(segments: Sequence[Segment]) -> Iterator[tuple[int, str, str]]:
    for segment in segments:
        for place, (first, last) in segment.spans.found.items():
            if segment.spans.bounds:
                yield place, first, last


def _check_ends(statement: Statement, kind: str, segments: Sequence[Segment]) -> list[Problem]:
    problems: list[Problem] = []
    count = sum(segment.count for segment in segments)
    if count != statement.records:
        text = f"{count} records are here, data/ledger.json states {statement.records}"
        problems.append(Problem("data/records", text))
    for one, two in pairwise(segments):
        problems += _check_seam(one, two)
    if segments and segments[0].first_type not in {"open", WITHHELD}:
        problems.append(Problem(segments[0].file, "the first record is not open"))
    if kind == "closing" and segments and segments[-1].last_type != "close":
        problems.append(Problem(segments[-1].file, "a closing bundle, and its last is not close"))
    return problems


def _check_seam(one: Segment, two: Segment) -> list[Problem]:
    """Check what must hold where one file of records ends and the next begins."""
    problems: list[Problem] = []
    if one.count != SEGMENT_RECORDS:
        text = f"holds {one.count} records and is not the last file"
        problems.append(Problem(one.file, text))
    if one.last_type == "close":
        problems.append(Problem(one.file, "ends in close, and records follow"))
    if two.first_type == "open":
        problems.append(Problem(two.file, f"record {two.first} is a second open"))
    return problems


def _check_times(
    statement: Statement, segments: Sequence[Segment], steps: Sequence[ClockStep]
) -> tuple[list[Problem], list[str]]:
    problems: list[Problem] = []
    remarks: list[str] = []
    named = explained(steps)
    for file, seq, before, after in _steps_back(segments):
        first, second = moment(before), moment(after)
        text = f"record {seq}: t goes back from {before} to {after}"
        if first and second and named(first, second):
            remarks.append(f"{text}; data/line-status.csv names a step of the clock there")
        else:
            problems.append(Problem(file, f"{text}, and no step of the clock is named there"))
    last, covered = max((it.latest_t for it in segments), default=""), entry_time(statement)
    latest, until = moment(last), moment(covered)
    if latest and until and latest - until > TOLERANCE:
        if named(latest, until):
            remarks.append("records are dated after the checkpoint; a step of the clock is named")
        else:
            text = f"a record is dated {last}, after its checkpoint of {covered}"
            problems.append(Problem("data/records", text))
    return problems, remarks


def _steps_back(segments: Sequence[Segment]) -> Iterator[tuple[str, int, str, str]]:
    for segment in segments:
        yield from ((segment.file, *step) for step in segment.steps_back)
    for one, two in pairwise([segment for segment in segments if segment.last_t]):
        if two.first_t < one.last_t:
            yield two.file, two.first, one.last_t, two.first_t


def check_checkpoint(statement: Statement, note: bytes, keys: LogKeys) -> list[Problem]:
    """Check the checkpoint's entry and its note, signature included."""
    problems = _check_entry(statement)
    try:
        read = split_note(note, statement.origin)
    except LedgerError as error:
        return [*problems, Problem(statement.note, error.text)]
    if read.size != statement.checkpoint + 1:
        text = f"is of tree size {read.size}, checkpoint {statement.checkpoint} needs n + 1"
        problems.append(Problem(statement.note, text))
    key = keys.at(read.size)
    signatures = ours(read, statement.origin, key)
    if not signatures:
        text = f"is not signed with {keys.said(read.size)} given"
        return [*problems, Problem(statement.note, text)]
    if len(signatures) > 1:
        text = "the signature of the log key does not hold: it stands there twice"
        return [*problems, Problem(statement.note, text)]
    return problems + check_signature(statement.note, read.text, signatures[0], key_pem(key))


def _check_entry(statement: Statement) -> list[Problem]:
    subject = "data/ledger.json"
    try:
        if read_entry(subject, statement.entry).n == statement.checkpoint:
            return []
    except LedgerError as error:
        return [Problem(subject, f"its checkpoint entry {error.text}")]
    return [Problem(subject, "its checkpoint entry is not one of that number")]


def segment_names(names: Iterable[str]) -> list[str]:
    """Return the files of records among ``names``, in order; raise where one is missing."""
    found = sorted(name for name in names if re.fullmatch(r"data/records/seg-\d{6,}\.jsonl", name))
    wanted = [f"data/records/seg-{number:06}.jsonl" for number in range(1, len(found) + 1)]
    if found != wanted or not found:
        raise LedgerError("data/records", "a file of records is missing, or there is none")
    return found


def merged(proofs: Iterable[Proofs]) -> tuple[Point, ...]:
    """Return the points of all proofs of one bundle, in order."""
    points = {point.n: point for one in proofs for point in one.points}
    return tuple(points[n] for n in sorted(points))


def check_points(
    proofs: Proofs, given: Given, kind: str, segments: Sequence[Segment], line_status: bytes
) -> list[Problem]:
    """Check proofs by themselves, and that no month's point was left out."""
    # Whether an epoch was closed whose last record is withheld is not to be seen.
    closed = bool(segments) and segments[-1].last_type in {"close", WITHHELD}
    problems = check_proofs(proofs, given, closing=kind == "closing", closed=closed)
    opened = moment(segments[0].first_t) if segments else None
    if segments and segments[0].first_type == WITHHELD:
        first = proofs.points[0].entry.time
        opened = min(opened or first, first)
    if opened is None or proofs.subject != PROOFS:
        return problems
    spans = [(it.first, it.last) for it in clock_steps(line_status, "unstamped")]
    for month in missing_months(opened, proofs.points, spans):
        text = f"has no point in {month}: the last of each month must be there"
        problems.append(Problem(proofs.subject, text))
    return problems


def check_folder(
    folder: Path, log_public_pem: bytes, tsa_pem: bytes | None = None, also: Path | None = None
) -> tuple[list[Problem], list[str]]:
    """Check the ledger of the unpacked bundle in ``folder``; return problems and remarks.

    Without ``tsa_pem`` the bundle's own word is taken for the authorities.  ``also`` is a folder of
    further proofs up to the same checkpoint, as `stationctl prove` writes them.
    """
    try:
        statement = read_statement((folder / "data/ledger.json").read_bytes())
        index = json_object("data/index.json", (folder / "data/index.json").read_bytes())
        status = (folder / "data/line-status.csv").read_bytes()
        tsa_pem = (folder / "trust/tsa.pem").read_bytes() if tsa_pem is None else tsa_pem
        changes = _content([folder], LOG_KEYS)
        keys, wrong = log_keys(log_public_pem, None, changes, statement.origin)
        sets = list(_proof_sets(statement, folder, also, (keys, tsa_pem)))
        points = merged(proofs for proofs, _ in sets)
        whole = begun(statement, points)
        segments = _segments(folder, statement, points, whole)
        kind = str(index.get("kind"))
        problems, remarks = join(statement, kind, segments, whole, clock_steps(status), points)
        info = _content([folder], "bag-info.txt") or b""
        withheld = [segment.withheld for segment in segments]
        problems += check_copy(index, withheld, statement.records, info)
        remarks = remark_copy(kind, withheld, statement.records) + remarks
        for proofs, given in sets:
            problems = problems + check_points(proofs, given, kind, segments, status)
        note = (folder / "data/checkpoint" / f"{statement.checkpoint}.note").read_bytes()
        if not (folder / PROOFS).exists() and _states_proofs(folder):
            problems += [Problem(PROOFS, "is missing, and bag-info.txt says that it is there")]
        elif not sets:
            remarks = [*remarks, "no proofs are inside: only the sealed word stands for the head"]
        if keys.changes:
            changed = f"the log key was changed {len(keys.changes)} time(s) ({LOG_KEYS})"
            remarks = [*remarks, changed]
        return wrong + problems + check_checkpoint(statement, note, keys), remarks
    except LedgerError as error:
        return [Problem(error.subject, error.text)], []
    except OSError as error:
        return [Problem(str(error.filename), f"cannot be read: {error.strerror}")], []


def _states_proofs(folder: Path) -> bool:
    info = _content([folder], "bag-info.txt") or b""
    return any(line.startswith(b"Ledger-Proofs: ") for line in info.splitlines())


def _proof_sets(
    statement: Statement, bundle: Path, also: Path | None, trusted: tuple[LogKeys, bytes]
) -> Iterator[tuple[Proofs, Given]]:
    """Yield the proofs of the bundle, and those of a folder beside it, if there are."""
    keys, tsa_pem = trusted
    for place, folder in enumerate((bundle, also)):
        if folder is None or not (place or (folder / PROOFS).exists()):
            continue
        subject = PROOFS if place == 0 else str(folder / PROOFS)
        proofs = read_proofs((folder / PROOFS).read_bytes(), subject)
        # The note that is stated lies in the bundle, for further proofs as well.
        yield proofs, Given(statement, partial(_content, (folder, bundle)), keys, tsa_pem)


def _content(folders: Sequence[Path], name: str) -> bytes | None:
    paths = (folder / name for folder in folders)
    return next((path.read_bytes() for path in paths if path.is_file()), None)


def _segments(
    folder: Path, statement: Statement, points: Sequence[Point], whole: Chain
) -> list[Segment]:
    bounds = tuple(sorted({point.size for point in points}))
    names = [path.relative_to(folder).as_posix() for path in folder.glob("data/records/*")]
    segments: list[Segment] = []
    for number, name in enumerate(segment_names(names)):
        first = number * SEGMENT_RECORDS + 1
        segment = Segment(file=name, first=first, spans=Spans(bounds))
        with (folder / name).open("rb") as stream:
            segments.append(read_segment(stream, segment, statement))
        take(whole, segment)
    return segments


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the folder and the keys named on the command line; 0: all holds, 1: not, 2: usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not 2 <= len(given) <= 4:
        sys.stderr.write(_USAGE)
        return 2
    try:
        pems = [Path(name).read_bytes() for name in given[1:3]]
    except OSError as error:
        sys.stderr.write(f"{error.filename}: cannot be read: {error.strerror}\n")
        return 2
    also = Path(given[3]) if len(given) == 4 else None
    tsa_pem = pems[1] if pems[1:] else None
    problems, remarks = check_folder(Path(given[0]), pems[0], tsa_pem, also)
    if len(pems) == 1:
        remarks.append("the authorities are taken from the bundle's own trust/tsa.pem")
    return _told(problems, remarks)


def _told(problems: Sequence[Problem], remarks: Sequence[str]) -> int:
    # Whatever a file holds can be said, on a terminal of any encoding.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    for remark in remarks:
        sys.stdout.write(f"note: {remark}\n")
    for problem in problems:
        word = "FAILED" if problem.decided else "UNDECIDED"
        sys.stdout.write(f"{word} {problem.subject}: {problem.text}\n")
    failed = any(problem.decided for problem in problems)
    held = "could not be decided" if problems and not failed else "does not hold"
    sys.stdout.write(f"the ledger {held}\n" if problems else "the ledger holds\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
