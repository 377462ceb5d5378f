from datetime import UTC
from pathlib import Path

import pytest

from archive import merkle
from archive.errors import MalformedError
from archive.manifest import Bag
from archive.segments import SegmentFiles, write_segments
from archive.summary import Summary

KEY = merkle.account_key("s", "a", 1)


def record(seq: int) -> bytes:
    return b'{"seq":%d,"type":"signal"}' % seq


def write(folder: Path, records: list[bytes]) -> tuple[list[SegmentFiles], bytes]:
    return write_segments(Bag(folder), records, KEY, Summary(UTC), lambda _: None)


@pytest.mark.parametrize(
    ("size", "ends"), [(1, [(1, 1)]), (10, [(1, 10)]), (11, [(1, 10), (11, 11)]), (0, [])]
)
def test_a_segment_holds_at_most_its_number_of_records(
    size: int, ends: list[tuple[int, int]], tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("archive.segments.SEGMENT_RECORDS", 10)

    segments, _ = write(tmp_path, [record(seq) for seq in range(1, size + 1)])

    assert [(segment.first, segment.last) for segment in segments] == ends


def test_the_bytes_are_those_of_the_ledger(tmp_path) -> None:
    records = [record(1), b'{"seq": 2, "odd" : "spaces"}']

    _, head = write(tmp_path, records)

    written = (tmp_path / "data/records/seg-000001.jsonl").read_bytes()
    assert written == b"".join(raw + b"\n" for raw in records)
    expected = merkle.genesis(KEY)
    for n, raw in enumerate(records, start=1):
        expected = merkle.head(expected, n, merkle.leaf(raw))
    assert head == expected


def test_long_histories_are_written_in_pieces(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("archive.segments._BATCH", 50)
    records = [record(seq) for seq in range(1, 100)]

    write(tmp_path, records)

    lines = (tmp_path / "data/records/seg-000001.jsonl").read_bytes().splitlines()
    assert lines == records


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"seq":2}', b'{"seq":1,\n"a":1}', b"\xff"])
def test_what_is_not_the_record_due_stops_the_build(raw: bytes, tmp_path) -> None:
    with pytest.raises(MalformedError, match="record 1"):
        write(tmp_path, [raw])
