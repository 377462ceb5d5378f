"""The records of a bundle: exact bytes, at most 100,000 a file, with the same rows as CSV.

One pass over the records, one parse of each.  The chain is hashed on the way, so that a bundle
whose records do not come to the head it is named after is never finished.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from archive import merkle
from archive.errors import MalformedError
from archive.manifest import Bag
from archive.rows import RecordRows
from archive.summary import Summary

__all__ = ["SEGMENT_RECORDS", "SegmentFiles", "write_segments"]

SEGMENT_RECORDS = 100_000
_BATCH = 1 << 18


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

    def add(self, record: bytes) -> None:
        self.size += 1
        self.head = merkle.head(self.head, self.size, merkle.leaf(record))


def write_segments(
    bag: Bag,
    records: Iterable[bytes],
    key: bytes,
    summary: Summary,
    written: Callable[[SegmentFiles], None],
) -> tuple[list[SegmentFiles], bytes]:
    """Write all records; return the segments and the head they come to.

    ``written`` is called with each segment as soon as it is on disk.
    """
    chain = _Chain(key)
    segments: list[SegmentFiles] = []
    source = iter(records)
    ahead = next(source, None)
    while ahead is not None:
        names = f"data/records/seg-{len(segments) + 1:06}"
        files = SegmentFiles(f"{names}.jsonl", f"{names}.csv", chain.size + 1, 0)
        ahead = _write_one(bag, files, (ahead, source), (chain, summary))
        segments.append(SegmentFiles(files.file, files.csv, files.first, chain.size))
        written(segments[-1])
    return segments, chain.head


def _write_one(
    bag: Bag,
    files: SegmentFiles,
    source: tuple[bytes, Iterable[bytes]],
    sinks: tuple[_Chain, Summary],
) -> bytes | None:
    """Write one segment from the record ahead on; return the first record of the next."""
    ahead, rest = source
    chain, summary = sinks
    rows = RecordRows()
    decode = json.JSONDecoder().decode
    with bag.create(files.file) as lines, bag.create(files.csv) as table:
        pending, size = [], 0
        record: bytes | None = ahead
        iterator = iter(rest)
        while record is not None and chain.size < files.first - 1 + SEGMENT_RECORDS:
            fields = _fields(decode, record, chain.size + 1)
            chain.add(record)
            summary.add(fields)
            pending.append(record)
            size += len(record)
            if size > _BATCH:
                lines.write(b"\n".join(pending) + b"\n")
                pending, size = [], 0
            if ready := rows.add(record, fields):
                table.write(ready)
            record = next(iterator, None)
        if pending:
            lines.write(b"\n".join(pending) + b"\n")
        table.write(rows.flush())
    return record


def _fields(decode: Callable[[str], Any], record: bytes, seq: int) -> dict[str, Any]:
    try:
        fields = decode(record.decode())
    except ValueError as error:
        raise MalformedError(f"record {seq} is not JSON: {error}") from None
    if not isinstance(fields, dict) or fields.get("seq") != seq or b"\n" in record:
        raise MalformedError(f"what stands at record {seq} is not that record")
    return fields
