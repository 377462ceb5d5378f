"""Ordering bundles, and looking at what became of them."""

from collections.abc import Mapping
from datetime import timedelta

from archive.canonical import JsonValue
from stationd.accounts.store import read_account
from stationd.bundles import store
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError
from stationd.ledger.compartments import compartment_of_file
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, read_head, read_heads, read_records
from stationd.staff.model import Person, Role
from stationd.staff.rights import Right, require

__all__ = [
    "custody",
    "ending",
    "objects",
    "order",
    "orders",
    "place",
    "read",
    "record_certificates",
    "record_copy",
    "replace_order",
    "unflagged",
    "unlocked",
]


def order(desk: Desk, acct: str, kind: Kind, by: Person, *, epoch: int | None = None) -> str:
    """Order a bundle of an account's whole chain, for nobody's case; return the order's id.

    Only ``on_request`` can be asked for; the other kinds belong to a step of a case.  ``epoch``
    None: the newest that has records.
    """
    require(by, Right.MAKE_BUNDLES)
    if kind is Kind.REDACTED:
        msg = "A redacted copy is made of a whole bundle; ask for it by the whole one's order."
        raise MistakeError(msg)
    if kind is not Kind.ON_REQUEST:
        msg = f"A {kind.value} bundle is ordered by its case; ask for {Kind.ON_REQUEST.value}."
        raise MistakeError(msg)
    with desk.database.writing() as connection:
        read_account(connection, acct)
        wanted = _newest_epoch(connection, acct) if epoch is None else epoch
        read_head(connection, acct, wanted)
        # A bundle begins with the first record; where that is purged none can be made any more.
        read_records(connection, acct, wanted, 1, 1)
        order_id, draft = place(
            connection, desk, acct=acct, epoch=wanted, kind=kind, by=by, case_id=None
        )
        now = desk.clock.now()
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        return order_id


def _newest_epoch(connection: Connection, acct: str) -> int:
    """Return the newest epoch with a record; after `close` the next begins with a signal."""
    heads = read_heads(connection, acct)
    return heads[-1].epoch if heads else 1


def place(  # noqa: PLR0913  (what an order is made of)
    connection: Connection,
    desk: Desk,
    *,
    acct: str,
    epoch: int,
    kind: Kind,
    by: Person,
    case_id: str | None,
    source_id: str | None = None,
    redaction: str | None = None,
    told: Mapping[str, JsonValue] | None = None,
) -> tuple[str, RecordDraft]:
    """Add an order within the caller's transaction; return its id and its custody record.

    The caller appends the record together with its others, so that chains are locked in order.
    ``told`` is what the record says besides.
    """
    now = desk.clock.now()
    made = Order(
        id=desk.ids.identifier(),
        kind=kind,
        acct=acct,
        epoch=epoch,
        case_id=case_id,
        ordered_by=by.login,
        ordered_at=now,
        state=OrderState.ORDERED,
        legal_hold=False,
        retry_at=now,
        source_id=source_id,
        redaction=redaction,
    )
    store.record_order(connection, made)
    return made.id, custody(made, "ordered", by, told)


def custody(
    about: Order, act: str, by: Person, fields: Mapping[str, JsonValue] | None = None
) -> RecordDraft:
    """Return the custody record of an act on a bundle, for the `station` chain."""
    told: dict[str, JsonValue] = {
        **(fields or {}),
        "bundle": about.kind.value,
        "by": by.login,
        "kind": act,
        "of": {"acct": about.acct, "epoch": about.epoch},
        "order": about.id,
    }
    if about.case_id is not None:
        told["case"] = about.case_id
    origin = Origin.MACHINE if by.role is Role.NOBODY else Origin.HUMAN
    return RecordDraft(STATION, RecordType.CUSTODY, origin, told)


def replace_order(desk: Desk, order_id: str, by: Person, *, why: str) -> str:
    """Give an order up and place a new one of its kind, at a checkpoint to come; return its id.

    For an order whose sealed local files are lost, or whose key in the archive is taken.
    """
    if by.role is not Role.NOBODY:
        require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        old = store.read_order(connection, order_id)
        if old.state in (OrderState.VERIFIED, OrderState.FAILED, OrderState.PURGED):
            raise MistakeError(f"Order {old.id} is {old.state}; there is nothing to replace.")
        now = desk.clock.now()
        store.release(connection, old.id, retry_at=now, why=why, failed=True)
        new, draft = place(
            connection,
            desk,
            acct=old.acct,
            epoch=old.epoch,
            kind=old.kind,
            by=by,
            case_id=old.case_id,
            source_id=old.source_id,
            redaction=old.redaction,
        )
        given_up = custody(old, "given_up", by, {"replaced_by": new})
        append(connection, [given_up, draft], station=desk.station, now=now, ids=desk.ids)
        return new


def record_copy(desk: Desk, order_id: str, by: Person, *, purpose: str = "work") -> None:
    """Append to the custody that whoever ordered a bundle took a copy of it, and for what."""
    require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        made = store.read_order(connection, order_id)
        listed: list[JsonValue] = [
            {"key": one.key, "sha256": one.sha256, "version_id": one.version_id}
            for one in store.read_objects(connection, order_id)
            if not compartment_of_file(one.file)
        ]
        draft = custody(made, "copied", by, {"objects": listed, "purpose": purpose})
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


def record_certificates(desk: Desk, order_id: str, by: Person) -> None:
    """Append to the custody that the custodian's forms of a bundle were made again."""
    require(by, Right.MAKE_BUNDLES)
    with desk.database.writing() as connection:
        made = store.read_order(connection, order_id)
        draft = custody(made, "certificates", by, {})
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)


def read(desk: Desk, order_id: str) -> Order:
    """Return an order, or raise `NotFoundError`."""
    with desk.database.reading() as connection:
        return store.read_order(connection, order_id)


def orders(desk: Desk, *, acct: str | None = None, case_id: str | None = None) -> list[Order]:
    """Return orders, the newest first."""
    with desk.database.reading() as connection:
        return store.read_orders(connection, acct=acct, case_id=case_id)


def objects(desk: Desk, order_id: str) -> list[StoredObject]:
    """Return a bundle's files and where they lie."""
    with desk.database.reading() as connection:
        return store.read_objects(connection, order_id)


def unflagged(desk: Desk, hold_id: str) -> list[StoredObject]:
    """Return objects in reach of a hold that do not carry the legal-hold flag.

    Those on their way into the archive are among them.
    """
    with desk.database.reading() as connection:
        found = [one for one, held in store.read_unshown(connection, hold_id) if held]
        return [*found, *store.read_unstored(connection, hold_id)]


def unlocked(desk: Desk, hold_id: str) -> list[StoredObject]:
    """Return stored objects in reach of a hold that can carry no flag: they have no lock."""
    with desk.database.reading() as connection:
        return store.read_unlocked(connection, hold_id)


def ending(desk: Desk, within: timedelta) -> list[tuple[Order, bool]]:
    """Return bundles whose lock ends within a time, the first first, and whether a hold is on."""
    with desk.database.reading() as connection:
        return store.read_ending(connection, desk.clock.now() + within)
