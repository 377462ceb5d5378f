from hashlib import sha256

import pytest

from archive import bag_check, build
from archive.build import safe_name
from archive.container import container_manifest
from archive.ledger_check import Statement
from archive.manifest import SIGNATURE, STAMP


def statement(acct: str = "4821", records: int = 3) -> Statement:
    return Statement(
        station="station 1",
        acct=acct,
        epoch=2,
        records=records,
        head="",
        account_key="",
        checkpoint=7,
        entry="",
        note="",
        origin="",
    )


@pytest.mark.parametrize(
    "name",
    [
        "README.txt",
        "data/checkpoint/7.note",
        "data/records/seg-000001.csv",
        "volumes-sha256.txt",
        "data/case.json",
        "data/notices/0123456789abcdef-letter.pdf",
        "META-INF/manifest.xml",
    ],
)
def test_the_files_of_a_bundle_are_known(name: str) -> None:
    assert bag_check.unknown([name], statement()) == []


@pytest.mark.parametrize(
    "name",
    [
        "readme.txt",
        "data",
        "data/checkpoint/8.note",
        "data/records/seg-000002.csv",
        "data/records/seg-000001.txt",
        "data/notices/letter.pdf",
        "data/documents/0123456789abcdef-a/b",
        "trust/more.pem",
    ],
)
def test_a_file_of_no_bundle_is_unknown(name: str) -> None:
    assert bag_check.unknown(["README.txt", name], statement()) == [name]


def test_the_programs_in_a_bundle_are_those_the_writer_puts_there() -> None:
    assert {
        f"verify/{name}.py": f"{module}.py" for name, module in build.CHECKERS.items()
    } == bag_check.CHECKERS


def test_a_program_in_a_bundle_that_is_not_ours_is_told(sealed) -> None:
    def hash_of(name: str) -> str | None:
        path = sealed.folder / name
        return sha256(path.read_bytes()).hexdigest() if path.exists() else None

    assert bag_check.foreign_checkers(hash_of) == []
    (sealed.folder / "verify/openssl.py").write_text("raise SystemExit(0)\n")
    (sealed.folder / "verify/verify.sh").write_text("echo all checks passed\n")
    assert bag_check.foreign_checkers(hash_of) == ["verify/openssl.py", "verify/verify.sh"]


def test_names_that_differ_in_case_only_are_told() -> None:
    names = ["data/a.txt", "data/B.txt", "data/A.txt", "data/b"]

    assert bag_check.same_but_for_case(names) == ["data/a.txt"]


@pytest.mark.parametrize("acct", ["4821", "line:tcp1", "Łódź_1", "unknown:a/b:7"])
def test_the_base_name_is_the_one_the_writer_gives(acct: str) -> None:
    written = f"{safe_name('station 1')}-{safe_name(acct)}-e2-c7-on_request"

    assert bag_check.base_name(statement(acct), "on_request") == written


def test_records_are_named_file_by_file(monkeypatch) -> None:
    monkeypatch.setattr("archive.ledger_check.SEGMENT_RECORDS", 2)

    rows = bag_check.segment_rows(statement(records=3))

    assert [(row["first"], row["last"]) for row in rows] == [(1, 2), (3, 3)]
    assert rows[1]["csv"] == "data/records/seg-000002.csv"


def test_a_number_of_records_beyond_any_container_costs_nothing() -> None:
    assert len(bag_check.segment_rows(statement(records=2**53 - 1))) == 32_767


def test_the_manifest_is_the_one_the_writer_writes() -> None:
    names = {"README.txt", "data/index.json", "trust/root.pem", "x.unknown", SIGNATURE, STAMP}

    assert bag_check.container_manifest(names, {}) == container_manifest(names)


def test_the_first_form_had_the_hashes_of_seal_and_stamp_in_a_comment() -> None:
    text = bag_check.container_manifest({"README.txt"}, {SIGNATURE: "ab", STAMP: "cd"}).decode()

    assert text.endswith(f"<!-- sha256\nab  {SIGNATURE}\ncd  {STAMP}\n-->\n")
