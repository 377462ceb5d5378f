import io

from pypdf import PdfReader

from stationd.letters.paper import letter_pdf

TEXT = """Acme
1 Main St

NOTICE

A paragraph that is long enough to be broken into lines, which it is where paper ends.

  Line  Amount
  I-1  USD 1.00
  I-2  USD 12.50

  one row
"""


def pdf(text=TEXT, **more):
    return letter_pdf(text, title="Notice", number="Letter 7", **more)


def words(content):
    return " ".join(
        " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split()
    )


def test_the_same_text_gives_the_same_bytes():
    assert pdf() == pdf()
    assert pdf() != pdf(paper="a4")


def test_all_of_the_text_is_on_paper_with_its_number_on_each_page():
    read = words(pdf())
    for said in ("Acme", "NOTICE", "broken into lines", "I-2 USD 12.50", "one row", "Letter 7"):
        assert said in read
    assert "page 1 of 1" in read


def test_a_long_letter_goes_on_and_a_heading_does_not_stand_alone():
    long = pdf("A line.\n\n" * 80 + "HEADING\n\nText.")
    assert len(PdfReader(io.BytesIO(long)).pages) > 1


def test_signs_that_the_font_has_not_are_shown_as_their_number():
    assert "u{4e2d}" in words(pdf("中"))
