"""Looking after stored bundles: locks that must last longer, holds that must show on objects."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from archive.canonical import JsonValue
from stationd.bundles import store
from stationd.bundles.horizon import HELD_FOR, HORIZONS, horizon
from stationd.bundles.model import Order, OrderState, StoredObject
from stationd.bundles.service import custody
from stationd.bundles.work import Workshop
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.ledger.model import RecordDraft
from stationd.ledger.store import append
from stationd.logs import note
from stationd.staff.model import WORKER

__all__ = ["extend_locks", "show_holds", "watch_locks"]

_log = logging.getLogger("stationd.worker")

_STORED = (OrderState.STORED, OrderState.VERIFIED)


def extend_locks(shop: Workshop, acct: str, until: datetime) -> int:
    """Lock every stored object of an account at least until ``until``; return how many changed.

    A lock is never shortened, so what lasts longer stays as it is.
    """
    return sum(_extend(shop, order, until) for order in _stored(shop, acct))


def _extend(shop: Workshop, order: Order, until: datetime) -> int:
    """Lock the objects of one bundle at least until ``until``; return how many changed."""
    short = [one for one in _objects(shop, order) if _ends_before(one, until)]

    def done(connection: Connection) -> None:
        last = max(until, order.retain_until or until)
        store.update_order(connection, order.id, retain_until=last, horizon=None)
        fields: dict[str, JsonValue] = {"objects_changed": len(short), "retain_until": iso(until)}
        _append(shop, connection, custody(order, "lock_extended", WORKER, fields))

    for one in short:
        assert one.version_id is not None  # noqa: S101  (see _objects)
        shop.store.extend(one.key, one.version_id, until)
        shop.passed("lock extended")
        _note(shop, one, done if one is short[-1] else None)
        shop.passed("lock noted")
    return len(short)


def watch_locks(shop: Workshop) -> list[Order]:
    """Extend locks that near their end under a hold; alarm the others, once at each horizon.

    Returns every bundle whose lock ends within the farthest horizon and is not extended.
    """
    if not shop.store.locked:
        return []
    now = shop.desk.clock.now()
    with shop.desk.database.reading() as connection:
        found = store.read_ending(connection, now + timedelta(days=HORIZONS[-1]))
    for order in [order for order, held in found if held]:
        # Locks are kept in whole seconds; rounding up keeps them at least as long as asked.
        _extend(shop, order, (now + HELD_FOR).replace(microsecond=0) + timedelta(seconds=1))
    ending = [order for order, held in found if not held]
    for order in ending:
        _alarm(shop, order, now)
    return ending


def _alarm(shop: Workshop, order: Order, now: datetime) -> None:
    """Tell that a lock has come within a horizon, unless that was told already."""
    assert order.retain_until is not None  # noqa: S101  (it ends)
    near = horizon(order.retain_until, now)
    if near is None or (order.horizon is not None and order.horizon <= near):
        return
    with shop.desk.database.writing() as connection:
        store.update_order(connection, order.id, horizon=near)
    until = f"{order.retain_until:%Y-%m-%d}"
    note(_log.warning, "lock ends", order=order.id, acct=order.acct, until=until, within_days=near)


def _ends_before(one: StoredObject, until: datetime) -> bool:
    return one.retain_until is None or one.retain_until < until


def show_holds(shop: Workshop) -> int:
    """Put the legal-hold flag on objects of accounts under a records hold, and take it off others.

    What is to be done follows from the rows each time, so it may end anywhere and be done again.
    An order says that it is under a hold only after every object of it is, and no longer before
    any object is not: a reading back in between must not take it for a fault of the store.
    Returns how many objects changed.
    """
    if not shop.store.locked:
        return 0
    with shop.desk.database.reading() as connection:
        differing = store.read_unshown(connection)
    changed = 0
    for (order_id, wanted), found in groupby(differing, key=lambda one: (one[0].order_id, one[1])):
        listed = [one for one, _ in found]
        changed += _flags(shop, order_id, listed, on=wanted)
    with shop.desk.database.writing() as connection:
        store.note_flagged(connection)
    return changed


def _flags(shop: Workshop, order_id: str, found: Sequence[StoredObject], *, on: bool) -> int:
    """Put the flag on objects of one bundle, or take it off; return how many changed."""
    if not on:
        with shop.desk.database.writing() as connection:
            if not store.drop_flag(connection, order_id):
                # Another hold was set since: the flag stays.
                return 0
        shop.passed("flag dropped")

    def done(connection: Connection) -> None:
        order = store.read_order(connection, order_id)
        act = "flagged" if on else "unflagged"
        fields: dict[str, JsonValue] = {"objects_changed": len(found)}
        _append(shop, connection, custody(order, act, WORKER, fields))

    for one in found:
        assert one.version_id is not None  # noqa: S101  (it has a lock mode)
        shop.store.set_legal_hold(one.key, one.version_id, on)
        shop.passed("flag sent")
        _note(shop, one, done if one is found[-1] else None)
        shop.passed("flag noted")
    return len(found)


def _append(shop: Workshop, connection: Connection, draft: RecordDraft) -> None:
    now = shop.desk.clock.now()
    append(connection, [draft], station=shop.desk.station, now=now, ids=shop.desk.ids)


def _stored(shop: Workshop, acct: str) -> list[Order]:
    if not shop.store.locked:
        return []
    with shop.desk.database.reading() as connection:
        found = store.read_orders(connection, acct=acct)
    return [order for order in found if order.state in _STORED]


def _objects(shop: Workshop, order: Order) -> list[StoredObject]:
    with shop.desk.database.reading() as connection:
        found = store.read_objects(connection, order.id)
    return [one for one in found if one.version_id is not None]


def _note(
    shop: Workshop, one: StoredObject, done: Callable[[Connection], None] | None = None
) -> None:
    """Note what the store says of an object now.

    ``done`` tells of the whole bundle, with its last object: after a kill that object differs
    still, so what was done to a bundle is told once it is done and cannot be left out.
    """
    assert one.version_id is not None  # noqa: S101  (see _objects)
    held = shop.store.head(one.key, one.version_id)
    noted = StoredObject(
        order_id=one.order_id,
        file=one.file,
        key=one.key,
        size=one.size,
        sha256=one.sha256,
        path=one.path,
        retain_until=held.retain_until,
        mode=held.mode,
        legal_hold=held.legal_hold,
    )
    with shop.desk.database.writing() as connection:
        store.record_held(connection, noted)
        if done is not None:
            done(connection)
