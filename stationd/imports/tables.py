"""From bytes to rows with line numbers: encodings, delimiters, quotes."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Any, BinaryIO

from stationd.imports.model import Fault, Place, Source

__all__ = ["Row", "Table", "read_table", "stream_table"]

_DELIMITERS = ",;\t|"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Longer than any field of ours; what is longer has lost a quotation mark.
_LONGEST_CELL = 16_384
# What stands for a byte that is not of the encoding.
_ODD = re.compile("[\udc80-\udcff\ufffd]")
# Longer than a line of any table: what has no line ends must not fill the memory.
_LONGEST_LINE = 262_144


@dataclass(frozen=True, slots=True)
class Row:
    """A line's cells, and the line it begins on."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file's headings and rows."""

    file: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def read_table(source: Source, *, encoding: str, delimiter: str) -> tuple[Table, list[Fault]]:
    """Return the table in ``source`` and every fault that keeps part of it from being read."""
    text, faults = _text(source, encoding)
    if faults:
        return Table(source.name, (), ()), faults
    rows, faults = _rows(source.name, text, delimiter or _delimiter(text))
    headings = tuple(cell.strip() for cell in rows[0].cells) if rows else ()
    if not any(headings):
        empty = Fault(Place(source.name, 1), "the file is empty, or has no header line at its top")
        return Table(source.name, (), ()), faults or [empty]
    whole, narrow = _of_width(source.name, rows[1:], len(headings))
    return Table(source.name, headings, whole), [*faults, *narrow]


def stream_table(
    name: str, file: BinaryIO, *, encoding: str, delimiter: str
) -> Iterator[Row | Fault]:
    """Yield the header's row, then each row and fault of ``file``, however large it is.

    After a fault of the header, or where the file cannot be read further, nothing more comes.
    """
    head = file.read(4)
    file.seek(0)
    if any(head.startswith(mark) for mark, _ in _BOMS):
        encoding = "utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-16"
    faults: list[Fault] = []
    try:
        lines = _lines(name, file, encoding, faults)
        first = next(lines, "")
        reader = csv.reader(
            chain([first], lines), delimiter=delimiter or _delimiter(first), strict=True
        )
        yield from _streamed(name, reader, faults)
    except LookupError:
        problem = f"there is no encoding {encoding}; utf-8, cp1252 and latin-1 are common ones"
        yield Fault(Place(name, 1), problem)
    except csv.Error as error:
        yield from faults
        problem = f"{error}; from here on the file cannot be read. Look for a stray quotation mark"
        yield Fault(Place(name, max(reader.line_num, 1)), problem)


def _streamed(name: str, reader: Any, faults: list[Fault]) -> Iterator[Row | Fault]:  # noqa: ANN401  (csv names no type of its readers)
    headings: list[str] = next(reader, [])
    if not any(cell.strip() for cell in headings):
        problem = "the file is empty, or has no header line at its top"
        yield from faults or [Fault(Place(name, 1), problem)]
        return
    yield Row(1, tuple(cell.strip() for cell in headings))
    line = reader.line_num + 1
    for cells in reader:
        row, line = Row(line, tuple(cells)), reader.line_num + 1
        yield from faults
        spoilt = bool(faults)
        faults.clear()
        fault = _width(name, row, len(headings))
        if any(cell.strip() for cell in cells) and not spoilt:
            yield row if fault is None else fault
    yield from faults


def _lines(name: str, file: BinaryIO, encoding: str, faults: list[Fault]) -> Iterator[str]:
    """Yield lines as text; what is not of the encoding is a fault of its line."""
    errors = "replace" if encoding.startswith("utf-16") else "surrogateescape"
    text = io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="")
    try:
        for number in count(1):
            line = text.readline(_LONGEST_LINE)
            if not line:
                return
            if len(line) == _LONGEST_LINE:
                problem = f"the line has {_LONGEST_LINE} characters or more; nothing more is read"
                faults.append(Fault(Place(name, number), problem))
                return
            if (odd := _ODD.search(line)) is not None:
                faults.append(Fault(Place(name, number), _odd(odd, encoding)))
            yield line
    finally:
        # Whoever gave up on the rows may have closed the file.
        if not file.closed:
            text.detach()


def _odd(odd: re.Match[str], encoding: str) -> str:
    help_ = "; if the file comes from Windows, try the encoding cp1252"
    if odd[0] == "\ufffd":
        return f"column {odd.start() + 1} is not {encoding}{help_}"
    return f"byte {ord(odd[0]) & 0xFF:02X}h in column {odd.start() + 1} is not {encoding}{help_}"


def _of_width(name: str, rows: list[Row], width: int) -> tuple[tuple[Row, ...], list[Fault]]:
    """Return the rows that are as wide as the header, and a fault for each that is not right."""
    body = [row for row in rows if any(cell.strip() for cell in row.cells)]
    faults = [fault for row in body if (fault := _width(name, row, width))]
    return tuple(row for row in body if len(row.cells) == width), faults


def _text(source: Source, encoding: str) -> tuple[str, list[Fault]]:
    data = source.data
    for mark, marked in _BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], marked
            break
    try:
        return data.decode(encoding), []
    except LookupError:
        problem = f"there is no encoding {encoding}; utf-8, cp1252 and latin-1 are common ones"
        return "", [Fault(Place(source.name, 1), problem)]
    except UnicodeDecodeError as error:
        return "", list(_undecodable(source.name, data, encoding, error))


def _undecodable(
    name: str, data: bytes, encoding: str, error: UnicodeDecodeError
) -> Iterator[Fault]:
    """Name every line that is not of the encoding; in wide encodings, only the first."""
    if encoding.startswith("utf-16"):
        line = data[: error.start].decode(encoding, "replace").count("\n") + 1
        yield Fault(Place(name, line), f"not {encoding} at byte {error.start}")
        return
    for number, line_bytes in enumerate(data.split(b"\n"), start=1):
        try:
            line_bytes.decode(encoding)
        except UnicodeDecodeError as fault:
            byte = line_bytes[fault.start]
            help_ = "; if the file comes from Windows, try --encoding cp1252"
            text = f"byte {byte:02X}h in column {fault.start + 1} is not {encoding}{help_}"
            yield Fault(Place(name, number), text)


def _delimiter(text: str) -> str:
    """Return what stands most often in the header line; a comma where nothing does."""
    head = text.partition("\n")[0]
    return max(_DELIMITERS, key=head.count)


def _rows(name: str, text: str, delimiter: str) -> tuple[list[Row], list[Fault]]:
    rows: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            rows.append(Row(line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        problem = f"{error}; from here on the file cannot be read. Look for a stray quotation mark"
        return rows, [Fault(Place(name, line), problem)]
    return rows, []


def _width(name: str, row: Row, width: int) -> Fault | None:
    if len(row.cells) != width:
        return Fault(Place(name, row.line), f"{len(row.cells)} cells, but the header has {width}")
    if any(len(cell) > _LONGEST_CELL for cell in row.cells):
        return Fault(Place(name, row.line), f"a cell has more than {_LONGEST_CELL} characters")
    return None
