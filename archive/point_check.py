# ruff: noqa: PLR2004 - the sizes of the formats are written where they are checked
"""Check the proofs of a bundle: points at which others saw the log, and what stood in it then.

For each point: its note is signed with the log's key and stamped by an authority soon after the
entry's time; the entry stands in the log under that note; the account stands in the entry's state
with the size and head that the records come to; and the log of the last point only continues it.
Then: the account's next epoch is absent from the state.

A bundle carries this file beside ``verify/ledger.py``; it needs Python and the openssl command.
"""

import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import accumulate, pairwise
from typing import Any

from archive import openssl
from archive.log_key_check import LogKeys, key_pem
from archive.note_check import (
    TOLERANCE,
    Entry,
    LedgerError,
    Note,
    Problem,
    Statement,
    account_key,
    canonical_value,
    check_signature,
    count_of,
    is_count,
    ours,
    read_entry,
    split_note,
    text_of,
)
from archive.proof_check import (
    log_root_from_consistency,
    log_root_from_inclusion,
    state_root_from_absence,
    state_root_from_siblings,
)

__all__ = [
    "AT_MOST",
    "PROOFS",
    "Absence",
    "Chain",
    "Closing",
    "Given",
    "Point",
    "Proofs",
    "Spans",
    "around",
    "check_proofs",
    "missing_months",
    "read_proofs",
]

PROOFS = "data/proofs/proofs.json"

_U64 = struct.Struct(">Q")
_CHAIN = b"stationd:chain:v1\0"
_HASH = re.compile(r"[0-9a-f]{64}")
# How long after its time a checkpoint must have been stamped at most.
AT_MOST = timedelta(hours=26)
_MEMBERS = frozenset(
    {"v", "origin", "station", "acct", "epoch", "records", "points", "next_epoch_absent"}
)
_POINT = frozenset(
    {"n", "tree_size", "entry", "size", "head", "siblings"}
    | {"note", "tsr", "inclusion", "consistency"}
)
_AT = frozenset({"n", "entry", "inclusion", "siblings"})
_OTHER = frozenset({"key", "size", "head"})


@dataclass
class Spans:
    """The earliest and the latest ``t`` of the records between two points, for each pair.

    ``bounds`` are the sizes that the chain had at the points, in order.
    """

    bounds: Sequence[int] = ()
    found: dict[int, tuple[str, str]] = field(default_factory=dict)
    _at: int = 0

    def see(self, seq: int, t: str) -> None:
        """Take in a record; they come in order."""
        while self._at < len(self.bounds) and seq > self.bounds[self._at]:
            self._at += 1
        first, last = self.found.get(self._at, (t, t))
        self.found[self._at] = (min(first, t), max(last, t))


class Chain:
    """The chain of an account's epoch, over the leaves as they come, and its heads at ``sizes``."""

    def __init__(self, key: bytes, sizes: Collection[int] = ()) -> None:
        self.head = sha256(b"stationd:genesis:v1\0" + key).digest()
        self.heads: dict[int, bytes] = {}
        self._sizes = frozenset(sizes)
        self._size = 0

    def extend(self, leaves: bytes) -> None:
        """Go on over a run of 32-byte leaves."""
        head, size, sizes, pack = self.head, self._size, self._sizes, _U64.pack
        for at in range(0, len(leaves), 32):
            size += 1
            head = sha256(_CHAIN + head + pack(size) + leaves[at : at + 32]).digest()
            if size in sizes:
                self.heads[size] = head
        self.head, self._size = head, size


@dataclass(frozen=True)
class Point:
    """One point: an entry of the log, the account in its state, and who saw it when."""

    n: int
    tree_size: int
    entry: Entry
    leaf: bytes
    size: int
    head: bytes
    siblings: tuple[bytes, ...]
    note: str
    tsr: str
    inclusion: tuple[bytes, ...]
    consistency: tuple[bytes, ...]


def around(points: Sequence[Point], place: int) -> tuple[Point | None, Point | None]:
    """Return the last point that lacks the records of a span, and the first that covers them.

    ``place`` is the span's among the sizes of the points: while nothing of an account came, one
    point after another has the same.
    """
    sizes = sorted({point.size for point in points})
    lacking = [point for point in points if place and point.size == sizes[place - 1]]
    covering = [point for point in points if sizes[place:] and point.size == sizes[place]]
    return (lacking[-1] if lacking else None), (covering[0] if covering else None)


@dataclass(frozen=True)
class Closing:
    """The checkpoint of a `close`, where the last point is a later one."""

    n: int
    entry: Entry
    leaf: bytes
    inclusion: tuple[bytes, ...]
    siblings: tuple[bytes, ...]


@dataclass(frozen=True)
class Absence:
    """That the next epoch is not in the state of the last point, or of the closing checkpoint."""

    siblings: tuple[bytes, ...]
    other: tuple[bytes, int, bytes] | None
    at: Closing | None


@dataclass(frozen=True)
class Proofs:
    """What ``proofs.json`` holds."""

    origin: str
    station: str
    acct: str
    epoch: int
    records: int
    points: tuple[Point, ...]
    absent: Absence | None
    subject: str = PROOFS


# --- Reading ---


def read_proofs(raw: bytes, subject: str = PROOFS) -> Proofs:
    """Read ``proofs.json``, or raise `LedgerError`."""
    value = _members(subject, canonical_value(subject, raw), _MEMBERS)
    points, absent = value["points"], value["next_epoch_absent"]
    if not is_count(value["v"], 1) or not isinstance(points, list) or not points:
        raise LedgerError(subject, "is not version 1 of this file, or holds no point")
    return Proofs(
        origin=text_of(subject, value, "origin"),
        station=text_of(subject, value, "station"),
        acct=text_of(subject, value, "acct"),
        epoch=count_of(subject, value, "epoch", 1, 2**32 - 2),
        records=count_of(subject, value, "records", 1),
        points=tuple(_point(subject, point) for point in points),
        absent=None if absent is None else _absence(subject, absent),
        subject=subject,
    )


def _members(subject: str, value: Any, names: frozenset[str]) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict) or value.keys() != names:
        raise LedgerError(subject, f"must have exactly the members {', '.join(sorted(names))}")
    return value


def _hash(subject: str, text: object) -> bytes:
    if not isinstance(text, str) or not _HASH.fullmatch(text):
        raise LedgerError(subject, f"holds {text!r:.40} where a hash must be")
    return bytes.fromhex(text)


def _hashes(subject: str, value: object) -> tuple[bytes, ...]:
    if not isinstance(value, list):
        raise LedgerError(subject, "has no list of hashes where one must be")
    return tuple(_hash(subject, text) for text in value)


def _entry(subject: str, value: Mapping[str, Any]) -> tuple[int, Entry, bytes]:
    text = text_of(subject, value, "entry")
    entry, n = read_entry(subject, text), count_of(subject, value, "n", 0)
    if entry.n != n:
        raise LedgerError(subject, f"has an entry of number {entry.n} at the point of {n}")
    return n, entry, sha256(b"\0" + text.encode()).digest()


def _point(subject: str, raw: object) -> Point:
    value = _members(subject, raw, _POINT)
    n, entry, leaf = _entry(subject, value)
    point = Point(
        n=n,
        tree_size=count_of(subject, value, "tree_size", 1),
        entry=entry,
        leaf=leaf,
        size=count_of(subject, value, "size", 1),
        head=_hash(subject, value["head"]),
        siblings=_hashes(subject, value["siblings"]),
        note=text_of(subject, value, "note"),
        tsr=text_of(subject, value, "tsr"),
        inclusion=_hashes(subject, value["inclusion"]),
        consistency=_hashes(subject, value["consistency"]),
    )
    base = f"data/proofs/anchors/{n}"
    if (point.note, point.tsr) != (f"{base}.note", f"{base}.tsr"):
        raise LedgerError(subject, f"names another note or reply at the point of {n} than its own")
    return point


def _absence(subject: str, raw: object) -> Absence:
    if not isinstance(raw, dict) or raw.keys() - {"at"} != {"other", "siblings"}:
        raise LedgerError(subject, "next_epoch_absent must have siblings and other, nothing else")
    others = raw["other"]
    if not isinstance(others, list) or len(others) > 1:
        raise LedgerError(subject, "next_epoch_absent: other is a list of at most one")
    occupants = [_members(subject, one, _OTHER) for one in others]
    found = [
        (_hash(subject, it["key"]), count_of(subject, it, "size", 0), _hash(subject, it["head"]))
        for it in occupants
    ]
    at = None
    if "at" in raw:
        value = _members(subject, raw["at"], _AT)
        n, entry, leaf = _entry(subject, value)
        inclusion, siblings = (_hashes(subject, value[key]) for key in ("inclusion", "siblings"))
        at = Closing(n, entry, leaf, inclusion, siblings)
    return Absence(_hashes(subject, raw["siblings"]), found[0] if found else None, at)


# --- Checking ---


@dataclass(frozen=True)
class Given:
    """What a point is checked against: the statement, the files, and whom to trust."""

    statement: Statement
    read: Callable[[str], bytes | None]
    keys: LogKeys
    tsa_pem: bytes


def check_proofs(proofs: Proofs, given: Given, *, closing: bool, closed: bool) -> list[Problem]:
    """Check every point and the absence of the next epoch.

    ``closed`` tells whether the last record is `close`, ``closing`` whether the bundle says to be
    the closing one.  That the records come to the points' heads is checked with the chain.
    """
    problems = _check_frame(proofs, given.statement)
    with ThreadPoolExecutor(4) as pool:
        # Each asks openssl; waiting for it takes longer than all else.
        seen = list(pool.map(lambda point: _check_point(point, proofs, given), proofs.points))
    problems += [problem for _, found in seen for problem in found]
    last = seen[-1][0]
    if last is None:
        return problems
    problems += _check_stated(proofs, given, last)
    for point, (note, _) in zip(proofs.points, seen, strict=True):
        problems += _check_consistency(point, note, last, proofs.subject)
    if proofs.absent is not None and proofs.absent.at is not None and not closed:
        text = "names a checkpoint of the close, and the last record is no close"
        problems.append(Problem(proofs.subject, text))
    return problems + _check_absence(proofs, given.statement, last, closing or not closed)


def _check_frame(proofs: Proofs, statement: Statement) -> list[Problem]:
    """Check that the proofs are of this chain, in order, and reach its end."""
    wrong: list[str] = []
    same = ("origin", "station", "acct", "epoch", "records")
    wrong += [
        f"{name} is {getattr(proofs, name)!r:.60}, data/ledger.json says "
        f"{getattr(statement, name)!r:.60}"
        for name in same
        if getattr(proofs, name) != getattr(statement, name)
    ]
    for one, two in pairwise(proofs.points):
        if one.n >= two.n or one.size > two.size or one.tree_size >= two.tree_size:
            wrong.append(f"the points of {one.n} and {two.n} are not in order")
    last = proofs.points[-1]
    if last.n != statement.checkpoint or last.tree_size != last.n + 1:
        wrong.append(f"its last point is not that of checkpoint {statement.checkpoint}")
    if last.size != statement.records or last.head.hex() != statement.head:
        wrong.append("its last point does not have the size and head that are stated")
    return [Problem(proofs.subject, text) for text in wrong]


def _check_stated(proofs: Proofs, given: Given, last: Note) -> list[Problem]:
    """Check that the entry and note that are stated are the last point's: no log has two."""
    problems: list[Problem] = []
    stated = given.statement.note
    if proofs.points[-1].leaf != sha256(b"\0" + given.statement.entry.encode()).digest():
        text = "its last point has another entry than the one that is stated"
        problems.append(Problem(proofs.subject, text))
    # A note that is missing, or is none, is told of with the statement.
    with suppress(LedgerError):
        raw = given.read(stated)
        if raw is not None and split_note(raw, proofs.origin).text != last.text:
            text = "signs another log than the note of the last point"
            problems.append(Problem(stated, text))
    return problems


def _check_point(point: Point, proofs: Proofs, given: Given) -> tuple[Note | None, list[Problem]]:
    """Check one point by itself; return its note, where it has one that can be read."""
    problems: list[Problem] = []
    if point.n >= point.tree_size:
        problems.append(_wrong(proofs, point, "its entry lies beyond the log of its note"))
    root = state_root_from_siblings(account_key_of(proofs), point.size, point.head, point.siblings)
    if root != point.entry.state_root:
        text = "the account does not stand in the state of its entry with this size and head"
        problems.append(_wrong(proofs, point, text))
    raw = given.read(point.note)
    if raw is None:
        return None, [*problems, Problem(point.note, "is missing")]
    try:
        note = split_note(raw, proofs.origin)
    except LedgerError as error:
        return None, [*problems, Problem(point.note, error.text)]
    if note.size != point.tree_size:
        text = f"is of tree size {note.size}, its point says {point.tree_size}"
        problems.append(Problem(point.note, text))
    elif (
        log_root_from_inclusion(point.leaf, point.n, point.tree_size, point.inclusion) != note.root
    ):
        problems.append(_wrong(proofs, point, "its entry does not stand in the log of its note"))
    problems += _check_log_key(point, note, proofs, given)
    problems += _check_stamp(point, raw, given)
    return note, problems


def account_key_of(proofs: Proofs, later: int = 0) -> bytes:
    """Return the key of the proofs' chain, or of a later epoch of it."""
    return account_key(proofs.station, proofs.acct, proofs.epoch + later)


def _wrong(proofs: Proofs, point: Point, text: str) -> Problem:
    return Problem(proofs.subject, f"point {point.n}: {text}")


def _check_log_key(point: Point, note: Note, proofs: Proofs, given: Given) -> list[Problem]:
    key = given.keys.at(note.size)
    signatures = ours(note, proofs.origin, key)
    if len(signatures) != 1:
        said = given.keys.said(note.size)
        return [Problem(point.note, f"is not signed, once, with {said} given")]
    return check_signature(point.note, note.text, signatures[0], key_pem(key))


def _check_stamp(point: Point, note: bytes, given: Given) -> list[Problem]:
    """Check that an authority saw the note soon after the time its entry gives."""
    raw = given.read(point.tsr)
    if raw is None:
        return [Problem(point.tsr, "is missing")]
    try:
        token = openssl.reply_token(raw)
    except openssl.DerError as error:
        return [Problem(point.tsr, f"is no reply that can be read: {error}")]
    answer = openssl.verify_stamp(token, note, given.tsa_pem)
    if answer.holds is None:
        return [Problem(point.tsr, answer.reason, decided=False)]
    if not answer.holds:
        return [Problem(point.tsr, f"its stamp does not hold: {answer.reason}")]
    after = token.time - point.entry.time
    if -TOLERANCE <= after <= AT_MOST:
        return []
    shown = f"{point.entry.time:%Y-%m-%d %H:%M:%S}Z was stamped at {token.time:%Y-%m-%d %H:%M:%S}Z"
    said = "before it was made" if after < timedelta() else "more than 26 hours later"
    return [Problem(point.tsr, f"the checkpoint of {shown}, {said}: it is no point")]


def _check_consistency(point: Point, note: Note | None, last: Note, subject: str) -> list[Problem]:
    if note is None:
        return []
    root = log_root_from_consistency(note.size, note.root, last.size, point.consistency)
    if root == last.root:
        return []
    text = f"point {point.n}: the log of the last point does not continue that of its note"
    return [Problem(subject, text)]


def _check_absence(
    proofs: Proofs,
    statement: Statement,
    last: Note,
    needed: bool,  # noqa: FBT001
) -> list[Problem]:
    """Check that the next epoch does not exist; ``needed``: it must be shown."""
    absent, subject = proofs.absent, proofs.subject
    if absent is None:
        text = "does not show that there is no next epoch, which may hide what came later"
        return [Problem(subject, text)] if needed else []
    root = proofs.points[-1].entry.state_root
    if absent.at is not None:
        at = absent.at
        root = at.entry.state_root
        if log_root_from_inclusion(at.leaf, at.n, last.size, at.inclusion) != last.root:
            text = f"the checkpoint of the close, {at.n}, does not stand in the log"
            return [Problem(subject, text)]
        head = bytes.fromhex(statement.head)
        key = account_key_of(proofs)
        if state_root_from_siblings(key, proofs.records, head, at.siblings) != root:
            text = f"the account was not closed with these records at checkpoint {at.n}"
            return [Problem(subject, text)]
    if state_root_from_absence(account_key_of(proofs, 1), absent.siblings, absent.other) == root:
        return []
    return [Problem(subject, "the proof that there is no next epoch does not hold")]


def missing_months(
    opened: datetime, points: Iterable[Point], spans: Sequence[tuple[datetime, datetime]]
) -> list[str]:
    """Return the calendar months since an account was opened of which a point must be and is not.

    ``spans`` are those that ``line-status.csv`` names as without a stamp.
    """
    times = [point.entry.time for point in points]
    there = {(time.year, time.month) for time in times}
    missing: list[str] = []
    # Of the spans that begin before a month, the one that reaches furthest decides.
    begun = sorted(spans)
    furthest = list(accumulate((until for _, until in begun), max))
    month, last = _next_month(opened.year, opened.month), (times[-1].year, times[-1].month)
    while month < last:
        begins = opened.replace(
            year=month[0], month=month[1], day=1, hour=0, minute=0, second=0, microsecond=0
        )
        after = _next_month(*month)
        place = bisect_right(begun, begins, key=lambda span: span[0])
        named = place and (furthest[place - 1].year, furthest[place - 1].month) >= after
        if month not in there and not named:
            missing.append(f"{month[0]}-{month[1]:02}")
        month = _next_month(*month)
    return missing


def _next_month(year: int, month: int) -> tuple[int, int]:
    return (year, month + 1) if month < 12 else (year + 1, 1)
