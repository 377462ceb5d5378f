import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from archive.report_pages import REGULAR, Column, Layout, Pen, printable, wrap


@given(st.text(max_size=60), st.integers(30, 200))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrap(text, float(width), REGULAR, 7)

    assert "".join("".join(lines).split()) == "".join(printable(text).split())


def test_words_that_are_wider_than_the_column_are_cut() -> None:
    lines = wrap("x" * 100, 50.0, REGULAR, 7)

    assert len(lines) > 5
    assert "".join(lines) == "x" * 100


def test_words_stay_apart_when_lines_are_joined() -> None:
    assert "".join(wrap("one two three four", 30.0, REGULAR, 7)) == "one two three four"


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
        layout.box("B", ["one", "two"])
        layout.tiles([("7", "things")])
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


def drawn(layout: Layout, target) -> PdfReader:
    layout.draw(target, title="t", head=("left", "right"), foot="foot")
    return PdfReader(target)


@pytest.mark.parametrize(("paper", "size"), [("letter", (612, 792)), ("a4", (595, 841))])
def test_a_page_has_the_size_that_was_asked_for(paper: str, size, tmp_path) -> None:
    layout = Layout(paper)
    layout.text("words")

    (page,) = drawn(layout, tmp_path / "t.pdf").pages

    assert (int(page.mediabox.width), int(page.mediabox.height)) == size


def test_columns_share_the_width_of_any_paper() -> None:
    layout = Layout("a4")
    layout.table([Column("a", 1), Column("b", 3, right=True)], [(["1", "2"], True)])

    (end,) = {mark.text[0] for mark in layout._marks if mark.text and mark.text[2] == "2"}

    assert layout.left < end < layout.right


def test_contents_name_each_section_with_its_page(tmp_path) -> None:
    layout = Layout()
    layout.heading("Contents", listed=False)
    layout.contents(2)
    layout.heading("First")
    layout.new_page()
    layout.heading("Second")
    layout.subheading("Part", bookmark=True)
    layout.subheading("Quiet part")

    reader = drawn(layout, tmp_path / "t.pdf")

    words = reader.pages[0].extract_text().split()
    assert words[words.index("Contents") :][:5] == ["Contents", "First", "1", "Second", "2"]
    assert [it.title for it in reader.outline if not isinstance(it, list)] == [
        "Contents",
        "First",
        "Second",
    ]
    assert [it.title for it in reader.outline[-1]] == ["Part"]


def test_a_new_page_is_not_begun_twice() -> None:
    layout = Layout()
    layout.new_page()
    assert layout.pages == 1

    layout.text("x")
    layout.new_page()
    layout.new_page()

    assert layout.pages == 2


def test_a_figure_is_told_in_words_and_drawn_where_it_stands(tmp_path) -> None:
    layout = Layout()

    def draw(pen: Pen) -> None:
        pen.text(0, 5, "beside")
        pen.centred(100, 5, "middle")
        pen.box((0, 0, 10, 10), fill=(0.5, 0.5, 0.5))
        pen.line((0, 0, 10, 10))
        pen.shape([(0, 0), (5, 0), (5, 5)])

    layout.figure(40, "a bar", draw)
    page = drawn(layout, tmp_path / "t.pdf").pages[0]

    assert "beside" in page.extract_text()
    assert "middle" in page.extract_text()


def test_a_value_longer_than_a_page_goes_on_over_the_next(tmp_path) -> None:
    layout = Layout()
    layout.facts([("label", "word " * 4000), ("none", "")])

    pages = [page.extract_text() for page in drawn(layout, tmp_path / "t.pdf").pages]

    assert len(pages) > 2
    assert sum(text.count("word") for text in pages) == 4000
    assert "-" in pages[-1]


def test_a_table_without_rows_is_none() -> None:
    layout = Layout()
    before = layout.y
    layout.table([Column("a", 1)], [])

    assert not layout._marks
    assert before - layout.y < 10
