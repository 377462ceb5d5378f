"""SQL of letter forms."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import letter_forms
from stationd.letters.model import LetterForm

__all__ = ["find_form", "read_forms", "record_form", "record_form_withdrawn"]


def read_forms(connection: Connection, *, kind: str | None = None) -> list[LetterForm]:
    """Return the forms, of a kind or all, by kind and version."""
    query = sa.select(letter_forms).order_by(
        letter_forms.c.kind, letter_forms.c.version, letter_forms.c.jurisdiction
    )
    if kind is not None:
        query = query.where(letter_forms.c.kind == kind)
    return [_form(row) for row in connection.execute(query)]


def find_form(
    connection: Connection, kind: str, version: str, jurisdiction: str
) -> LetterForm | None:
    """Return the form of exactly these names; None: there is none."""
    query = sa.select(letter_forms).where(
        letter_forms.c.kind == kind,
        letter_forms.c.version == version,
        letter_forms.c.jurisdiction == jurisdiction,
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _form(row)


def record_form(connection: Connection, form: LetterForm) -> None:
    """Add a form."""
    connection.execute(
        sa.insert(letter_forms).values(
            id=form.id,
            kind=form.kind,
            version=form.version,
            jurisdiction=form.jurisdiction,
            doc=form.doc,
            sign_off=form.sign_off,
            signed_by=form.signed_by,
            signed_at=iso(form.signed_at),
            expires_at=iso(form.expires_at),
            withdrawn_at=None,
        )
    )


def record_form_withdrawn(connection: Connection, form_id: str, at: datetime) -> None:
    """Note that a form counts no longer."""
    connection.execute(
        sa.update(letter_forms).where(letter_forms.c.id == form_id).values(withdrawn_at=iso(at))
    )


def _form(row: Any) -> LetterForm:  # noqa: ANN401  (a row has the shape of its query)
    return LetterForm(
        id=row.id,
        kind=row.kind,
        version=row.version,
        jurisdiction=row.jurisdiction,
        doc=row.doc,
        signed_by=row.signed_by,
        signed_at=parse_iso(row.signed_at),
        expires_at=parse_iso(row.expires_at),
        sign_off=row.sign_off,
        withdrawn_at=None if row.withdrawn_at is None else parse_iso(row.withdrawn_at),
    )
