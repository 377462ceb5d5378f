"""Proposing, approving and withdrawing purges: two persons, one list, a time to object.

What is approved is the hash of the list that was seen.  The list is made again from the facts of
that moment; if a byte of it differs, nothing is approved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, RefusedError
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, read_documents, store_document
from stationd.purges import store
from stationd.purges.candidates import candidate, changes, planned
from stationd.purges.listing import Candidate, digest, encoded
from stationd.purges.model import Item, ItemState, Purge, PurgeState, check_second
from stationd.retention.plan import Planned
from stationd.retention.store import read_accounts
from stationd.staff.model import Person
from stationd.staff.rights import Right, may, require
from stationd.tombstones.model import START, Cursor, Tombstone
from stationd.tombstones.store import read_tombstones

__all__ = [
    "Proposal",
    "approve",
    "certificate",
    "compact",
    "items",
    "propose",
    "purges",
    "read",
    "tombstones",
    "withdraw",
]

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A purge that was proposed, and what was left out of it, each with the reason."""

    purge: Purge
    left_out: Sequence[str]


def propose(desk: Desk, ground: str, *, by: Person, accts: Iterable[str] = ()) -> Proposal:
    """List everything of ``accts`` that may go now (none: of all closed accounts), for approval."""
    require(by, Right.PURGE)
    if not ground.strip():
        raise MistakeError("A purge has a ground: the rule or the decision behind it.")
    with desk.database.writing() as connection:
        now = desk.clock.now()
        named = [read_account(connection, acct).acct for acct in sorted(set(accts))]
        looked_at = named or read_accounts(connection)
        found, left_out = _found(connection, looked_at, now, asked=bool(named))
        if not found:
            why = f" {'; '.join(left_out[:5])}." if left_out else ""
            raise RefusedError(
                f"Nothing may go now.{why} `retention plan` says what may, and when."
            )
        listed = encoded(desk.station, found)
        purge = Purge(
            id=desk.ids.identifier(),
            state=PurgeState.PROPOSED,
            ground=ground.strip(),
            listed=listed,
            list_sha256=digest(listed),
            proposed_by=by.login,
            proposed_role=by.role,
            proposed_at=now,
        )
        store.record_purge(connection, purge, _items(purge, found))
        doc = store_document(
            connection,
            content=purge.ground.encode(),
            media_type="text/plain",
            name="ground-of-purge.txt",
            compartment="internal",
            now=now,
            ids=desk.ids,
        )
        _append(desk, connection, purge, "purge_proposed", by, {"doc": doc.hex()})
    return Proposal(purge=purge, left_out=left_out)


def _found(
    connection: Connection, accts: Sequence[str], now: datetime, *, asked: bool
) -> tuple[list[Candidate], list[str]]:
    """Return what may go, and what may not though it is past its period or was asked for."""
    taken = store.read_taken(connection, accts)
    found: list[Candidate] = []
    left_out: list[str] = []
    # Whose classes come in the order in which they go: what others wait for.
    first: dict[str, str] = {}
    for row in [row for acct in accts for row in planned(connection, acct, now)]:
        other = taken.get((row.acct, row.data_class.value))
        if other is not None:
            made: Candidate | str = f"it stands in purge {other}"
        elif row.goes(now) and row.acct in first:
            made = f"its {first[row.acct]} are not listed and go first"
        elif row.goes(now):
            made = candidate(connection, row)
        elif asked or row.due_at <= now:
            made = _kept(row, now)
        else:
            continue
        if isinstance(made, str):
            left_out.append(f"{row.acct} {row.data_class}: {made}")
            first.setdefault(row.acct, row.data_class.value)
        else:
            found.append(made)
    return found, left_out


def _kept(row: Planned, now: datetime) -> str:
    until = [] if row.due_at <= now else [f"it is kept until {row.due_at:%Y-%m-%d}"]
    return "; ".join([*until, *row.held_by])


def _items(purge: Purge, found: Sequence[Candidate]) -> list[Item]:
    return [
        Item(
            purge_id=purge.id,
            acct=one.planned.acct,
            data_class=one.planned.data_class,
            place=place,
        )
        for place, one in enumerate(found)
    ]


def approve(desk: Desk, purge_id: str, list_sha256: str, *, by: Person) -> Purge:
    """Approve a purge as the second person, by the hash of the list that was seen.

    Nothing goes before the waiting time is over.
    """
    require(by, Right.PURGE)
    with desk.database.writing() as connection:
        purge = store.read_purge(connection, purge_id)
        if purge.state is not PurgeState.PROPOSED:
            raise MistakeError(f"Purge {purge.id} is {purge.state}; there is nothing to approve.")
        check_second(purge, by)
        if list_sha256.strip().lower() != purge.list_sha256:
            raise RefusedError(
                f"The hash {list_sha256} is not that of the list of purge {purge.id}. Read the "
                f"list first (`retention show {purge.id}`) and give the hash that stands under it."
            )
        now = desk.clock.now()
        _check_unchanged(desk, connection, purge, now)
        approved = replace(
            purge,
            state=PurgeState.APPROVED,
            approved_by=by.login,
            approved_role=by.role,
            approved_at=now,
            due_at=now + desk.policies.purge_wait,
        )
        store.update_purge(
            connection,
            purge.id,
            state=PurgeState.APPROVED.value,
            approved_by=by.login,
            approved_role=by.role.value,
            approved_at=now,
            due_at=approved.due_at,
        )
        _append(desk, connection, purge, "purge_approved", by, {"asked_by": purge.proposed_by})
    return approved


def _check_unchanged(desk: Desk, connection: Connection, purge: Purge, now: datetime) -> None:
    """Make the list again from the facts as they are now, and refuse if it is another."""
    made: list[Candidate] = []
    for item in store.read_items(connection, purge.id):
        for row in planned(connection, item.acct, now):
            if row.data_class is item.data_class and row.goes(now):
                one = candidate(connection, row)
                made += [] if isinstance(one, str) else [one]
    again = encoded(desk.station, made)
    if digest(again) != purge.list_sha256:
        raise RefusedError(
            f"What purge {purge.id} lists has changed since it was proposed, first at "
            f"{changes(purge.listed, again)}. Withdraw it (`retention withdraw {purge.id}`) and "
            "propose anew."
        )


def withdraw(desk: Desk, purge_id: str, *, by: Person) -> Purge:
    """Withdraw a purge that is not over; what has gone stays gone, and nothing more goes.

    Whoever may set holds may stop a purge.  One that has begun gets its certificate all the same.
    """
    if not may(by, Right.PURGE):
        require(by, Right.SET_HOLD)
    with desk.database.writing() as connection:
        purge = store.read_purge(connection, purge_id)
        if purge.state not in (PurgeState.PROPOSED, PurgeState.APPROVED):
            raise MistakeError(f"Purge {purge.id} is {purge.state}; there is nothing to withdraw.")
        now = desk.clock.now()
        begun = False
        for item in store.read_items(connection, purge_id):
            begun = begun or item.began_at is not None
            if item.state in (ItemState.LISTED, ItemState.RUNNING):
                why = f"withdrawn by {by.login}"
                state = ItemState.REFUSED.value
                store.update_item(connection, item, state=state, why=why, ended_at=now)
        values: dict[str, object] = {"ended_by": by.login}
        if not begun:
            values |= {"state": PurgeState.WITHDRAWN.value, "ended_at": now}
        store.update_purge(connection, purge.id, **values)
        _append(desk, connection, purge, "purge_withdrawn", by, {})
        return store.read_purge(connection, purge_id)


def _append(
    desk: Desk,
    connection: Connection,
    purge: Purge,
    kind: str,
    by: Person,
    more: dict[str, JsonValue],
) -> None:
    fields: dict[str, JsonValue] = {
        **more,
        "by": by.login,
        "kind": kind,
        "list_sha256": purge.list_sha256,
        "purge": purge.id,
    }
    draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.HUMAN, fields)
    append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


# --- Looking ---


def purges(desk: Desk) -> list[Purge]:
    """Return purges, the newest first."""
    with desk.database.reading() as connection:
        return store.read_purges(connection)


def read(desk: Desk, purge_id: str) -> Purge:
    """Return a purge, or raise `NotFoundError`."""
    with desk.database.reading() as connection:
        return store.read_purge(connection, purge_id)


def items(desk: Desk, purge_id: str) -> list[Item]:
    """Return the items of a purge, in the order in which they go."""
    with desk.database.reading() as connection:
        return store.read_items(connection, store.read_purge(connection, purge_id).id)


def certificate(desk: Desk, purge_id: str) -> tuple[bytes, bytes]:
    """Return a purge's certificate, in JSON and in words; refuse while there is none."""
    with desk.database.reading() as connection:
        purge = store.read_purge(connection, purge_id)
        if purge.certificate is None or purge.certificate_text is None:
            raise RefusedError(
                f"Purge {purge.id} is {purge.state}; its certificate is made when it has ended."
            )
        docs = [purge.certificate, purge.certificate_text]
        as_json, as_text = read_documents(connection, docs)
        return as_json.content, as_text.content


def compact(desk: Desk, *, by: Person) -> bool:
    """Write the database's file anew, and note it; tell whether its log is empty afterwards."""
    require(by, Right.RUN_MACHINE)
    desk.database.rewrite()
    fields: dict[str, JsonValue] = {"by": by.login, "kind": "database_rewritten"}
    draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.HUMAN, fields)
    with desk.database.writing() as connection:
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
    return desk.database.empty_log()


def tombstones(desk: Desk, acct: str, after: Cursor = START) -> list[Tombstone]:
    """Return the purged records of an account that stand behind ``after``, a thousand at most."""
    with desk.database.reading() as connection:
        read_account(connection, acct)
        return read_tombstones(connection, acct, after, _PAGE)
