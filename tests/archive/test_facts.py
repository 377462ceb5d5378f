import csv
import io
import json
from datetime import UTC
from hashlib import sha256

import pytest

from archive.facts import SourceDocument, line_rows, write_dictionary, write_documents, write_facts
from archive.manifest import Bag
from archive.summary import Summary


def document(name: str, seq: int, content: bytes = b"x") -> SourceDocument:
    salt = sha256(name.encode()).digest()[:16]
    return SourceDocument(
        doc=sha256(b"stationd:doc:v1\0" + salt + content).digest(),
        salt=salt,
        content=content,
        media_type="text/plain",
        name=name,
        seq=seq,
    )


def index_of(bag: Bag) -> list[dict[str, object]]:
    return json.loads(bag.path("data/documents/index.json").read_bytes())


def test_what_a_notice_names_lies_with_the_notices(tmp_path) -> None:
    bag = Bag(tmp_path)
    notice, other = document("notice.pdf", 3), document("letter.pdf", 4)

    count = write_documents(
        bag, [notice, other], {"notices": [{"proof": {"doc": notice.doc.hex()}}]}
    )

    assert count == 2
    files = {row["doc"]: str(row["file"]) for row in index_of(bag)}
    assert files[notice.doc.hex()].startswith("data/notices/")
    assert files[other.doc.hex()].startswith("data/documents/")


def test_a_document_that_several_records_name_is_there_once(tmp_path) -> None:
    bag = Bag(tmp_path)

    count = write_documents(bag, [document("a", 9), document("a", 3), document("a", 9)], {})

    assert count == 1
    assert index_of(bag)[0]["records"] == [3, 9]


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("notice of termination.pdf", "-notice-of-termination.pdf"),
        ("../../etc/passwd", "-document.etcpasswd"),
        ("Kündigung.PDF", "-K-ndigung.PDF"),
        ("", "-document"),
        (".hidden", "-document.hidden"),
        ("x" * 300 + ".pdf", "-" + "x" * 80 + ".pdf"),
        ("東京", "-document"),
    ],
)
def test_names_of_documents_become_safe(name: str, ending: str, tmp_path) -> None:
    bag = Bag(tmp_path)
    write_documents(bag, [document(name, 1)], {})

    assert str(index_of(bag)[0]["file"]).endswith(ending)
    assert index_of(bag)[0]["name"] == name


def test_each_known_fact_has_its_file_and_nothing_is_lost(tmp_path) -> None:
    bag = Bag(tmp_path)
    write_facts(bag, {"contract": {"number": "1"}, "site": {"name": "s"}, "odd": 5, "case": {}})

    assert bag.path("data/account.json").read_bytes() == b'{"odd":5,"site":{"name":"s"}}\n'
    assert bag.path("data/contract/contract.json").read_bytes() == b'{"number":"1"}\n'
    assert "data/case.json" not in bag.files


def test_line_status_is_sorted_and_each_row_has_a_kind() -> None:
    rows = line_rows(
        {
            "lines": [{"listener": "b", "from": "2"}],
            "gaps": [{"listener": "a", "from": "1"}, {"kind": "clock_step", "from": "3"}, "text"],
        }
    )

    assert [row["kind"] for row in rows] == ["gap", "gap", "line_down", "clock_step"]
    assert rows[0]["text"] == "text"


def test_the_dictionary_has_columns_and_the_codes_and_words_that_occur(tmp_path) -> None:
    bag = Bag(tmp_path)
    summary = Summary(UTC)
    summary.add({"type": "signal", "class": "alarm", "code": "1130", "name": "as sent"})
    summary.add({"type": "signal", "class": "alarm", "code": "=x", "name": "=y"})

    write_dictionary(bag, summary, {"1130": "Burglary", "alarm": "act", "9999": "no"}, "t1")

    text = bag.path("data/dictionary.csv").read_text("utf-8-sig")
    rows = {(row["kind"], row["name"]): row for row in csv.DictReader(io.StringIO(text))}
    assert rows["code", "1130"]["meaning"] == "Burglary"
    assert rows["code", "1130"]["table"] == "t1"
    assert rows["code", "'=x"]["meaning"] == "'=y"
    assert rows["term", "alarm"]["meaning"] == "act"
    assert ("term", "9999") not in rows
    assert rows["column", "seq"]["meaning"]
