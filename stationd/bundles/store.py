"""SQL of bundle orders and their objects."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import cases, objects, orders
from stationd.errors import NotFoundError
from stationd.holds.store import held_accounts, reached_accounts

__all__ = [
    "count_overdue",
    "drop_flag",
    "extend_lease",
    "find_order",
    "find_stale",
    "forget_facts",
    "note_flagged",
    "read_ending",
    "read_going",
    "read_objects",
    "read_order",
    "read_orders",
    "read_unlocked",
    "read_unshown",
    "read_unstored",
    "read_waiting",
    "record_going",
    "record_gone",
    "record_held",
    "record_objects",
    "record_order",
    "record_read_back",
    "record_version",
    "release",
    "take",
    "update_order",
]


_OVER = (OrderState.VERIFIED, OrderState.FAILED, OrderState.PURGED)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)


def record_order(connection: Connection, order: Order) -> None:
    """Add an order."""
    connection.execute(
        sa.insert(orders).values(
            id=order.id,
            kind=order.kind.value,
            acct=order.acct,
            epoch=order.epoch,
            case_id=order.case_id,
            ordered_by=order.ordered_by,
            ordered_at=iso(order.ordered_at),
            state=order.state.value,
            legal_hold=order.legal_hold,
            progress=order.progress,
            why=order.why,
            tries=order.tries,
            retry_at=iso(order.retry_at),
            source_id=order.source_id,
            redaction=order.redaction,
        )
    )


def read_order(connection: Connection, order_id: str) -> Order:
    """Return an order, or raise `NotFoundError`."""
    row = connection.execute(sa.select(orders).where(orders.c.id == order_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no bundle order {order_id}.")
    return _order(row)


def read_orders(
    connection: Connection, *, acct: str | None = None, case_id: str | None = None
) -> list[Order]:
    """Return orders, the newest first."""
    query = sa.select(orders).order_by(orders.c.ordered_at.desc(), orders.c.id)
    if acct is not None:
        query = query.where(orders.c.acct == acct)
    if case_id is not None:
        query = query.where(orders.c.case_id == case_id)
    return [_order(row) for row in connection.execute(query)]


def find_order(connection: Connection, case_id: str, kind: Kind) -> Order | None:
    """Return the newest order of a kind for a case; None: none."""
    found = [order for order in read_orders(connection, case_id=case_id) if order.kind is kind]
    return found[0] if found else None


def read_waiting(connection: Connection, now: datetime, holder: str = "") -> list[Order]:
    """Return orders that can be worked on: not verified, due for a try, and nobody else's.

    What ``holder`` itself has the lease of was left behind by a process that is gone.
    """
    query = (
        sa.select(orders)
        .where(
            orders.c.state.not_in([one.value for one in _OVER]),
            orders.c.retry_at <= iso(now),
            _free(now, holder),
        )
        .order_by(orders.c.retry_at, orders.c.ordered_at, orders.c.id)
    )
    return [_order(row) for row in connection.execute(query)]


def find_stale(
    connection: Connection, *, before: datetime, rest: datetime, now: datetime, holder: str = ""
) -> Order | None:
    """Return the verified order that has waited longest to be read back anew; None: there is none.

    Of those that may be tried now: what open cases have and was last read back before ``before``,
    and of all others what has come to its time, or was last read back before ``rest``.
    """
    is_open = sa.exists().where(cases.c.id == orders.c.case_id, cases.c.closed_at.is_(None))
    query = (
        sa.select(orders)
        .where(
            orders.c.state == OrderState.VERIFIED.value,
            sa.or_(
                sa.and_(orders.c.verified_at < iso(before), is_open),
                orders.c.verified_at < iso(rest),
                orders.c.reverify_at <= iso(now),
            ),
            orders.c.retry_at <= iso(now),
            _free(now, holder),
        )
        .order_by(orders.c.verified_at, orders.c.id)
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else _order(row)


def count_overdue(connection: Connection, before: datetime) -> int:
    """Return how many verified bundles were last read back before ``before``."""
    query = sa.select(sa.func.count()).where(
        orders.c.state == OrderState.VERIFIED.value, orders.c.verified_at < iso(before)
    )
    return connection.execute(query).scalar_one()


def read_ending(connection: Connection, before: datetime) -> list[tuple[Order, bool]]:
    """Return stored bundles whose lock ends before ``before``, the first first, and who is held."""
    query = (
        sa.select(orders, _held().label("held"))
        .where(
            orders.c.state.in_([OrderState.STORED.value, OrderState.VERIFIED.value]),
            orders.c.retain_until <= iso(before),
        )
        .order_by(orders.c.retain_until, orders.c.id)
    )
    return [(_order(row), bool(row.held)) for row in connection.execute(query)]


def _free(now: datetime, holder: str) -> sa.ColumnElement[bool]:
    return sa.or_(
        orders.c.lease_by.is_(None), orders.c.lease_by == holder, orders.c.lease_until < iso(now)
    )


def read_unshown(
    connection: Connection, hold_id: str | None = None
) -> list[tuple[StoredObject, bool]]:
    """Return stored objects whose legal-hold flag is not what the holds ask for, and that.

    An account asks for the flag while a `records` hold that is no case's own reaches it.
    ``hold_id``: only of accounts that this hold reaches.
    """
    held = _held()
    flag = objects.c.legal_hold
    query = (
        sa.select(objects, held.label("held"))
        .join(orders, orders.c.id == objects.c.order_id)
        .where(
            objects.c.mode.is_not(None),
            objects.c.gone_at.is_(None),
            sa.or_(
                sa.and_(held, flag.is_not(sa.true())),
                sa.and_(sa.not_(held), flag.is_not(sa.false())),
            ),
        )
        .order_by(objects.c.order_id, objects.c.file)
    )
    if hold_id is not None:
        query = query.where(orders.c.acct.in_(reached_accounts(hold_id)))
    return [(_object(row), bool(row.held)) for row in connection.execute(query)]


def read_unstored(connection: Connection, hold_id: str) -> list[StoredObject]:
    """Return objects in reach of a hold on their way into the archive: no flag shows yet."""
    query = (
        sa.select(objects)
        .join(orders, orders.c.id == objects.c.order_id)
        .where(
            objects.c.mode.is_(None),
            orders.c.state.in_([OrderState.BUILT.value, OrderState.STORED.value]),
            orders.c.acct.in_(reached_accounts(hold_id)),
        )
        .order_by(objects.c.order_id, objects.c.file)
    )
    return [_object(row) for row in connection.execute(query)]


def read_unlocked(connection: Connection, hold_id: str) -> list[StoredObject]:
    """Return stored objects in reach of a hold that have no lock (in a folder): no flag holds."""
    query = (
        sa.select(objects)
        .join(orders, orders.c.id == objects.c.order_id)
        .where(
            objects.c.mode.is_(None),
            orders.c.state == OrderState.VERIFIED.value,
            orders.c.acct.in_(reached_accounts(hold_id)),
        )
        .order_by(objects.c.order_id, objects.c.file)
    )
    return [_object(row) for row in connection.execute(query)]


def drop_flag(connection: Connection, order_id: str) -> bool:
    """Note that nobody knows a bundle's flags, as they come off; False: a hold reaches it again.

    It is noted before it is done: a hold that is set from now on finds the flag missing.
    """
    free = sa.update(orders).where(orders.c.id == order_id, sa.not_(_held()))
    if not connection.execute(free.values(legal_hold=False)).rowcount:
        return False
    flagged = sa.update(objects).where(
        objects.c.order_id == order_id, objects.c.mode.is_not(None), objects.c.gone_at.is_(None)
    )
    connection.execute(flagged.values(legal_hold=None))
    return True


def note_flagged(connection: Connection) -> None:
    """Note of bundles under a hold that every object carries the flag: from now on it must."""
    bare = sa.exists().where(
        objects.c.order_id == orders.c.id,
        objects.c.gone_at.is_(None),
        objects.c.legal_hold.is_not(sa.true()),
    )
    connection.execute(
        sa.update(orders)
        .where(
            orders.c.state.in_([OrderState.STORED.value, OrderState.VERIFIED.value]),
            sa.not_(orders.c.legal_hold),
            _held(),
            sa.exists().where(objects.c.order_id == orders.c.id),
            sa.not_(bare),
        )
        .values(legal_hold=True)
    )


def _held() -> sa.ColumnElement[bool]:
    """Return whether a hold that is no case's own reaches an order's account."""
    return orders.c.acct.in_(held_accounts())


def take(
    connection: Connection, order_id: str, holder: str, *, now: datetime, length: timedelta
) -> bool:
    """Take or renew an order's lease; tell whether ``holder`` has it now."""
    taken = connection.execute(
        sa.update(orders)
        .where(
            orders.c.id == order_id,
            sa.or_(
                orders.c.lease_by.is_(None),
                orders.c.lease_by == holder,
                orders.c.lease_until < iso(now),
            ),
        )
        .values(lease_by=holder, lease_until=iso(now + length))
    )
    return bool(taken.rowcount)


def extend_lease(connection: Connection, order_id: str, holder: str, until: datetime) -> None:
    """Keep an order's lease longer."""
    connection.execute(
        sa.update(orders)
        .where(orders.c.id == order_id, orders.c.lease_by == holder)
        .values(lease_until=iso(until))
    )


def release(
    connection: Connection, order_id: str, *, retry_at: datetime, why: str, failed: bool = False
) -> None:
    """Give an order's lease back with the reason it is not done, and when to try again."""
    values: dict[str, object] = {
        "lease_by": None,
        "lease_until": None,
        "retry_at": iso(retry_at),
        "why": why,
    }
    if why:
        values["tries"] = orders.c.tries + 1
    else:
        values["tries"] = 0
    if failed:
        values["state"] = OrderState.FAILED.value
    connection.execute(sa.update(orders).where(orders.c.id == order_id).values(**values))


def update_order(connection: Connection, order_id: str, **values: object) -> None:
    """Set columns of an order; moments are given as moments."""
    told = {
        name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()
    }
    connection.execute(sa.update(orders).where(orders.c.id == order_id).values(**told))


def record_objects(connection: Connection, new: Sequence[StoredObject]) -> None:
    """Add the finished files of a bundle, before anything of it is uploaded."""
    if not new:
        return
    connection.execute(
        sa.insert(objects),
        [
            {
                "order_id": one.order_id,
                "file": one.file,
                "key": one.key,
                "size": one.size,
                "sha256": one.sha256,
                "path": one.path,
            }
            for one in new
        ],
    )


def read_objects(connection: Connection, order_id: str) -> list[StoredObject]:
    """Return a bundle's files by name."""
    query = sa.select(objects).where(objects.c.order_id == order_id).order_by(objects.c.file)
    return [_object(row) for row in connection.execute(query)]


def record_version(connection: Connection, order_id: str, file: str, version_id: str) -> None:
    """Note which version an upload made."""
    connection.execute(_of(order_id, file).values(version_id=version_id))


def record_held(
    connection: Connection,
    held: StoredObject,
) -> None:
    """Note what the store says of a version: lock mode, date and hold."""
    connection.execute(
        _of(held.order_id, held.file).values(
            retain_until=_text(held.retain_until), mode=held.mode, legal_hold=held.legal_hold
        )
    )


def record_read_back(connection: Connection, order_id: str, file: str, at: datetime) -> None:
    """Note that a version was read back whole and is what was stored."""
    connection.execute(_of(order_id, file).values(verified_at=iso(at)))


def record_going(connection: Connection, one: StoredObject, now: datetime) -> None:
    """Note that a file is about to be removed; from then on its bundle is no bundle any more.

    What was frozen for it goes at once: without its files it is good for nothing.
    """
    connection.execute(_of(one.order_id, one.file).values(going_at=iso(now)))
    gone: dict[str, object] = {"state": OrderState.PURGED.value, "facts": None}
    connection.execute(sa.update(orders).where(orders.c.id == one.order_id).values(**gone))


def read_going(connection: Connection, acct: str) -> list[StoredObject]:
    """Return the files of an account's bundles whose removal began and is not noted."""
    query = (
        sa.select(objects)
        .join(orders, orders.c.id == objects.c.order_id)
        .where(orders.c.acct == acct, objects.c.going_at.is_not(None), objects.c.gone_at.is_(None))
        .order_by(objects.c.order_id, objects.c.file)
    )
    return [_object(row) for row in connection.execute(query)]


def forget_facts(connection: Connection, acct: str) -> None:
    """Forget what was frozen for an account's bundles that are made: they are not made again."""
    made = orders.c.state.in_([one.value for one in _OVER])
    connection.execute(sa.update(orders).where(orders.c.acct == acct, made).values(facts=None))


def record_gone(connection: Connection, one: StoredObject, now: datetime) -> bool:
    """Note that a file was removed; tell whether that is news."""
    first = _of(one.order_id, one.file).where(objects.c.gone_at.is_(None))
    return bool(connection.execute(first.values(gone_at=iso(now))).rowcount)


def _of(order_id: str, file: str) -> sa.Update:
    return sa.update(objects).where(objects.c.order_id == order_id, objects.c.file == file)


def _order(row: Any) -> Order:  # noqa: ANN401  (a row has the shape of its query)
    return Order(
        id=row.id,
        kind=Kind(row.kind),
        acct=row.acct,
        epoch=row.epoch,
        case_id=row.case_id,
        ordered_by=row.ordered_by,
        ordered_at=parse_iso(row.ordered_at),
        state=OrderState(row.state),
        legal_hold=row.legal_hold,
        retry_at=parse_iso(row.retry_at),
        checkpoint=row.checkpoint,
        name=row.name,
        facts=row.facts,
        content_id=row.content_id,
        retain_until=_moment(row.retain_until),
        records=row.records,
        progress=row.progress,
        why=row.why,
        tries=row.tries,
        lease_by=row.lease_by,
        lease_until=_moment(row.lease_until),
        verified_at=_moment(row.verified_at),
        reverify_at=_moment(row.reverify_at),
        horizon=row.horizon,
        source_id=row.source_id,
        redaction=row.redaction,
    )


def _object(row: Any) -> StoredObject:  # noqa: ANN401
    return StoredObject(
        order_id=row.order_id,
        file=row.file,
        key=row.key,
        size=row.size,
        sha256=row.sha256,
        path=row.path,
        version_id=row.version_id,
        retain_until=_moment(row.retain_until),
        mode=row.mode,
        legal_hold=bool(row.legal_hold),
        verified_at=_moment(row.verified_at),
        gone_at=_moment(row.gone_at),
    )
