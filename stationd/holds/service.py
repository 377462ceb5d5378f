"""Holds: set at once by those who may, lifted by a manager.

A hold is a `case` record of its account; once the account's epoch is closed, of the station.  The
ground is text typed by a person, so the record has its hash.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.holds.model import Hold, HoldKind
from stationd.holds.store import read_hold, read_holds, record_hold, record_lifting
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, read_heads, store_document
from stationd.staff.model import WORKER, Person
from stationd.staff.rights import Right, require

__all__ = [
    "holds",
    "lift_hold",
    "place_case_hold",
    "read_holds",
    "release_case_hold",
    "set_hold",
]

_REVIEW = timedelta(days=90)
_CASE_GROUND = "A termination case is open."


def holds(desk: Desk, acct: str | None = None, *, in_force: bool = True) -> list[Hold]:
    """Return holds in the order they were set: of an account or all, in force or ever."""
    with desk.database.reading() as connection:
        if acct is not None:
            read_account(connection, acct)
        return read_holds(connection, acct, in_force=in_force)


def set_hold(
    desk: Desk,
    acct: str,
    kind: HoldKind,
    ground: str,
    *,
    by: Person,
    review_at: datetime | None = None,
) -> Hold:
    """Set a hold; it is reviewed after 90 days unless another date is given."""
    require(by, Right.SET_HOLD)
    if not ground.strip():
        raise MistakeError("A hold has a ground: the letter, the claim or the request behind it.")
    now = desk.clock.now()
    if review_at is not None and review_at <= now:
        raise MistakeError("A hold is reviewed at a time to come.")
    hold = Hold(
        id=desk.ids.identifier(),
        kind=kind,
        acct=acct,
        case_id=None,
        ground=ground.strip(),
        author=by.login,
        set_at=now,
        review_at=review_at or now + _REVIEW,
    )
    with desk.database.writing() as connection:
        _place(desk, connection, hold, by)
    return hold


def lift_hold(desk: Desk, hold_id: str, *, by: Person) -> Hold:
    """Lift a hold and return it as it is now; a case's own hold ends with its case only."""
    require(by, Right.LIFT_HOLD)
    with desk.database.writing() as connection:
        hold = read_hold(connection, hold_id)
        if not hold.in_force:
            raise MistakeError(f"Hold {hold_id} was lifted already, by {hold.lifted_by}.")
        if hold.case_id is not None:
            msg = f"Hold {hold_id} is that of case {hold.case_id} and ends with it."
            raise RefusedError(msg)
        _release(desk, connection, hold, by)
        return read_hold(connection, hold_id)


def place_case_hold(
    desk: Desk, connection: Connection, acct: str, case_id: str, *, by: Person = WORKER
) -> Hold:
    """Set a case's own hold on records, in the transaction that opens the case."""
    hold = Hold(
        id=desk.ids.identifier(),
        kind=HoldKind.RECORDS,
        acct=acct,
        case_id=case_id,
        ground=_CASE_GROUND,
        author=by.login,
        set_at=desk.clock.now(),
    )
    _place(desk, connection, hold, by)
    return hold


def release_case_hold(
    desk: Desk, connection: Connection, case_id: str, *, by: Person = WORKER
) -> Sequence[Hold]:
    """Lift a case's own hold, in the transaction that ends the case; return what was lifted."""
    own = [hold for hold in read_holds(connection) if hold.case_id == case_id]
    for hold in own:
        _release(desk, connection, hold, by)
    return own


def _place(desk: Desk, connection: Connection, hold: Hold, by: Person) -> None:
    read_account(connection, hold.acct)
    record_hold(connection, hold)
    doc = store_document(
        connection,
        content=hold.ground.encode(),
        media_type="text/plain",
        name="ground-of-hold.txt",
        compartment="internal",
        now=desk.clock.now(),
        ids=desk.ids,
    )
    _append(desk, connection, hold, by, {"kind": "hold_set", "doc": doc.hex()})


def _release(desk: Desk, connection: Connection, hold: Hold, by: Person) -> None:
    record_lifting(connection, hold.id, by=by.login, at=desk.clock.now())
    _append(desk, connection, hold, by, {"kind": "hold_lifted"})


def _append(
    desk: Desk, connection: Connection, hold: Hold, by: Person, what: dict[str, JsonValue]
) -> None:
    ended = [head.epoch for head in read_heads(connection, hold.acct) if head.closed]
    fields: dict[str, JsonValue] = {
        **what,
        "hold": hold.id,
        "holds": hold.kind.value,
        "by": by.login,
    }
    if hold.case_id is not None:
        fields["case"] = hold.case_id
    chain = hold.acct
    if ended:
        # Nothing is appended to a closed epoch, and what comes after it is not of this service.
        chain = STATION
        fields["of"] = {"acct": hold.acct, "epoch": ended[-1]}
    origin = Origin.MACHINE if by == WORKER else Origin.HUMAN
    draft = RecordDraft(chain, RecordType.CASE, origin, fields)
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
