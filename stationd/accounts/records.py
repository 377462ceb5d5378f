"""What the ledger is told of accounts.

Names, addresses and terms are personal or typed by people, so a record names them by the hash of
a document and says itself only what kind of change it was, of which fields.
"""

from collections.abc import Mapping, Sequence

from archive.canonical import JsonValue, encode
from stationd.accounts.codes import has_codes
from stationd.accounts.model import Link, SealedKey, Transmitter
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ids import Ids
from stationd.ledger.model import STATION, Document, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, make_document, record_documents
from stationd.staff.model import Person

__all__ = [
    "append_drafts",
    "changed",
    "facts_document",
    "group_key_changed",
    "key_added",
    "key_ended",
    "link_ended",
    "link_given_away",
    "linked",
    "opened",
    "service_set",
    "standing_set",
    "store_facts",
]


def opened(acct: str, service: str, doc: bytes, by: Person, origin: Origin) -> RecordDraft:
    """Return the `open` record of an account; ``doc`` holds the facts as they were then."""
    fields: dict[str, JsonValue] = {"service": service, "doc": doc.hex(), "by": by.login}
    return RecordDraft(acct, RecordType.OPEN, origin, fields)


def changed(
    acct: str, fields: Sequence[str], doc: bytes, by: Person, origin: Origin
) -> RecordDraft:
    """Return the record of changed facts: which fields, and the facts afterwards by hash."""
    return _config(acct, "account_changed", by, origin, {"fields": list(fields), "doc": doc.hex()})


def linked(link: Link, transmitter: Transmitter, by: Person, origin: Origin) -> RecordDraft:
    """Return the record of a number given to an account."""
    fields: dict[str, JsonValue] = {
        "group": transmitter.group,
        "number": transmitter.number,
        "scope": dict(link.scope),
        "valid_from": iso(link.valid_from),
    }
    if link.valid_to is not None:
        fields["valid_to"] = iso(link.valid_to)
    return _config(link.acct, "transmitter_linked", by, origin, fields)


def link_ended(link: Link, transmitter: Transmitter, valid_to: str, by: Person) -> RecordDraft:
    """Return the record of a number taken from an account."""
    fields: dict[str, JsonValue] = {
        "group": transmitter.group,
        "number": transmitter.number,
        "valid_to": valid_to,
    }
    return _config(link.acct, "transmitter_unlinked", by, Origin.HUMAN, fields)


def link_given_away(link: Link, transmitter: Transmitter, valid_to: str, by: Person) -> RecordDraft:
    """Return the record of a closed account's number given to another.

    It stands in the station's chain: a closed epoch takes no more records.
    """
    fields: dict[str, JsonValue] = {
        "acct": link.acct,
        "group": transmitter.group,
        "number": transmitter.number,
        "valid_to": valid_to,
    }
    return _config(STATION, "transmitter_given_away", by, Origin.HUMAN, {"of": fields})


def key_added(
    acct: str, transmitter: Transmitter, key: SealedKey, by: Person, origin: Origin
) -> RecordDraft:
    """Return the record of a new panel key; the key itself is nowhere in the ledger."""
    fields = {"group": transmitter.group, "number": transmitter.number, **_key(key)}
    return _config(acct, "transmitter_key_added", by, origin, fields)


def key_ended(
    acct: str, transmitter: Transmitter, key: SealedKey, by: Person, origin: Origin
) -> RecordDraft:
    """Return the record of the end that a person gave a panel key."""
    fields = {"group": transmitter.group, "number": transmitter.number, **_key(key)}
    return _config(acct, "transmitter_key_ended", by, origin, fields)


def group_key_changed(group: str, kind: str, key: SealedKey, by: Person) -> RecordDraft:
    """Return the record of a key of a whole receiver group, in the station's chain."""
    fields: dict[str, JsonValue] = {"group": group, **_key(key)}
    return _config(STATION, kind, by, Origin.HUMAN, {"of": fields})


def _key(key: SealedKey) -> dict[str, JsonValue]:
    """Return what tells one key from another, and its dates."""
    dates = {"valid_from": key.valid_from, "valid_to": key.valid_to}
    fields: dict[str, JsonValue] = {"key": key.id}
    fields |= {name: iso(date) for name, date in dates.items() if date is not None}
    if key.overlap is not None:
        fields["overlap"] = key.overlap
    return fields


def service_set(acct: str, before: str, after: str, by: Person) -> RecordDraft:
    """Return the record of another kind of service."""
    return _config(acct, "service", by, Origin.HUMAN, {"from": before, "to": after})


def standing_set(
    acct: str, before: str, after: str, days_past_due: int, by: Person, origin: Origin
) -> RecordDraft:
    """Return the record of a contract that billing makes stand otherwise."""
    fields: dict[str, JsonValue] = {
        "from": before,
        "to": after,
        "days_past_due": days_past_due,
    }
    return _config(acct, "standing", by, origin, fields)


def store_facts(desk: Desk, connection: Connection, facts: Mapping[str, JsonValue]) -> bytes:
    """Store the facts that a record names, and return their hash."""
    made = facts_document(desk.ids, facts)
    record_documents(connection, [made], now=desk.clock.now())
    return made.doc


def facts_document(ids: Ids, facts: Mapping[str, JsonValue]) -> Document:
    """Return the facts that a record names as a document that is not stored yet.

    With codes among them it is the house's own.
    """
    return make_document(
        content=encode(facts),
        media_type="application/json",
        name="account-facts.json",
        compartment="internal" if has_codes(facts) else "producible",
        ids=ids,
    )


def append_drafts(desk: Desk, connection: Connection, drafts: Sequence[RecordDraft]) -> None:
    """Append drafts in the caller's transaction."""
    append(connection, drafts, station=desk.station, now=desk.clock.now(), ids=desk.ids)


def _config(
    acct: str, kind: str, by: Person, origin: Origin, fields: Mapping[str, JsonValue]
) -> RecordDraft:
    return RecordDraft(acct, RecordType.CONFIG, origin, {"kind": kind, "by": by.login, **fields})
