# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
"""Read what a ledger states, its checkpoint entries and notes, and ask openssl about signatures.

A bundle carries this file beside ``verify/ledger.py``; it needs Python and the openssl command.
"""

import base64
import bisect
import csv
import io
import json
import re
import struct
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Any

__all__ = [
    "TIME",
    "TOLERANCE",
    "ClockStep",
    "Entry",
    "LedgerError",
    "Note",
    "Problem",
    "Statement",
    "account_key",
    "canonical_value",
    "check_signature",
    "clock_steps",
    "count_of",
    "entry_time",
    "explained",
    "is_count",
    "json_object",
    "key_id",
    "moment",
    "ours",
    "public_key",
    "read_entry",
    "signature_line",
    "split_note",
    "text_of",
    "unbase64",
]

# Digits of ASCII: other scripts' digits sort behind them and are no date.
TIME = re.compile(
    "[0-9]{4}-[01][0-9]-[0-3][0-9]T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}[.][0-9]{6}Z", re.ASCII
)
# How far `t` may lie beyond the checkpoint that covers it, and a clock step beside its row.
TOLERANCE = timedelta(seconds=120)
_HEX32 = re.compile(r"[0-9a-f]{64}")
_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


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


def _since(time: datetime) -> timedelta:
    # A span may reach beyond the years that a datetime has.
    return time - datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Entry:
    """What a checkpoint's entry says: its number, its time, and the root over all chains."""

    n: int
    time: datetime
    state_root: bytes


@dataclass(frozen=True)
class Note:
    """A note's signed text, what it says, and key id and signature of each line."""

    text: bytes
    size: int
    root: bytes
    signatures: tuple[tuple[bytes, bytes], ...]


def account_key(station: str, acct: str, epoch: int) -> bytes:
    """Return the name of a chain as the state tree knows it."""
    names = (struct.pack(">I", len(it.encode())) + it.encode() for it in (station, acct))
    return sha256(b"stationd:acctkey:v1\0" + b"".join(names) + struct.pack(">I", epoch)).digest()


def canonical_value(subject: str, raw: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """Return the value of a JSON file in canonical form, or raise `LedgerError`.

    Another form may hold a key twice, and then two readers may see two things.
    """
    try:
        text = raw.decode().removesuffix("\n")
        # Neither floating point nor NaN is a number here, as `int` has it.
        value = json.loads(text, parse_float=int, parse_constant=int)
        same = _CANONICAL(value) == text
    except (ValueError, RecursionError) as error:
        raise LedgerError(subject, f"is not JSON: {error}") from None
    if not same:
        raise LedgerError(subject, "is not canonical JSON; is a key there twice?")
    return value


def json_object(subject: str, raw: bytes) -> dict[str, Any]:
    """Return the object of a canonical JSON file, or raise `LedgerError`."""
    value = canonical_value(subject, raw)
    if not isinstance(value, dict):
        raise LedgerError(subject, "is not a JSON object")
    return value


def text_of(subject: str, value: Mapping[str, Any], key: str) -> str:
    """Return a member that must be text."""
    text = value.get(key)
    if not isinstance(text, str):
        raise LedgerError(subject, f"has no text {key!r}")
    return text


def count_of(
    subject: str, value: Mapping[str, Any], key: str, least: int, most: int = 2**53 - 1
) -> int:
    """Return a member that must be a whole number from ``least`` to ``most``."""
    count = value.get(key)
    if type(count) is not int or not least <= count <= most:
        raise LedgerError(subject, f"has no whole number {key!r} from {least} to {most}")
    return count


def is_count(value: object, count: int) -> bool:
    """Tell whether a JSON value is this very number; ``true`` is no 1."""
    return type(value) is int and value == count


def moment(text: str) -> datetime | None:
    """Return the moment that a time of the ledger names; None: it names none."""
    if not TIME.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def clock_steps(raw: bytes, kind: str = "clock_step") -> list[ClockStep]:
    """Return the steps of the clock, or spans of another kind, that ``line-status.csv`` names."""
    try:
        rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LedgerError("data/line-status.csv", f"is not CSV in UTF-8: {error}") from None
    steps: list[ClockStep] = []
    for row in rows:
        if row.get("kind") != kind:
            continue
        first, last = moment(row.get("from") or ""), moment(row.get("to") or "")
        if first or last:
            steps.append(ClockStep(first or last, last or first))  # type: ignore[arg-type]
    return steps


def read_entry(subject: str, text: str) -> Entry:
    """Return what the text of a checkpoint's entry says, or raise `LedgerError`."""
    entry = json_object(subject, text.encode())
    time = moment(str(entry.get("time")))
    sound = (
        not text.endswith("\n")
        and entry.get("type") == "stationd-checkpoint"
        and is_count(entry.get("v"), 1)
        and type(entry.get("n")) is int
        and _HEX32.fullmatch(str(entry.get("state_root")))
        and _HEX32.fullmatch(str(entry.get("prev")))
    )
    if not sound or time is None:
        raise LedgerError(subject, "holds an entry that is none of a checkpoint")
    return Entry(entry["n"], time, bytes.fromhex(entry["state_root"]))


def entry_time(statement: Statement) -> str:
    """Return the time that the checkpoint's entry gives, empty where it gives none."""
    try:
        time = json_object("data/ledger.json", statement.entry.encode()).get("time")
    except LedgerError:
        return ""
    return time if isinstance(time, str) else ""


def split_note(note: bytes, origin: str) -> Note:
    """Return a note's parts, or raise `LedgerError` where it is no note of this log."""
    subject = "note"
    text, blank, tail = note.partition(b"\n\n")
    text += b"\n"
    rows = text.split(b"\n")
    if not blank or not tail.endswith(b"\n") or len(rows) != 4 or rows[0] != origin.encode():
        raise LedgerError(subject, "is not a checkpoint note of this origin")
    if not re.fullmatch(rb"0|[1-9][0-9]{0,15}", rows[1]) or len(unbase64(rows[2])) != 32:
        raise LedgerError(subject, "holds no tree size and root")
    signatures = tuple(signature_line(subject, line) for line in tail[:-1].split(b"\n"))
    return Note(text, int(rows[1]), unbase64(rows[2]), signatures)


def signature_line(subject: str, line: bytes) -> tuple[bytes, bytes]:
    """Return key id and signature of a note's signature line, or raise `LedgerError`."""
    dash, name, blob = [*line.split(b" "), b"", b"", b""][:3]
    decoded = unbase64(blob)
    if dash != "—".encode() or not name or line.count(b" ") != 2 or len(decoded) < 5:
        raise LedgerError(subject, "has a line that is not a signature")
    return decoded[:4], decoded[4:]


def unbase64(blob: bytes) -> bytes:
    """Return what strict base64 holds; empty where it is none."""
    try:
        decoded = base64.b64decode(blob, validate=True)
    except ValueError:
        return b""
    # Left-over bits of the last letter must be zero: one value, one writing.
    return decoded if base64.b64encode(decoded) == blob else b""


def public_key(pem: bytes) -> bytes:
    """Return the 32 bytes of an Ed25519 public key in PEM."""
    found = re.search(rb"-----BEGIN PUBLIC KEY-----(.+?)-----END PUBLIC KEY-----", pem, re.DOTALL)
    der = unbase64(b"".join(found[1].split())) if found else b""
    if len(der) != 44 or not der.startswith(bytes.fromhex("302a300506032b6570032100")):
        raise LedgerError("log public key", "is not an Ed25519 public key in PEM")
    return der[12:]


def check_signature(subject: str, text: bytes, signature: bytes, key_pem: bytes) -> list[Problem]:
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


def ours(note: Note, origin: str, public: bytes) -> list[bytes]:
    """Return the signatures that a note has of the key ``public``."""
    known = key_id(origin, public)
    return [signature for name, signature in note.signatures if name == known]


def key_id(origin: str, public: bytes) -> bytes:
    """Return what names a key in signature lines: the first four bytes of a hash."""
    return sha256(origin.encode() + b"\n\x01" + public).digest()[:4]
