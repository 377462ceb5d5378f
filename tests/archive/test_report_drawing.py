import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader
from reportlab import rl_config

from archive.report_drawing import (
    PAPERS,
    REGULAR,
    Element,
    Page,
    draw_pages,
    line,
    polygon,
    printable,
    rectangle,
    text_width,
    words,
)

INK = (0.0, 0.0, 0.0)


def drawn(target: Path, pages: list[Page], root: Element) -> PdfReader:
    draw_pages(target, pages, root, paper=PAPERS["letter"], title="The title", subject="s")
    return PdfReader(target)


def two_pages() -> tuple[list[Page], Element]:
    root = Element("Document")
    paragraph = root.add("P")
    figure = root.add("Figure", alt="a bar of 3, Łódź")
    first, second = Page(bookmarks=[("One", 0, 700.0), ("Under", 1, 600.0)]), Page()
    first.marks += [
        rectangle(None, (10, 10, 50, 50), INK, INK),
        words(paragraph, (50, 700), "begins ", (REGULAR, 9, INK)),
    ]
    second.marks += [
        words(paragraph, (50, 700), "ends", (REGULAR, 9, INK)),
        rectangle(figure, (10, 10, 50, 50), INK),
        rectangle(figure, (10, 10, 50, 50), None, INK),
        line(figure, (0, 0, 10, 10), INK, 0.5),
        polygon(figure, [(0, 0), (5, 0), (5, 5)], INK),
        words(None, (50, 20), "page 2", (REGULAR, 9, INK)),
    ]
    return [first, second], root


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Söhne & Łódź, zażółć gęślą", "Söhne & Łódź, zażółć gęślą"),
        ("Ключ, ΑΒΓ", "Ключ, ΑΒΓ"),
        ("東", "\\u{6771}"),
        ("a\x00b\x1b[1m", "a\\u{0}b\\u{1b}[1m"),
        ("\u202eevil", "\\u{202e}evil"),
        ("😀", "\\u{1f600}"),
    ],
)
def test_what_would_not_show_is_written_as_its_code_point(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_wider_text_is_wider() -> None:
    assert text_width("ww", REGULAR, 9) > text_width("w", REGULAR, 9) > 0


def test_the_document_names_its_language_its_title_and_that_it_is_tagged(tmp_path) -> None:
    catalog = drawn(tmp_path / "x.pdf", *two_pages()).trailer["/Root"]

    assert catalog["/Lang"] == "en-US"
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]


def test_the_structure_is_read_in_order_by_another_program(tmp_path) -> None:
    drawn(tmp_path / "x.pdf", *two_pages())

    told = subprocess.run(
        ["pdfinfo", "-struct-text", str(tmp_path / "x.pdf")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stderr == ""
    lines = [line.strip() for line in told.stdout.splitlines()]
    assert lines[:4] == ["Document", "P (block)", '"begins "', '"ends"']
    assert lines[4].startswith("Figure")


def test_marks_know_their_element_and_elements_their_marks(tmp_path) -> None:
    reader = drawn(tmp_path / "x.pdf", *two_pages())

    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    document = tree["/K"].get_object()
    paragraph, figure = (kid.get_object() for kid in document["/K"])
    assert [mark["/MCID"] for mark in paragraph["/K"]] == [0, 0]
    assert [mark["/Pg"] for mark in paragraph["/K"]] == list(reader.pages)
    assert figure["/Alt"] == "a bar of 3, Łódź"
    assert figure["/K"] == 1
    numbers = tree["/ParentTree"]["/Nums"]
    assert [it.get_object() for it in numbers[3].get_object()] == [paragraph, figure]
    assert [page["/StructParents"] for page in reader.pages] == [0, 1]


def test_what_is_no_part_of_the_document_is_an_artifact(tmp_path) -> None:
    reader = drawn(tmp_path / "x.pdf", *two_pages())

    (first, second) = (page.get_contents().get_data().decode() for page in reader.pages)
    assert first.startswith("1 0 0 1 0 0 cm")
    assert first.count("/Artifact BMC") == second.count("/Artifact BMC") == 1
    assert first.count("EMC") == 2
    assert second.count("EMC") == 3


def test_bookmarks_lead_to_their_pages(tmp_path) -> None:
    reader = drawn(tmp_path / "x.pdf", *two_pages())

    one, under = reader.outline
    assert one.title == "One"
    assert [it.title for it in under] == ["Under"]
    assert reader.get_destination_page_number(one) == 0


def test_the_same_pages_give_the_same_bytes_and_settings_stay_as_they_were(tmp_path) -> None:
    before = rl_config.useA85
    drawn(tmp_path / "1", *two_pages())
    drawn(tmp_path / "2", *two_pages())

    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert rl_config.useA85 == before
