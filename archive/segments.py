"""The records of a bundle: exact bytes, at most 100,000 a file, with the same rows as CSV.

One pass over the records, one parse of each.  The chain is hashed on the way, so that a bundle
whose records do not come to the head it is named after is never finished.  Of a record that is
withheld its leaf is written and nothing else.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from archive import canonical, merkle
from archive.errors import MalformedError
from archive.manifest import Bag
from archive.redaction import Censor
from archive.rows import RecordRows
from archive.summary import Summary

__all__ = ["SEGMENT_RECORDS", "SegmentFiles", "write_segments"]

SEGMENT_RECORDS = 100_000
_BATCH = 1 << 18
_SALT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class SegmentFiles:
    """One file of records and its rows: names, and the first and last ``seq``."""

    file: str
    csv: str
    first: int
    last: int

    def names(self) -> tuple[str, str]:
        """Return both names, sorted."""
        return self.csv, self.file


class _Chain:
    """The chain of one account, hashed record by record."""

    def __init__(self, key: bytes) -> None:
        self.head = merkle.genesis(key)
        self.size = 0

    def add(self, record: bytes) -> bytes:
        self.size += 1
        leaf = merkle.leaf(record)
        self.head = merkle.head(self.head, self.size, leaf)
        return leaf


def write_segments(
    bag: Bag,
    records: Iterable[bytes],
    key: bytes,
    summary: Summary,
    written: Callable[[SegmentFiles], None],
    censor: Censor | None = None,
) -> tuple[list[SegmentFiles], bytes]:
    """Write all records; return the segments and the head they come to.

    ``written`` is called with each segment as soon as it is on disk; ``censor`` judges each record
    of a redacted copy.
    """
    chain = _Chain(key)
    segments: list[SegmentFiles] = []
    source = iter(records)
    ahead = next(source, None)
    while ahead is not None:
        names = f"data/records/seg-{len(segments) + 1:06}"
        files = SegmentFiles(f"{names}.jsonl", f"{names}.csv", chain.size + 1, 0)
        ahead = _write_one(bag, files, (ahead, source), (chain, summary, censor))
        segments.append(SegmentFiles(files.file, files.csv, files.first, chain.size))
        written(segments[-1])
    return segments, chain.head


def _write_one(
    bag: Bag,
    files: SegmentFiles,
    source: tuple[bytes, Iterable[bytes]],
    sinks: tuple[_Chain, Summary, Censor | None],
) -> bytes | None:
    """Write one segment from the record ahead on; return the first record of the next."""
    ahead, rest = source
    chain, summary, censor = sinks
    rows = RecordRows()
    decode = json.JSONDecoder().decode
    with bag.create(files.file) as lines, bag.create(files.csv) as table:
        pending, size = [], 0
        record: bytes | None = ahead
        iterator = iter(rest)
        while record is not None and chain.size < files.first - 1 + SEGMENT_RECORDS:
            fields = _fields(decode, record, chain.size + 1)
            leaf = chain.add(record)
            if censor is not None and censor.judge(fields, chain.size):
                _check_salt(fields, chain.size)
                summary.withhold()
                record, ready = _withheld(leaf, chain.size, rows)
            else:
                summary.add(fields)
                ready = rows.add(record, fields)
            pending.append(record)
            size += len(record)
            if size > _BATCH:
                lines.write(b"\n".join(pending) + b"\n")
                pending, size = [], 0
            if ready:
                table.write(ready)
            record = next(iterator, None)
        if pending:
            lines.write(b"\n".join(pending) + b"\n")
        table.write(rows.flush())
    return record


def _withheld(leaf: bytes, seq: int, rows: RecordRows) -> tuple[bytes, bytes]:
    """Return the line that stands for a withheld record, and what of the rows is ready."""
    line = canonical.encode({"leaf": leaf.hex(), "redacted": True, "seq": seq})
    return line, rows.withheld(seq, leaf.hex())


def _check_salt(fields: dict[str, Any], seq: int) -> None:
    """Raise where a leaf could be guessed: without its salt a short record has few forms."""
    if not _SALT.fullmatch(str(fields.get("salt"))):
        raise MalformedError(
            f"record {seq} has no salt of 16 bytes, so it could be guessed from its hash; it "
            "cannot be withheld, and a copy with these records cannot be made"
        )


def _fields(decode: Callable[[str], Any], record: bytes, seq: int) -> dict[str, Any]:
    try:
        fields = decode(record.decode())
    except ValueError as error:
        raise MalformedError(f"record {seq} is not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("seq") != seq or b"\n" in record:
        raise MalformedError(f"what stands at record {seq} is not that record")
    return fields
