"""Custody of what is read: noted before it is shown, and listed for whoever may see it.

Each reading is a record of the `station` chain, under signed checkpoints like everything else, so
a reading can be left out by nobody afterwards.  It holds a code for the purpose and no text.
"""

from datetime import datetime

from archive.canonical import JsonValue
from stationd.access import store
from stationd.access.model import READ, Act, Purpose, Reader
from stationd.accounts.store import read_account
from stationd.desk import Desk
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.staff.model import Person, Role
from stationd.staff.rights import Right, require

__all__ = ["bundle_of", "custody", "note_reading"]


def note_reading(
    desk: Desk, acct: str, what: str, *, reader: Reader, purpose: Purpose = Purpose.WORK
) -> None:
    """Note that somebody reads ``what`` of an account; call it before anything is shown."""
    with desk.database.writing() as connection:
        epoch = read_account(connection, acct).epoch
        fields: dict[str, JsonValue] = {
            "address": reader.address,
            "by": reader.name,
            "kind": READ,
            "of": {"acct": acct, "epoch": epoch},
            "purpose": purpose.value,
            "user": reader.user,
            "what": what,
        }
        draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.HUMAN, fields)
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


def custody(
    desk: Desk,
    acct: str,
    *,
    by: Person,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Act]:
    """Return who read, was shown or took what of an account, oldest first.

    Operators see their own acts, evidence clerks also those on accounts that have a case.
    """
    require(by, Right.READ_AUDIT)
    with desk.database.reading() as connection:
        read_account(connection, acct)
        acts = store.read_acts(connection, acct, since=since, until=until)
        own = by.role is Role.OPERATOR or (
            by.role is Role.CLERK and not store.has_case(connection, acct)
        )
    return [act for act in acts if act.by == by.login] if own else acts


def bundle_of(desk: Desk, name: str, sha256: str | None = None) -> str | None:
    """Return the account whose bundle a file of this name or hash is; None: it is none of ours."""
    with desk.database.reading() as connection:
        return store.find_bundle(connection, name, sha256)
