"""The custodian's forms on paper and as text."""

import re
import subprocess

import pytest

from archive.certificate_pages import certification_pdf, certification_text
from archive.certificates import Copies
from archive.manifest import Listed
from tests.archive.report_making import form


@pytest.fixture(scope="module")
def facts():
    return form(customer="Łukasz & Söhne", origins={"machine": 3}, gaps_by={"gap": 1})


@pytest.fixture(scope="module")
def copies():
    files = {f"data/documents/{n:016x}-{'long-' * 12}.pdf": Listed("1f" * 32, n) for n in range(90)}
    return Copies(
        payload=files,
        report=Listed("ef" * 32, 1),
        pages=3,
        container=("b.asice", Listed("99" * 32, 5)),
    )


@pytest.fixture(scope="module")
def pdf(facts, copies, tmp_path_factory):
    path = tmp_path_factory.mktemp("forms") / "forms.pdf"
    certification_pdf(path, facts, copies)
    return path


def paper(path):
    return subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, check=True
    ).stdout.decode()


def test_no_line_of_the_text_is_filled_in_where_a_person_writes(facts, copies) -> None:
    text = certification_text(facts, copies).decode()

    for label in ("Name:", "Title:", "Employer:", "Signature:"):
        rows = [row for row in text.splitlines() if row.startswith(label)]
        assert len(rows) == 5
        assert {*"".join(row.removeprefix(label) for row in rows)} == {" ", "_"}
    assert "[x]" not in text
    assert max(len(row) for row in text.splitlines() if "/" not in row) <= 86


def test_text_and_paper_say_the_same(facts, copies, pdf) -> None:
    text = certification_text(facts, copies).decode()

    said = set(re.findall(r"[A-Za-z]{4,}", paper(pdf)))
    assert set(re.findall(r"[A-Za-z]{4,}", text.partition("SCHEDULE 4")[0])) <= said
    assert paper(pdf).count("99" * 32) == text.count("99" * 32)


def test_each_form_begins_on_a_page_of_its_own_and_pages_are_numbered(pdf) -> None:
    pages = paper(pdf).split("\f")[:-1]

    for title in ("FORM A", "FORM B", "FORM C", "FORM D", "FORM E", "SCHEDULE 4"):
        (page,) = [it for it in pages if re.search(rf"^ *{title}:", it, re.MULTILINE)]
        assert re.search(rf"^ *{title}:", page.strip().split("\n", 2)[2].strip())
    assert all(f"page {n} of {len(pages)}" in it for n, it in enumerate(pages, start=1))


def test_the_same_facts_give_the_same_bytes_on_either_paper(facts, copies, pdf, tmp_path) -> None:
    again, a4 = tmp_path / "again.pdf", tmp_path / "a4.pdf"
    certification_pdf(again, facts, copies)
    certification_pdf(a4, facts, copies, "a4")

    assert again.read_bytes() == pdf.read_bytes()
    said = subprocess.run(["pdfinfo", a4], capture_output=True, check=True).stdout.decode()
    assert "A4" in said
    assert re.search(r"Tagged: +yes", said)
