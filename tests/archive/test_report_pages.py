import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from archive.report_pages import REGULAR, Column, Layout, printable, wrap


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Söhne & Ł", "Söhne & Ł"),
        ("東", "\\u{6771}"),
        ("a\x00b\x1b[1m", "a\\u{0}b\\u{1b}[1m"),
        ("\u202eevil", "\\u{202e}evil"),
        ("😀", "\\u{1f600}"),
    ],
)
def test_what_would_not_show_is_written_as_its_code_point(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(max_size=60), st.integers(30, 200))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrap(text, float(width), REGULAR, 7)

    assert "".join("".join(lines).split()) == "".join(printable(text).split())


def test_words_that_are_wider_than_the_column_are_cut() -> None:
    lines = wrap("x" * 100, 50.0, REGULAR, 7)

    assert len(lines) > 5
    assert "".join(lines) == "x" * 100


def test_a_table_goes_on_over_pages_with_its_head(tmp_path) -> None:
    layout = Layout()
    layout.table([Column("first", 100), Column("second", 100)], [(["a", "b"], False)] * 200)

    layout.draw(tmp_path / "x.pdf", title="t", head=("l", "r"), foot="f")

    pages = PdfReader(io.BytesIO((tmp_path / "x.pdf").read_bytes())).pages
    assert len(pages) == layout.pages > 2
    assert all("second" in page.extract_text() for page in pages)


def test_the_same_content_gives_the_same_bytes(tmp_path) -> None:
    for name in ("1", "2"):
        layout = Layout()
        layout.banner("T", "s")
        layout.heading("H")
        layout.facts([("label", "value")])
        layout.draw(tmp_path / name, title="t", head=("l", "r"), foot="f")

    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_a_cell_may_take_the_place_of_those_after_it(tmp_path) -> None:
    layout = Layout()
    columns = [Column("a", 100), Column("b", 100), Column("c", 100)]
    layout.table(columns, [(["one", "words that are far too long for one column", None], False)])
    layout.draw(tmp_path / "t.pdf", title="t", head=("", ""), foot="")

    text = PdfReader(tmp_path / "t.pdf").pages[0].extract_text()

    assert "words that are far too long for one column" in text


@pytest.mark.parametrize("filled", range(20, 62, 3))
def test_a_heading_is_on_the_page_of_the_first_row_below_it(filled: int, tmp_path) -> None:
    layout = Layout()
    for number in range(filled):
        layout.text(f"line {number}")
    layout.heading("The heading")
    layout.text("A legend that says what the columns mean. " * 6, size=7.5)
    layout.table([Column("the column", 522)], [(["the first row " + "word " * 60], False)])
    layout.draw(tmp_path / "t.pdf", title="t", head=("", ""), foot="")

    pages = [page.extract_text() for page in PdfReader(tmp_path / "t.pdf").pages]

    (page,) = [page for page in pages if "The heading" in page]
    assert "the column" in page
    assert "the first row" in page
