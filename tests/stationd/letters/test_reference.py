from pathlib import Path

from stationd.letters.fields import FIELDS, LETTERS
from stationd.letters.reference import letters_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "letters.md"


def test_the_manual_is_what_the_code_says():
    assert PAGE.read_text("utf-8") == letters_page()


def test_every_kind_and_field_is_on_the_page():
    page = letters_page()
    assert all(f"\n## {kind}\n" in page for kind in LETTERS)
    assert all(f"`{name}`" in page for name in FIELDS)
