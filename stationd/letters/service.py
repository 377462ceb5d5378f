"""Letter forms: signed off by counsel, withdrawn, listed.

A letter may only be made from a form that counsel signed off and whose sign-off has not expired.
The form and counsel's document are kept; both acts are records of the station's chain.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from archive.canonical import JsonValue
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotFoundError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.letters.model import KINDS, LetterForm
from stationd.letters.store import find_form, read_forms, record_form, record_form_withdrawn
from stationd.letters.templates import check_template, is_template
from stationd.staff.model import Person
from stationd.staff.rights import Right, may, require

__all__ = ["forms", "sign_form", "withdraw_form"]

_VALID = timedelta(days=365)
_LONGEST = 40


def forms(desk: Desk, *, kind: str | None = None) -> list[LetterForm]:
    """Return the forms, of a kind or all."""
    with desk.database.reading() as connection:
        return read_forms(connection, kind=kind)


def sign_form(  # noqa: PLR0913  (what a form is made of)
    desk: Desk,
    kind: str,
    version: str,
    *,
    content: tuple[str, bytes],
    by: Person,
    jurisdiction: str = "",
    sign_off: tuple[str, bytes] | None = None,
    expires_at: datetime | None = None,
) -> LetterForm:
    """Record that counsel signed a form off: an attorney who is logged in, or by a document.

    ``content`` and ``sign_off`` are name and bytes of files.  ``expires_at`` None: in a year.
    A text (``.txt``) is a template that the program fills, so it must hold what its kind asks for;
    any other file is a form that people fill.
    """
    if sign_off is None:
        require(by, Right.GIVE_CLEARANCE)
    elif not may(by, Right.GIVE_CLEARANCE):
        require(by, Right.DECIDE)
    _check(kind, version)
    if is_template(content[0]):
        check_template(kind, content[1])
    now = desk.clock.now()
    until = expires_at or now + _VALID
    if until <= now:
        raise MistakeError("A sign-off ends at a time to come.")
    with desk.database.writing() as connection:
        if find_form(connection, kind, version, jurisdiction) is not None:
            raise MistakeError(
                f"There is a form {version} for {kind} already; another text is another version."
            )
        form = LetterForm(
            id=desk.ids.identifier(),
            kind=kind,
            version=version,
            jurisdiction=jurisdiction,
            doc=_kept(desk, connection, content, "internal"),
            signed_by=by.login,
            signed_at=now,
            expires_at=until,
            sign_off=None if sign_off is None else _kept(desk, connection, sign_off, "privileged"),
        )
        record_form(connection, form)
        told: dict[str, JsonValue] = {"doc": form.doc.hex(), "expires_at": iso(until)}
        if form.sign_off is not None:
            told["sign_off"] = form.sign_off.hex()
        _append(desk, connection, form, by, {"kind": "form_signed", **told})
    return form


def _check(kind: str, version: str) -> None:
    if kind not in KINDS:
        raise MistakeError(f"There is no letter {kind}; there are: {', '.join(KINDS)}.")
    if not version.strip() or len(version) > _LONGEST or not version.isprintable():
        raise MistakeError(f"A form's version has 1 to {_LONGEST} printable characters.")


def withdraw_form(
    desk: Desk, kind: str, version: str, *, by: Person, jurisdiction: str = ""
) -> None:
    """Let a form count no longer; what was sent from it stays what it was."""
    if not may(by, Right.GIVE_CLEARANCE):
        require(by, Right.DECIDE)
    with desk.database.writing() as connection:
        form = find_form(connection, kind, version, jurisdiction)
        if form is None:
            raise NotFoundError(f"There is no form {version} for {kind}; `form list` shows them.")
        if form.withdrawn_at is not None:
            return
        record_form_withdrawn(connection, form.id, desk.clock.now())
        _append(desk, connection, form, by, {"kind": "form_withdrawn"})


def _kept(desk: Desk, connection: Connection, file: tuple[str, bytes], compartment: str) -> bytes:
    name, content = file
    return store_document(
        connection,
        content=content,
        media_type="application/octet-stream",
        name=name,
        compartment=compartment,
        now=desk.clock.now(),
        ids=desk.ids,
    )


def _append(
    desk: Desk,
    connection: Connection,
    form: LetterForm,
    by: Person,
    told: Mapping[str, JsonValue],
) -> None:
    fields: dict[str, JsonValue] = {
        **told,
        "by": by.login,
        "form": form.id,
        "letter": form.kind,
        "version": form.version,
        "jurisdiction": form.jurisdiction,
    }
    draft = RecordDraft(STATION, RecordType.CONFIG, Origin.HUMAN, fields)
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
