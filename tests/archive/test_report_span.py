import json
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from archive.report_span import functioning_pdf
from tests.archive.report_making import at

FACTS: dict[str, Any] = {
    "site": {"zone": "America/New_York"},
    "account": {"details": {"test_hours": 24}},
    "gaps": [
        {"kind": "daemon_down", "from": at(2), "to": at(3), "cause": "killed"},
        {"kind": "clock", "from": at(1), "to": at(1, 16), "cause": "long before"},
        {"kind": "receiver_link", "from": at(1), "to": "", "cause": "since then"},
    ],
}


def record(seq: int, day: int, **fields: Any) -> bytes:
    made = {"seq": seq, "type": "signal", "origin": "machine", "t": at(day), **fields}
    return json.dumps(made).encode()


def made(tmp_path: Path, name: str = "one.pdf") -> tuple[int, str]:
    records = [
        record(1, 1, **{"class": "alarm"}),
        record(2, 2, **{"class": "test"}),
        record(3, 3, **{"class": "test"}),
        record(4, 6, **{"class": "trouble"}),
    ]
    path = tmp_path / name
    span = (at(2), at(4))
    count = functioning_pdf(path, records, FACTS, named=("south", "4821"), span=span)
    return count, " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def test_only_records_of_the_span_are_counted(tmp_path: Path) -> None:
    count, text = made(tmp_path)

    assert count == 2
    assert "Of the 2 records that the station south holds" in text
    assert "2 received" in text
    assert "alarm a detector or a person called for help 0 none in this history" in text


def test_gaps_that_touch_the_span_are_told_and_open_ones_last(tmp_path: Path) -> None:
    _, text = made(tmp_path)

    assert "killed" in text
    assert "since then" in text
    assert "long before" not in text


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    made(tmp_path, "one.pdf")
    made(tmp_path, "two.pdf")

    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()


def test_a_span_without_records_says_so(tmp_path: Path) -> None:
    path = tmp_path / "none.pdf"
    count = functioning_pdf(path, [], {}, named=("south", "4821"), span=(at(2), at(4)))

    assert count == 0
    assert "no time passed without a record" in PdfReader(path).pages[0].extract_text()
