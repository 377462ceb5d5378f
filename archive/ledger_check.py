# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
r"""Check the ledger of an unpacked bundle, with nothing but Python and the openssl command.

    python3 verify/ledger.py DIR LOG_PUBLIC_KEY.pem

DIR is the unpacked bundle, all its volumes included; the key comes from outside the bundle.
Every record is hashed from its exact bytes and the chain is made again:

    account_key = H("stationd:acctkey:v1\0" ‖ lp(station) ‖ lp(acct) ‖ u32(epoch))
    head_0      = H("stationd:genesis:v1\0" ‖ account_key)
    leaf_n      = H("stationd:record:v1\0"  ‖ record bytes)
    head_n      = H("stationd:chain:v1\0"   ‖ head_{n-1} ‖ u64(n) ‖ leaf_n)

The last head must be the one that ``data/ledger.json`` states, and the checkpoint note must be
signed with the log's key.  ``seq`` runs without a gap, the first record is ``open``, a closing
bundle ends in ``close``, and ``t`` does not go back except where ``data/line-status.csv`` names a
step of the clock.

This file shares no line with the program that writes bundles.  A bundle carries it as
``verify/ledger.py``, byte for byte.
"""

import base64
import bisect
import csv
import io
import json
import re
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, BinaryIO

__all__ = [  # noqa: PLE0604 - all are names; a line each would be a page
    *("LONGEST_RECORD", "SEGMENT_RECORDS", "ClockStep", "LedgerError", "Problem", "Segment"),
    *("Statement", "canonical_value", "check_checkpoint", "check_folder", "clock_steps"),
    *("entry_time", "join", "lines", "main", "read_segment", "read_statement"),
]

SEGMENT_RECORDS = 100_000
# No record comes near: a frame is at most some kilobytes.  It bounds what one line may cost.
LONGEST_RECORD = 4 << 20
# How far `t` may lie beyond the checkpoint that covers it, and a clock step beside its row.
TOLERANCE = timedelta(seconds=120)
# Backward steps of `t`, and problems, told one by one for each segment.
_MOST_STEPS = 1000
_MOST_PROBLEMS = 1000

# Digits of ASCII: other scripts' digits sort behind them and are no date.
_TIME = re.compile(
    "[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9][.][0-9]{6}Z", re.ASCII
)
_HEX32 = re.compile(r"[0-9a-f]{64}")
# The decoder without what it does for white space, which records have none of; nor have they
# floating point, NaN or Infinity, which `int` takes for no number.
_SCAN = json.JSONDecoder(parse_float=int, parse_constant=int).scan_once  # type: ignore[attr-defined]
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode
_U64 = struct.Struct(">Q")
_RECORD = b"stationd:record:v1\0"
_CHAIN = b"stationd:chain:v1\0"


class LedgerError(Exception):
    """A file of the ledger cannot be read as what it must be; ``subject`` names it."""

    def __init__(self, subject: str, text: str) -> None:
        self.subject = subject
        self.text = text
        super().__init__(f"{subject}: {text}")


@dataclass(frozen=True)
class Problem:
    """Something that does not hold, or could not be ``decided``, and the file it was found in."""

    subject: str
    text: str
    decided: bool = True


@dataclass(frozen=True)
class Statement:
    """What ``data/ledger.json`` states: whose chain this is, how long, and under which head."""

    station: str
    acct: str
    epoch: int
    records: int
    head: str
    account_key: str
    checkpoint: int
    entry: str
    note: str
    origin: str


@dataclass(frozen=True)
class ClockStep:
    """A step of the clock that ``line-status.csv`` names: from one time to another."""

    first: datetime
    last: datetime


def explained(steps: Sequence[ClockStep]) -> Callable[[datetime, datetime], bool]:
    """Return a test whether a ``t`` that went back, from one time to another, lies in a step."""
    spans = sorted((_since(min(it.first, it.last)), _since(max(it.first, it.last))) for it in steps)
    lows = [low - TOLERANCE for low, _ in spans]
    highs = list(accumulate((high + TOLERANCE for _, high in spans), max))

    def holds(before: datetime, after: datetime) -> bool:
        at = bisect.bisect_right(lows, _since(after))
        return at > 0 and _since(before) <= highs[at - 1]

    return holds


def _since(moment: datetime) -> timedelta:
    # A span may reach beyond the years that a datetime has.
    return moment - datetime(1, 1, 1, tzinfo=UTC)


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
    steps_back: list[tuple[int, str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, text: str) -> None:
        """Add a problem; beyond so many there is no use in reading on."""
        self.problems.append(Problem(self.file, text))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise LedgerError(self.file, f"has {_MOST_PROBLEMS} faults; the rest was not read")


def account_key(station: str, acct: str, epoch: int) -> bytes:
    """Return the name of a chain as the state tree knows it."""
    names = (struct.pack(">I", len(it.encode())) + it.encode() for it in (station, acct))
    return sha256(b"stationd:acctkey:v1\0" + b"".join(names) + struct.pack(">I", epoch)).digest()


def chain(key: bytes, leaves: Iterable[bytes]) -> bytes:
    """Return the last head of the chain of ``key`` over runs of 32-byte ``leaves``."""
    head = sha256(b"stationd:genesis:v1\0" + key).digest()
    pack = _U64.pack
    n = 0
    for run in leaves:
        for at in range(0, len(run), 32):
            n += 1
            head = sha256(_CHAIN + head + pack(n) + run[at : at + 32]).digest()
    return head


def canonical_value(subject: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the value of a JSON file in canonical form, or raise `LedgerError`.

    Another form may hold a key twice, and then two readers may see two things.
    """
    try:
        text = raw.decode().removesuffix("\n")
        value = json.loads(text)
        same = _CANONICAL(value) == text
    except (ValueError, RecursionError) as error:
        raise LedgerError(subject, f"is not JSON: {error}") from None
    if not same:
        raise LedgerError(subject, "is not canonical JSON; is a key there twice?")
    return value


def _json_object(subject: str, raw: bytes) -> dict[str, Any]:
    value = canonical_value(subject, raw)
    if not isinstance(value, dict):
        raise LedgerError(subject, "is not a JSON object")
    return value


def _text(subject: str, value: Mapping[str, Any], key: str) -> str:
    text = value.get(key)
    if not isinstance(text, str):
        raise LedgerError(subject, f"has no text {key!r}")
    return text


def _count(
    subject: str, value: Mapping[str, Any], key: str, least: int, most: int = 2**53 - 1
) -> int:
    count = value.get(key)
    if type(count) is not int or not least <= count <= most:
        raise LedgerError(subject, f"has no whole number {key!r} from {least} to {most}")
    return count


def read_statement(raw: bytes) -> Statement:
    """Read ``data/ledger.json``, or raise `LedgerError`."""
    subject = "data/ledger.json"
    value = _json_object(subject, raw)
    point = value.get("checkpoint")
    if value.get("v") != 1 or not isinstance(point, dict):
        raise LedgerError(subject, "is not version 1 of this file, or names no checkpoint")
    statement = Statement(
        station=_text(subject, value, "station"),
        acct=_text(subject, value, "acct"),
        epoch=_count(subject, value, "epoch", 1, 2**32 - 1),
        records=_count(subject, value, "records", 1),
        head=_text(subject, value, "head"),
        account_key=_text(subject, value, "account_key"),
        checkpoint=_count(subject, point, "n", 0),
        entry=_text(subject, point, "entry"),
        note=_text(subject, point, "note"),
        origin=_text(subject, point, "origin"),
    )
    key = account_key(statement.station, statement.acct, statement.epoch).hex()
    if statement.account_key != key:
        raise LedgerError(subject, "names an account_key that is not of its station, acct, epoch")
    if statement.note != f"data/checkpoint/{statement.checkpoint}.note":
        raise LedgerError(subject, "names a note that is not the one of its checkpoint")
    return statement


def clock_steps(raw: bytes) -> list[ClockStep]:
    """Return the steps of the clock that ``data/line-status.csv`` names."""
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError("data/line-status.csv", f"is not CSV in UTF-8: {error}") from None
    steps: list[ClockStep] = []
    for row in rows:
        if row.get("kind") != "clock_step":
            continue
        first, last = _time(row.get("from") or ""), _time(row.get("to") or "")
        if first or last:
            steps.append(ClockStep(first or last, last or first))  # type: ignore[arg-type]
    return steps


def _time(text: str) -> datetime | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


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
    before = ""
    for raw in lines(stream, segment.file):
        seq += 1
        leaves += sha256(_RECORD + raw).digest()
        fields = _record(segment, raw, seq, statement)
        t = fields.get("t", "")
        if t < before and len(segment.steps_back) < _MOST_STEPS:
            segment.steps_back.append((seq, before, t))
        elif t < before:
            segment.wrong(f"record {seq}: t goes back, more than {_MOST_STEPS} times in this file")
        elif t > segment.latest_t:
            segment.latest_t = t
        before = t
        kind = fields.get("type", "")
        if seq == segment.first:
            segment.first_t, segment.first_type = t, kind
        elif kind == "open":
            segment.wrong(f"record {seq} is a second open")
        if segment.last_type == "close":
            segment.wrong(f"record {seq} stands after close")
        segment.last_type = kind
        if each is not None:
            each(raw, fields)
    segment.count = seq - segment.first + 1
    segment.last_t = before
    segment.leaves = bytes(leaves)
    return segment


def _record(segment: Segment, raw: bytes, seq: int, statement: Statement) -> dict[str, Any]:
    """Return the fields of record ``seq``; what is wrong with it goes to the problems."""
    fields = _fields(raw)
    if fields is None:
        segment.wrong(f"line of record {seq} is not a JSON object in canonical form")
        return {}
    stated, epoch, t = fields.get("seq"), fields.get("epoch"), fields.get("t")
    if stated != seq or type(stated) is not int:
        segment.wrong(f"record {seq} is missing or out of place: seq says {stated!r:.40}")
    if (fields.get("acct"), epoch, type(epoch)) != (statement.acct, statement.epoch, int):
        segment.wrong(f"record {seq} is of another account or epoch")
    if not isinstance(t, str) or not _TIME.fullmatch(t):
        segment.wrong(f"record {seq} has no time t of the known form")
        fields["t"] = ""
    if not isinstance(fields.get("type"), str):
        segment.wrong(f"record {seq} has no type")
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
        # look at: those with more keys than were kept or with a sign written as its number.
        suspect = raw.count(b'":') != keys or b"\\u" in raw
        if suspect and _CANONICAL(fields) != text:
            return None
    except (ValueError, RecursionError, StopIteration):
        return None
    return fields


def join(
    statement: Statement, kind: str, segments: Sequence[Segment], steps: Sequence[ClockStep]
) -> tuple[list[Problem], list[str]]:
    """Check what only all segments together show; return the problems, and what to remark."""
    problems = [problem for segment in segments for problem in segment.problems]
    problems += _check_ends(statement, kind, segments)
    key = account_key(statement.station, statement.acct, statement.epoch)
    if chain(key, (segment.leaves for segment in segments)).hex() != statement.head:
        text = "the records do not hash to the head that data/ledger.json states"
        problems.append(Problem("data/records", text))
    wrong, remarks = _check_times(statement, segments, steps)
    return problems + wrong, remarks


def _check_ends(statement: Statement, kind: str, segments: Sequence[Segment]) -> list[Problem]:
    problems: list[Problem] = []
    count = sum(segment.count for segment in segments)
    if count != statement.records:
        text = f"{count} records are here, data/ledger.json states {statement.records}"
        problems.append(Problem("data/records", text))
    for one, two in pairwise(segments):
        problems += _check_seam(one, two)
    if segments and segments[0].first_type != "open":
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
        first, second = _time(before), _time(after)
        text = f"record {seq}: t goes back from {before} to {after}"
        if first and second and named(first, second):
            remarks.append(f"{text}; data/line-status.csv names a step of the clock there")
        else:
            problems.append(Problem(file, f"{text}, and no step of the clock is named there"))
    last, covered = max((it.latest_t for it in segments), default=""), entry_time(statement)
    latest, until = _time(last), _time(covered)
    if last and latest is None:
        problems.append(Problem("data/records", f"a record is dated {last}, which is no date"))
    elif latest and until and latest - until > TOLERANCE:
        if named(latest, until):
            remarks.append("records are dated after the checkpoint; a step of the clock is named")
        else:
            text = f"a record is dated {last}, after its checkpoint of {covered}"
            problems.append(Problem("data/records", text))
    return problems, remarks


def _steps_back(segments: Sequence[Segment]) -> Iterator[tuple[str, int, str, str]]:
    for segment in segments:
        yield from ((segment.file, *step) for step in segment.steps_back)
    for one, two in pairwise(segments):
        if two.first_t < one.last_t:
            yield two.file, two.first, one.last_t, two.first_t


def entry_time(statement: Statement) -> str:
    """Return the time that the checkpoint's entry gives, empty where it gives none."""
    try:
        time = _json_object("data/ledger.json", statement.entry.encode()).get("time")
    except LedgerError:
        return ""
    return time if isinstance(time, str) else ""


def check_checkpoint(statement: Statement, note: bytes, log_public_pem: bytes) -> list[Problem]:
    """Check the checkpoint's entry and its note, signature included."""
    problems = _check_entry(statement)
    try:
        text, size, signatures = _split_note(note, statement.origin)
    except LedgerError as error:
        return [*problems, Problem(statement.note, error.text)]
    if size != statement.checkpoint + 1:
        shown = f"is of tree size {size}, checkpoint {statement.checkpoint} needs one more than n"
        problems.append(Problem(statement.note, shown))
    public = _public_key(log_public_pem)
    known = sha256(statement.origin.encode() + b"\n\x01" + public).digest()[:4]
    ours = [signature for key_id, signature in signatures if key_id == known]
    if not ours:
        problems.append(Problem(statement.note, "is not signed with the log key given"))
    elif len(ours) > 1:
        text_said = "the signature of the log key does not hold: it stands there twice"
        problems.append(Problem(statement.note, text_said))
    else:
        problems += _check_signature(statement.note, text, ours[0], log_public_pem)
    return problems


def _check_entry(statement: Statement) -> list[Problem]:
    subject = "data/ledger.json"
    try:
        entry = _json_object(subject, statement.entry.encode())
    except LedgerError as error:
        return [Problem(subject, f"its checkpoint entry {error.text}")]
    sound = (
        not statement.entry.endswith("\n")
        and entry.get("type") == "stationd-checkpoint"
        and entry.get("v") == 1
        and entry.get("n") == statement.checkpoint
        and _HEX32.fullmatch(str(entry.get("state_root")))
        and _HEX32.fullmatch(str(entry.get("prev")))
        and _time(str(entry.get("time")))
    )
    return [] if sound else [Problem(subject, "its checkpoint entry is not one of that number")]


def _split_note(note: bytes, origin: str) -> tuple[bytes, int, list[tuple[bytes, bytes]]]:
    """Return a note's signed text, its tree size, and key id and signature of each line."""
    subject = "note"
    text, blank, tail = note.partition(b"\n\n")
    text += b"\n"
    rows = text.split(b"\n")
    if not blank or not tail.endswith(b"\n") or len(rows) != 4 or rows[0] != origin.encode():
        raise LedgerError(subject, "is not a checkpoint note of this origin")
    if not re.fullmatch(rb"0|[1-9][0-9]{0,15}", rows[1]) or len(_base64(rows[2])) != 32:
        raise LedgerError(subject, "holds no tree size and root")
    signatures: list[tuple[bytes, bytes]] = []
    for line in tail[:-1].split(b"\n"):
        dash, name, blob = [*line.split(b" "), b"", b"", b""][:3]
        decoded = _base64(blob)
        if dash != "—".encode() or not name or line.count(b" ") != 2 or len(decoded) < 5:
            raise LedgerError(subject, "has a line that is not a signature")
        signatures.append((decoded[:4], decoded[4:]))
    return text, int(rows[1]), signatures


def _base64(blob: bytes) -> bytes:
    try:
        decoded = base64.b64decode(blob, validate=True)
    except ValueError:
        return b""
    # Left-over bits of the last letter must be zero: one value, one writing.
    return decoded if base64.b64encode(decoded) == blob else b""


def _public_key(pem: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 public key in PEM."""
    found = re.search(rb"-----BEGIN PUBLIC KEY-----(.+?)-----END PUBLIC KEY-----", pem, re.DOTALL)
    der = _base64(b"".join(found[1].split())) if found else b""
    if len(der) != 44 or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        raise LedgerError("log public key", "is not an Ed25519 public key in PEM")
    return der[12:]


def _check_signature(subject: str, text: bytes, signature: bytes, key_pem: bytes) -> list[Problem]:
    """Ask openssl whether ``signature`` over ``text`` is of this key."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            command = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin"]
            files = (("-inkey", key_pem), ("-in", text), ("-sigfile", signature))
            for option, content in files:
                path = Path(folder, f"file{option}")
                path.write_bytes(content)
                command += [option, str(path)]
            ended = subprocess.run(command, capture_output=True, check=False, timeout=60)  # noqa: S603
        said = (ended.stdout + ended.stderr).decode(errors="replace")
        if ended.returncode == 0 and "Verified Successfully" in said:
            return []
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    if "Signature Verification Failure" in said:
        return [Problem(subject, "the signature of the log key does not hold")]
    said = f"its signature could not be checked; is OpenSSL 3 installed? It says: {said:.200}"
    return [Problem(subject, said, decided=False)]


def segment_names(names: Iterable[str]) -> list[str]:
    """Return the files of records among ``names``, in order; raise where one is missing."""
    found = sorted(name for name in names if re.fullmatch(r"data/records/seg-\d{6,}\.jsonl", name))
    wanted = [f"data/records/seg-{number:06}.jsonl" for number in range(1, len(found) + 1)]
    if found != wanted or not found:
        raise LedgerError("data/records", "a file of records is missing, or there is none")
    return found


def check_folder(folder: Path, log_public_pem: bytes) -> tuple[list[Problem], list[str]]:
    """Check the ledger of the unpacked bundle in ``folder``; return problems and remarks."""
    try:
        statement = read_statement((folder / "data/ledger.json").read_bytes())
        index = _json_object("data/index.json", (folder / "data/index.json").read_bytes())
        steps = clock_steps((folder / "data/line-status.csv").read_bytes())
        names = [path.relative_to(folder).as_posix() for path in folder.glob("data/records/*")]
        segments: list[Segment] = []
        for number, name in enumerate(segment_names(names)):
            segment = Segment(file=name, first=number * SEGMENT_RECORDS + 1)
            with (folder / name).open("rb") as stream:
                segments.append(read_segment(stream, segment, statement))
        problems, remarks = join(statement, str(index.get("kind")), segments, steps)
        note = (folder / "data/checkpoint" / f"{statement.checkpoint}.note").read_bytes()
        return problems + check_checkpoint(statement, note, log_public_pem), remarks
    except LedgerError as error:
        return [Problem(error.subject, error.text)], []
    except OSError as error:
        return [Problem(str(error.filename), f"cannot be read: {error.strerror}")], []


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the folder and the key named on the command line; 0: all holds, 1: not, 2: usage."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 2:
        sys.stderr.write("usage: python3 ledger.py DIR LOG_PUBLIC_KEY.pem\n")
        return 2
    try:
        key = Path(given[1]).read_bytes()
    except OSError as error:
        sys.stderr.write(f"{given[1]}: cannot be read: {error.strerror}\n")
        return 2
    # Whatever a file holds can be said, on a terminal of any encoding.
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    problems, remarks = check_folder(Path(given[0]), key)
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
