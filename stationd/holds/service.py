"""Holds: set at once by those who may, lifted by two persons.

A hold is a `case` record of its account; once the account's epoch is closed, and where the hold is
wider than an account, of the station.  The ground is text typed by a person, so the record has its
hash.  The flag on stored objects follows from the rows: the worker puts it on and takes it off.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.approvals.two_persons import check_second
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.holds.model import LIFT_WITHIN, Hold, HoldKind, Reach, Scope
from stationd.holds.store import (
    check_reach,
    read_hold,
    read_holds,
    read_holds_on,
    read_reached,
    record_ask,
    record_hold,
    record_lifting,
)
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, read_heads, store_document
from stationd.staff.model import WORKER, Person, Role
from stationd.staff.rights import Right, require
from stationd.staff.store import count_enabled

__all__ = [
    "ask_lifting",
    "holds",
    "lift_hold",
    "place_case_hold",
    "reached",
    "release_case_hold",
    "set_hold",
    "set_hold_on",
]

_REVIEW = timedelta(days=90)
_CASE_GROUND = "A termination case is open."


def holds(desk: Desk, acct: str | None = None, *, in_force: bool = True) -> list[Hold]:
    """Return holds in the order they were set: those that reach an account or all.

    ``in_force`` False: lifted ones too.
    """
    with desk.database.reading() as connection:
        if acct is None:
            return read_holds(connection, in_force=in_force)
        read_account(connection, acct)
        return read_holds_on(connection, acct, in_force=in_force)


def reached(desk: Desk, hold_id: str) -> list[str]:
    """Return the accounts that a hold reaches now."""
    with desk.database.reading() as connection:
        return read_reached(connection, read_hold(connection, hold_id).id)


def set_hold(
    desk: Desk,
    acct: str,
    kind: HoldKind,
    ground: str,
    *,
    by: Person,
    review_at: datetime | None = None,
) -> Hold:
    """Set a hold on an account."""
    return set_hold_on(desk, Reach(of=acct), kind, ground, by=by, review_at=review_at)


def set_hold_on(
    desk: Desk,
    reach: Reach,
    kind: HoldKind,
    ground: str,
    *,
    by: Person,
    review_at: datetime | None = None,
) -> Hold:
    """Set a hold of any reach; it is reviewed after 90 days unless another date is given."""
    require(by, Right.SET_HOLD)
    if not ground.strip():
        raise MistakeError("A hold has a ground: the letter, the claim or the request behind it.")
    now = desk.clock.now()
    if review_at is not None and review_at <= now:
        raise MistakeError("A hold is reviewed at a time to come.")
    hold = Hold(
        id=desk.ids.identifier(),
        kind=kind,
        reach=reach,
        case_id=None,
        ground=ground.strip(),
        author=by.login,
        set_at=now,
        review_at=review_at or now + _REVIEW,
    )
    with desk.database.writing() as connection:
        _place(desk, connection, hold, by)
    return hold


def ask_lifting(
    desk: Desk, hold_id: str, *, by: Person, document: tuple[str, bytes] | None = None
) -> Hold:
    """Ask that a hold be lifted, with counsel's document; somebody else then lifts it.

    ``document`` (name and content) may be left out where the other person is an attorney.
    """
    require(by, Right.LIFT_HOLD)
    with desk.database.writing() as connection:
        hold = _liftable(connection, hold_id)
        doc = None
        if document is not None:
            name, content = document
            doc = _kept(desk, connection, name, content, "application/octet-stream", "privileged")
        record_ask(connection, hold_id, by=by.login, at=desk.clock.now(), doc=doc)
        told: dict[str, JsonValue] = {"kind": "hold_lift_asked"}
        if doc is not None:
            told["doc"] = doc.hex()
        _append(desk, connection, hold, by, told)
        return read_hold(connection, hold_id)


def lift_hold(desk: Desk, hold_id: str, *, by: Person) -> Hold:
    """Lift a hold that somebody else asked to lift; return it as it is now."""
    require(by, Right.APPROVE)
    with desk.database.writing() as connection:
        hold = _liftable(connection, hold_id)
        managers = count_enabled(connection, Role.MANAGER)
        alone = _check_second(desk, hold, by, managers)
        _release(desk, connection, hold, by, alone=alone)
        return read_hold(connection, hold_id)


def _liftable(connection: Connection, hold_id: str) -> Hold:
    hold = read_hold(connection, hold_id)
    if not hold.in_force:
        raise MistakeError(f"Hold {hold_id} was lifted already, by {hold.lifted_by}.")
    if hold.case_id is not None:
        raise RefusedError(f"Hold {hold_id} is that of case {hold.case_id} and ends with it.")
    return hold


def _check_second(desk: Desk, hold: Hold, by: Person, managers: int) -> bool:
    """Return whether ``by`` lifts alone, or raise unless they may be the second of two persons."""
    now = desk.clock.now()
    if (
        hold.lift_asked_at is None
        or hold.lift_asked_by is None
        or now - hold.lift_asked_at > LIFT_WITHIN
    ):
        raise RefusedError(
            f"Nobody asked within the last 24 hours to lift hold {hold.id}. A manager asks "
            "(`hold lift`), then somebody else approves (`hold approve`)."
        )
    if hold.lift_asked_by == by.login and not desk.approvals.sole_operator:
        raise RefusedError(
            f"{by.login} asked to lift hold {hold.id}. A hold is lifted by two persons: another "
            "manager, an attorney or an administrator approves."
        )
    alone = check_second(
        first=hold.lift_asked_by,
        asked_at=hold.lift_asked_at,
        by=by,
        settings=desk.approvals,
        managers=managers,
        now=now,
    )
    if by.role is Role.CLERK:
        raise NotAuthorisedError(
            f"{by.login} (evidence clerk) may not approve the lifting of a hold. Who may: "
            "manager, attorney, administrator."
        )
    if hold.lift_doc is None and by.role is not Role.ATTORNEY:
        raise RefusedError(
            f"No document of counsel was given for lifting hold {hold.id}. A manager asks anew "
            "with `--document`, or an attorney approves."
        )
    return alone


def place_case_hold(
    desk: Desk, connection: Connection, acct: str, case_id: str, *, by: Person = WORKER
) -> Hold:
    """Set a case's own hold on records, in the transaction that opens the case."""
    hold = Hold(
        id=desk.ids.identifier(),
        kind=HoldKind.RECORDS,
        reach=Reach(of=acct),
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
    check_reach(connection, hold.reach)
    record_hold(connection, hold)
    ground = hold.ground.encode()
    doc = _kept(desk, connection, "ground-of-hold.txt", ground, "text/plain", "internal")
    _append(desk, connection, hold, by, {"kind": "hold_set", "doc": doc.hex()})


def _kept(
    desk: Desk,
    connection: Connection,
    name: str,
    content: bytes,
    media_type: str,
    compartment: str,
) -> bytes:
    return store_document(
        connection,
        content=content,
        media_type=media_type,
        name=name,
        compartment=compartment,
        now=desk.clock.now(),
        ids=desk.ids,
    )


def _release(
    desk: Desk, connection: Connection, hold: Hold, by: Person, *, alone: bool = False
) -> None:
    record_lifting(connection, hold.id, by=by.login, at=desk.clock.now())
    told: dict[str, JsonValue] = {"kind": "hold_lifted"}
    if alone:
        told["sole_operator"] = True
    if hold.lift_asked_by is not None and hold.case_id is None:
        told["asked_by"] = hold.lift_asked_by
    _append(desk, connection, hold, by, told)


def _append(
    desk: Desk, connection: Connection, hold: Hold, by: Person, what: dict[str, JsonValue]
) -> None:
    chain, where = _chain(connection, hold)
    fields: dict[str, JsonValue] = {
        **what,
        **where,
        "hold": hold.id,
        "holds": hold.kind.value,
        "by": by.login,
    }
    if hold.case_id is not None:
        fields["case"] = hold.case_id
    origin = Origin.MACHINE if by == WORKER else Origin.HUMAN
    draft = RecordDraft(chain, RecordType.CASE, origin, fields)
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


def _chain(connection: Connection, hold: Hold) -> tuple[str, dict[str, JsonValue]]:
    """Return the chain that records of a hold stand in, and what they say of its reach."""
    reach = hold.reach
    said: dict[str, JsonValue] = {}
    if reach.since is not None:
        said["since"] = iso(reach.since)
    if reach.until is not None:
        said["until"] = iso(reach.until)
    if hold.acct is None:
        said["scope"] = reach.scope.value
        if reach.scope is not Scope.STATION:
            said["scope_id"] = reach.of
        return STATION, said
    ended = [head.epoch for head in read_heads(connection, hold.acct) if head.closed]
    if not ended:
        return hold.acct, said
    # Nothing is appended to a closed epoch, and what comes after it is not of this service.
    return STATION, {**said, "of": {"acct": hold.acct, "epoch": ended[-1]}}
