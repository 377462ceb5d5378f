"""Recipients' certificates: added once their fingerprint was compared, ended, and looked up.

Adding and ending are records of the `station` chain; they name the certificate by its fingerprint
and the person by the hash of a document.
"""

from archive.canonical import encode
from archive.envelope import Recipient, read_recipient
from archive.errors import MalformedError
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotFoundError, RefusedError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.recipients import store
from stationd.recipients.model import Holder
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["add", "end", "recipients", "usable"]

_DIGITS = frozenset("0123456789abcdef")


def add(desk: Desk, name: str, pem: bytes, fingerprint: str, by: Person) -> Holder:
    """Take up a recipient's certificate.

    ``fingerprint`` is what the recipient told on another way than the certificate came, its
    SHA-256; where it is another one somebody else may hold the key.
    """
    require(by, Right.MAKE_BUNDLES)
    now = desk.clock.now()
    if not name.strip():
        raise MistakeError("A certificate is of one named person.")
    try:
        found = read_recipient(pem, now)
    except MalformedError as error:
        raise MistakeError(f"The certificate is not taken up: {error}.") from None
    told = fingerprint.lower().replace(":", "").replace(" ", "")
    if told != found.fingerprint:
        msg = (
            f"The certificate has the SHA-256 fingerprint {found.fingerprint}, not the one given. "
            "Ask the recipient by telephone for theirs: whoever has the key of this one reads all "
            "that is enveloped to it."
        )
        raise MistakeError(msg)
    one = Holder(
        fingerprint=found.fingerprint,
        name=name.strip(),
        pem=found.pem,
        subject=found.subject,
        key=found.key,
        until=found.until,
        added_by=by.login,
        added_at=now,
    )
    with desk.database.writing() as connection:
        known = [it for it in store.read_recipients(connection) if it.fingerprint == told]
        if known:
            ended = " and was ended" if known[0].ended_at is not None else ""
            msg = f"This certificate was taken up before, as {known[0].name}'s{ended}."
            raise MistakeError(msg)
        store.record_recipient(connection, one)
        _append(desk, connection, "recipient_added", one, by)
    return one


def end(desk: Desk, text: str, by: Person) -> Holder:
    """Use a certificate no longer; it is named by fingerprint, its beginning, or its person."""
    require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        one = _only(_meant(store.read_recipients(connection), text), text)
        store.end_recipient(connection, one.fingerprint, desk.clock.now())
        _append(desk, connection, "recipient_ended", one, by)
    return one


def recipients(desk: Desk) -> list[Holder]:
    """Return every certificate, those that were ended among them."""
    with desk.database.reading() as connection:
        return store.read_recipients(connection)


def usable(desk: Desk, text: str) -> tuple[Holder, Recipient]:
    """Return a recipient whose certificate holds now, by fingerprint, its beginning, or person."""
    one = _only(_meant(recipients(desk), text), text)
    try:
        return one, read_recipient(one.pem, desk.clock.now())
    except MalformedError as error:
        msg = f"The certificate of {one.name} cannot be used any more: {error}."
        raise RefusedError(msg) from None


def _meant(known: list[Holder], text: str) -> list[Holder]:
    digits = text.lower().replace(":", "")
    by_hash = len(digits) >= 8 and _DIGITS.issuperset(digits)  # noqa: PLR2004  (enough to tell)
    return [
        one
        for one in known
        if one.ended_at is None
        and (one.name == text or (by_hash and one.fingerprint.startswith(digits)))
    ]


def _only(found: list[Holder], text: str) -> Holder:
    if not found:
        msg = f"There is no certificate of {text} in use (`export recipient list`)."
        raise NotFoundError(msg)
    if len(found) > 1:
        shown = ", ".join(one.fingerprint[:16] for one in found)
        msg = f"There are {len(found)} certificates of {text}: {shown}. Name one by these digits."
        raise MistakeError(msg)
    return found[0]


def _append(desk: Desk, connection: Connection, kind: str, one: Holder, by: Person) -> None:
    now = desk.clock.now()
    doc = store_document(
        connection,
        content=encode({"name": one.name, "pem": one.pem.decode(), "subject": one.subject}),
        media_type="application/json",
        name="recipient.json",
        compartment="internal",
        now=now,
        ids=desk.ids,
    )
    told = {"by": by.login, "certificate": one.fingerprint, "doc": doc.hex(), "kind": kind}
    draft = RecordDraft(STATION, RecordType.CONFIG, Origin.HUMAN, told)
    append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
