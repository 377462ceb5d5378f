"""The heavy part of a verification, file by file: done by as many processes as there are cores.

A job takes a file's place and gives back what was seen; it shares nothing and writes nothing.
Records and their CSV rows are read side by side, a piece at a time.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from archive.ledger_check import Segment, lines, read_segment
from archive.note_check import LedgerError, Problem, Statement
from archive.point_check import Spans
from archive.withheld_check import WITHHELD
from archive.zip_layout import BrokenFileError, Place, PlaceStream

__all__ = [
    "Seen",
    "SegmentJob",
    "SegmentSeen",
    "digest",
    "document_hash",
    "expected_row",
    "segment",
]

_BOM = b"\xef\xbb\xbf"
_HEADER = (
    "seq,t,type,origin,rx,class,code,name,zone,user,area,text,new,marks,part,rcv,listener,group,"
    "number,proto,panel_time,sender_time,sequence,frame,plain,journal,position,doc,more,"
    "record_sha256"
)
_COLUMNS = tuple(_HEADER.split(","))
_COMMAS = len(_COLUMNS) - 1
_DIRECT = _COLUMNS[:25]
_OFTEN_NO_TEXT = tuple((_DIRECT.index(key), key) for key in ("seq", "new", "marks", "part"))
_ELSEWHERE = frozenset((*_DIRECT, "doc", "acct", "epoch", "salt", "entry"))
_UNSHOWN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_ESCAPED, _DELETE = b"\\", b"\x7f"
_QUOTED = re.compile('[,"]')
_WITHHELD = frozenset({"leaf", "redacted", "seq"})
# Wrong rows told one by one; a file with more is wrong throughout.
_MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file was found to be; ``fault`` says why it could not be read whole."""

    name: str
    sha256: str
    size: int
    fault: str = ""


@dataclass(frozen=True, slots=True)
class SegmentJob:
    """A file of records with its rows, to be read from record ``first`` on.

    ``named`` are the documents that its records are said to name, by the record's number.
    """

    records: Place
    rows: Place
    first: int
    statement: Statement
    bounds: tuple[int, ...] = ()
    named: Mapping[int, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SegmentSeen:
    """What reading a file of records with its rows gave; ``unnamed``: documents no record names."""

    segment: Segment
    files: tuple[Seen, Seen]
    rows: tuple[Problem, ...]
    unnamed: frozenset[tuple[int, str]] = frozenset()


def digest(place: Place) -> Seen:
    """Hash one file."""
    try:
        with PlaceStream(place) as stream:
            return Seen(place.name, stream.drain(), stream.size)
    except BrokenFileError as error:
        return Seen(place.name, "", 0, str(error))
    except OSError as error:
        return Seen(place.name, "", 0, f"cannot be read: {error.strerror}")


def document_hash(place: Place, salt: bytes) -> str:
    """Return the hash by which records name a document."""
    hashed = sha256(b"stationd:doc:v1\0" + salt)
    with PlaceStream(place) as stream:
        while data := stream.read():
            hashed.update(data)
    return hashed.hexdigest()


def segment(job: SegmentJob) -> SegmentSeen:
    """Hash a file of records and its rows, check the records, and the rows against them."""
    read = Segment(file=job.records.name, first=job.first, spans=Spans(job.bounds))
    try:
        with PlaceStream(job.records) as records, PlaceStream(job.rows) as rows:
            against = _Rows(job.rows.name, rows)
            naming = _Naming(job, against.compare) if job.named else None
            each = naming.see if naming else against.compare
            read_segment(records, read, job.statement, each)  # type: ignore[arg-type]
            against.end()
            seen = (
                Seen(job.records.name, records.sha256(), records.size),
                Seen(job.rows.name, rows.drain(), rows.size),
            )
            unnamed = frozenset(naming.left) if naming else frozenset()
            return SegmentSeen(read, seen, tuple(against.problems), unnamed)
    except (BrokenFileError, LedgerError, OSError) as error:
        read.problems.append(Problem(job.records.name, f"could not be read to its end: {error}"))
        return SegmentSeen(read, (digest(job.records), digest(job.rows)), ())


class _Naming:
    """Looks for the documents that records are said to name, on the way to the rows."""

    def __init__(self, job: SegmentJob, then: Callable[[bytes, Mapping[str, Any]], None]) -> None:
        self.left = {(seq, doc) for seq, docs in job.named.items() for doc in docs}
        self._named, self._seq, self._then = job.named, job.first - 1, then

    def see(self, raw: bytes, fields: Mapping[str, Any]) -> None:
        """Take in the next record."""
        self._seq += 1
        for doc in self._named.get(self._seq, ()):
            # However deep it stands; in a text the quotation marks would be escaped.
            if f'"doc":"{doc}"'.encode() in raw:
                self.left.discard((self._seq, doc))
        self._then(raw, fields)


class _Rows:
    """The rows of a CSV file, taken one by one beside the records they stand for."""

    def __init__(self, name: str, stream: PlaceStream) -> None:
        self._name = name
        self._lines = self._text(stream)
        self._ended = False
        self.problems: list[Problem] = []
        if self._next() != _HEADER:
            self._wrong("its head is not the row of columns there must be")

    def _text(self, stream: PlaceStream) -> Iterator[str]:
        first = True
        for raw in lines(stream, self._name):  # type: ignore[arg-type]
            if first and not raw.startswith(_BOM):
                self._wrong("does not begin with the mark of UTF-8")
            if not raw.endswith(b"\r"):
                self._wrong("a line does not end in CR LF")
            body = raw.removeprefix(_BOM) if first else raw
            yield self._decoded(body.removesuffix(b"\r"))
            first = False

    def _decoded(self, line: bytes) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            self._wrong("a line is not UTF-8")
            return line.decode(errors="replace")

    def _next(self) -> str | None:
        try:
            return next(self._lines, None)
        except LedgerError as error:
            self._wrong(f"is not CSV: {error}")
            return None

    def compare(self, raw: bytes, fields: Mapping[str, Any]) -> None:
        """Compare the next row, which is always one line, with a record."""
        if self._ended:
            return
        line = self._next()
        if line is None:
            self._ended = True
            self._wrong(f"ends before record {fields.get('seq')}")
            return
        try:
            expected = expected_row(raw, fields)
        except RecursionError:
            self._wrong(f"the row of record {fields.get('seq')} cannot be made: nested too deep")
            return
        # Most rows have no cell that needs quotes, and are their cells between commas.
        if line.count(",") == _COMMAS and '"' not in line and line == ",".join(expected):
            return
        # One writing for one row: a reader of CSV may take a quote out of place in many ways.
        if line != ",".join(map(_in_csv, expected)):
            self._wrong(f"the row of record {fields.get('seq')} does not agree with the record")

    def end(self) -> None:
        """Tell of rows beyond the last record."""
        if not self._ended and self._next() is not None:
            self._wrong("has more rows than there are records")

    def _wrong(self, text: str) -> None:
        if len(self.problems) < _MOST_ROWS:
            self.problems.append(Problem(self._name, text))


def expected_row(raw: bytes, fields: Mapping[str, Any]) -> list[str]:
    """Return the cells that the row of a record must have (FORMAT.md, 5 and 13)."""
    if fields.keys() == _WITHHELD:
        return _withheld_row(fields)
    cells = [fields.get(key, "") for key in _DIRECT]
    # What a signal commonly has that is no text comes first; anything else is found below.
    for at, key in _OFTEN_NO_TEXT:
        if cells[at].__class__ is not str:
            cells[at] = _cell(key, cells[at])
    try:
        "".join(cells)
    except TypeError:
        cells = [_cell(key, cell) for key, cell in zip(_DIRECT, cells, strict=True)]
    cells += _last_cells(fields)
    cells.append(sha256(raw).hexdigest())
    return [_tame(cell) for cell in cells] if _needs_care(raw) else cells


def _in_csv(cell: str) -> str:
    """Write a cell: in quotes where it has a comma or a quote, and only there."""
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def _withheld_row(fields: Mapping[str, Any]) -> list[str]:
    said = {"seq": str(fields["seq"]), "type": WITHHELD, "more": _compact({"leaf": fields["leaf"]})}
    return [said.get(column, "") for column in _COLUMNS]


def _last_cells(fields: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return journal, position, doc, and everything that has no column."""
    entry = fields.get("entry")
    left: dict[str, Any] = {}
    if not fields.keys() <= _ELSEWHERE:
        left = {key: value for key, value in fields.items() if key not in _ELSEWHERE}
    journal = position = ""
    if entry.__class__ is dict:
        journal, position = _text(entry.get("journal")), _text(entry.get("position"))
    elif entry is not None:
        left["entry"] = entry
    return journal, position, _text(fields.get("doc")), _compact(left) if left else ""


def _needs_care(raw: bytes) -> bool:
    """Tell from a record's bytes whether a cell needs care: escapes, and how a value begins."""
    return _ESCAPED in raw or not raw.isascii() or _DELETE in raw or _begins_odd(raw)


def _begins_odd(raw: bytes) -> bool:
    return b'"=' in raw or b'"+' in raw or b'"-' in raw or b'"@' in raw or b":-" in raw


def _tame(text: str) -> str:
    text = _UNSHOWN.sub(lambda found: "\\u" + format(ord(found.group()), "04x"), text)
    return "'" + text if text[:1] in {"=", "+", "-", "@"} else text


def _cell(key: str, value: object) -> str:
    if value.__class__ is str:
        return value
    if isinstance(value, list):
        if key == "part" and len(value) == 2:  # noqa: PLR2004 - place and number of events
            return f"{_text(value[0])}/{_text(value[1])}"
        if key == "marks" and all(isinstance(mark, str) for mark in value):
            return " ".join(value)
    return _text(value)


def _text(value: object) -> str:
    if value.__class__ is str:
        return value
    if value.__class__ is int:
        return str(value)
    if value is True or value is False:
        return "true" if value else "false"
    return "" if value is None else _compact(value)


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
