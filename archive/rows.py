r"""Rows for a spreadsheet: the columns of a record, and cells that a program may open safely.

A cell is text.  Numbers are decimal, truth is ``true`` or ``false``, what is missing is empty;
lists and objects are canonical JSON.  A control character is written ``\u00xx``, and a cell that
begins with = + - or @ gets a ' before it: a spreadsheet would take it for a formula.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any

__all__ = ["COLUMNS", "HIDDEN", "WITHHELD", "RecordRows", "cell", "table"]

# Columns of a record file, in order: the record's key and what it means.
COLUMNS: Mapping[str, str] = {
    "seq": "number of the record in this account's chain",
    "t": "time the record was appended, UTC",
    "type": "kind of record",
    "origin": "machine: from a receiver or this program; human: typed by a person; import",
    "rx": "time the signal was received, UTC",
    "class": "class of the signal",
    "code": "event code as sent",
    "name": "the event code in words",
    "zone": "zone (detector) the panel named",
    "user": "user number the panel named",
    "area": "area (partition) the panel named",
    "text": "text the panel sent",
    "new": "true: the event began; false: it ended (restore)",
    "marks": "handling marks, such as on_test or duplicate_of",
    "part": "place of this event among those of its frame, as 1/3",
    "rcv": "receiver and line of the receiver's own header",
    "listener": "where the frame came in",
    "group": "receiver group",
    "number": "account number on the wire",
    "proto": "protocol of the frame",
    "panel_time": "time the panel sent, as sent",
    "sender_time": "time the sending device gave, as sent",
    "sequence": "sequence number the sender gave",
    "frame": "the frame as received, hex",
    "plain": "the frame as decrypted, hex",
    "journal": "journal the frame lies in",
    "position": "its position there",
    "doc": "hash of a document in data/documents or data/notices",
    "more": "everything else the record holds, as JSON",
    "record_sha256": "SHA-256 of the record's bytes, its line in the .jsonl file without line end",
}
WITHHELD = "withheld"
"""What stands in the column `type` of a record that a redacted copy does not show."""

# Keys of a record that stand in the .jsonl file only.
HIDDEN = ("acct", "epoch", "salt")

_SHOWN = tuple(name for name in COLUMNS if name not in {"journal", "position", "more"})
_PLAIN = tuple(name for name in _SHOWN if name != "record_sha256")
_KNOWN = frozenset((*_PLAIN, *HIDDEN, "entry"))
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_FORMULA = ("=", "+", "-", "@")
_SELDOM_TEXT = tuple(_PLAIN.index(name) for name in ("seq", "new", "marks", "part", "rcv"))
_TYPE, _MORE = tuple(COLUMNS).index("type"), tuple(COLUMNS).index("more")
_BATCH = 500


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return _json(value)


def cell(value: object) -> str:
    """Return the cell of a JSON value."""
    text = _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", _plain(value))
    return f"'{text}" if text.startswith(_FORMULA) else text


def table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return a CSV file of ``rows``: UTF-8 with BOM, CRLF; other keys go to a column ``more``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([*columns, "more"])
    for row in rows:
        more = {key: value for key, value in row.items() if key not in columns}
        cells = [cell(row.get(name)) for name in columns]
        writer.writerow([*cells, cell(more) if more else ""])
    return b"\xef\xbb\xbf" + text.getvalue().encode(errors="backslashreplace")


class RecordRows:
    """The rows of one record file, encoded some hundred at a time."""

    def __init__(self) -> None:
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._rows: list[list[str]] = [list(COLUMNS)]
        self._begun = False

    def add(self, record: bytes, fields: Mapping[str, Any]) -> bytes:
        """Take a record's row; return the bytes that are ready, often none."""
        row = _row(record, fields)
        if _needs_care(record):
            row = [cell(text) for text in row]
        self._rows.append(row)
        return self.flush() if len(self._rows) >= _BATCH else b""

    def withheld(self, seq: int, leaf: str) -> bytes:
        """Take the row of a record that is withheld: its number, that it is, and its leaf."""
        row = [""] * len(COLUMNS)
        row[0], row[_TYPE], row[_MORE] = str(seq), WITHHELD, _json({"leaf": leaf})
        self._rows.append(row)
        return self.flush() if len(self._rows) >= _BATCH else b""

    def flush(self) -> bytes:
        """Return the bytes of the rows taken since the last time."""
        self._writer.writerows(self._rows)
        self._rows.clear()
        data = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        if not self._begun:
            self._begun = True
            return b"\xef\xbb\xbf" + data
        return data


def _needs_care(record: bytes) -> bool:
    """Tell whether a cell of the record may hold a control character or begin as a formula.

    The bytes tell it for the whole record at once: a control character is escaped in them or one
    of a few sequences, and a value begins after a quotation mark.
    """
    return (
        b"\\" in record
        or b'"=' in record
        or b'"+' in record
        or b'"-' in record
        or b'"@' in record
        or b":-" in record
        or b"\x7f" in record
        or b"\xc2" in record
        or b"\xe2\x80" in record
        or b"\xef\xbb\xbf" in record
    )


def _row(record: bytes, fields: Mapping[str, Any]) -> list[str]:
    """Return the cells of a record, in the order of `COLUMNS`, nothing made safe yet."""
    row = [fields.get(name, "") for name in _PLAIN]
    for at in _SELDOM_TEXT:
        if row[at].__class__ is not str:
            row[at] = _cell_of(_PLAIN[at], row[at])
    try:
        "".join(row)
    except TypeError:
        row = [_cell_of(name, value) for name, value in zip(_PLAIN, row, strict=True)]
    more = {key: fields[key] for key in fields.keys() - _KNOWN}
    journal = position = ""
    entry = fields.get("entry")
    if isinstance(entry, dict):
        journal, position = _plain(entry.get("journal")), _plain(entry.get("position"))
    elif entry is not None:
        more["entry"] = entry
    # `_PLAIN` ends in doc, before which journal and position stand.
    row[-1:] = [journal, position, row[-1], _json(more) if more else "", sha256(record).hexdigest()]
    return row


def _cell_of(name: str, value: object) -> str:
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        if name == "part" and len(value) == 2:  # noqa: PLR2004 - a pair
            return "/".join(map(_plain, value))
        if name == "marks" and all(type(mark) is str for mark in value):
            return " ".join(value)
    return _plain(value)
