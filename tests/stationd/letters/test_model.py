from datetime import UTC, datetime

import pytest

from stationd.letters.model import KINDS, LetterForm

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("jurisdiction", "asked", "serves"),
    [
        ("", "US-CO", True),
        ("US-CO", "US-CO", True),
        ("US-CO", "", False),
        ("US-CO", "US-IL", False),
    ],
)
def test_a_form_serves_its_jurisdiction_or_all(jurisdiction, asked, serves):
    form = LetterForm(
        id="f",
        kind="termination",
        version="T-1",
        jurisdiction=jurisdiction,
        doc=b"d",
        signed_by="olga",
        signed_at=NOW,
        expires_at=NOW,
    )
    assert form.serves("termination", "T-1", asked) is serves
    assert not form.serves("termination", "T-2", asked)
    assert not form.serves("confirmation", "T-1", asked)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_of_letter_fits_its_column(kind):
    assert len(kind) <= 24
