from dataclasses import replace
from datetime import timedelta

from stationd.letters.model import LetterForm
from stationd.letters.store import find_form, read_forms, record_form, record_form_withdrawn


def test_a_form_is_read_as_it_was_written(database, clock):
    form = LetterForm(
        id="f1",
        kind="termination",
        version="T-1",
        jurisdiction="",
        doc=b"d" * 32,
        signed_by="olga",
        signed_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1),
        sign_off=b"s" * 32,
    )
    with database.writing() as connection:
        record_form(connection, form)
        assert read_forms(connection) == [form]
        assert find_form(connection, "termination", "T-1", "") == form
        assert find_form(connection, "termination", "T-1", "US-CO") is None
        record_form_withdrawn(connection, "f1", clock.now())
        assert read_forms(connection) == [replace(form, withdrawn_at=clock.now())]
