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
