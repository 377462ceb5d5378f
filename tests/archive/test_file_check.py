from dataclasses import replace
from pathlib import Path

import pytest

from archive import merkle
from archive.file_check import SegmentJob, digest, document_hash, segment
from archive.ledger_check import Statement
from archive.manifest import Bag
from archive.segments import write_segments
from archive.summary import Summary
from archive.zip_layout import Member, Place
from tests.archive.conftest import DOCUMENT

STATEMENT = Statement("s", "4821", 1, 3, "", "", 0, "{}", "note", "o")


@pytest.fixture
def folder(tmp_path: Path, short_history) -> Path:
    from datetime import UTC  # noqa: PLC0415

    key = merkle.account_key("s", "4821", 1)
    write_segments(Bag(tmp_path), short_history(30), key, Summary(UTC), lambda _: None)
    return tmp_path / "data/records"


def place(path: Path) -> Place:
    return Place(path.name, path, path.stat().st_size)


def job(folder: Path) -> SegmentJob:
    return SegmentJob(
        place(folder / "seg-000001.jsonl"), place(folder / "seg-000001.csv"), 1, STATEMENT
    )


def said(folder: Path) -> list[str]:
    return [problem.text for problem in segment(job(folder)).rows]


def test_rows_and_records_of_one_history_agree(folder) -> None:
    seen = segment(job(folder))

    assert seen.rows == ()
    assert seen.segment.problems == []
    assert seen.segment.count == 30
    assert [file.sha256 for file in seen.files] == [
        digest(place(folder / name)).sha256 for name in ("seg-000001.jsonl", "seg-000001.csv")
    ]


def test_each_document_must_be_named_by_the_record_that_is_said_to_name_it(folder) -> None:
    doc, invented = DOCUMENT.doc.hex(), "ab" * 32

    seen = segment(replace(job(folder), named={7: [doc, invented], 8: [doc]}))

    assert seen.unnamed == {(7, invented), (8, doc)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda raw: raw.replace(b"Burglary", b"Fire", 1), "does not agree"),
        (lambda raw: raw[: raw.rindex(b"\r\n", 0, -2) + 2], "ends before record 30"),
        (lambda raw: raw + raw.splitlines(keepends=True)[-1], "has more rows"),
        (lambda raw: raw.removeprefix(b"\xef\xbb\xbf"), "mark of UTF-8"),
        (lambda raw: raw.replace(b"\r\n", b"\n"), "CR LF"),
        (lambda raw: raw.replace(b"seq,t,", b"t,seq,", 1), "its head is not"),
        (lambda raw: raw.replace(b"signal", b"\xff\xff", 1), "does not agree"),
        (lambda raw: raw[:-1], "is not CSV|ends before|could not"),
        (lambda raw: raw.replace(b"Burglary", b"Bur\rglary", 1), "does not agree"),
    ],
)
def test_rows_that_were_changed_are_found(change, words: str, folder) -> None:
    path = folder / "seg-000001.csv"
    path.write_bytes(change(path.read_bytes()))

    seen = segment(job(folder))

    texts = [problem.text for problem in (*seen.rows, *seen.segment.problems)]
    assert any(word in text for text in texts for word in words.split("|")), texts


def test_rows_that_are_all_wrong_are_not_told_one_by_one(folder) -> None:
    path = folder / "seg-000001.csv"
    path.write_bytes(path.read_bytes().replace(b"2026", b"2027"))

    assert len(said(folder)) == 20


def test_records_that_cannot_be_read_to_their_end_are_still_hashed(folder) -> None:
    path = folder / "seg-000001.jsonl"
    path.write_bytes(path.read_bytes()[:-1])

    seen = segment(job(folder))

    assert "could not be read to its end" in seen.segment.problems[-1].text
    assert seen.files[0].sha256


def test_a_file_that_cannot_be_read_has_a_fault(tmp_path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff" * 20)
    broken = Place("x", path, 5, Member("x", 8, 0, 20, 5, 0))

    assert "cannot be unpacked" in digest(broken).fault
    assert "No such file" in digest(Place("y", tmp_path / "y", 5)).fault


def test_a_document_is_hashed_with_its_salt(tmp_path) -> None:
    from hashlib import sha256  # noqa: PLC0415

    path = tmp_path / "x"
    path.write_bytes(b"content")

    expected = sha256(b"stationd:doc:v1\0" + b"s" * 16 + b"content").hexdigest()
    assert document_hash(place(path), b"s" * 16) == expected


def test_a_long_frame_is_a_cell_like_any_other(tmp_path) -> None:
    from datetime import UTC  # noqa: PLC0415

    record = b'{"acct":"4821","epoch":1,"frame":"%s","seq":1,"t":"2026-01-02T03:04:05.000006Z",'
    record = (record + b'"type":"open"}') % (b"ab" * 150_000)
    key = merkle.account_key("s", "4821", 1)
    write_segments(Bag(tmp_path), [record], key, Summary(UTC), lambda _: None)

    seen = segment(job(tmp_path / "data/records"))

    assert seen.rows == ()
    assert seen.segment.problems == []
