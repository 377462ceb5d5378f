"""Looking after stored bundles: locks that must last longer, holds that must show on objects."""

from datetime import datetime

from stationd.bundles import store
from stationd.bundles.model import Order, OrderState, StoredObject
from stationd.bundles.service import custody
from stationd.bundles.work import Workshop
from stationd.ledger.store import append
from stationd.staff.model import WORKER

__all__ = ["extend_locks", "show_holds"]

_STORED = (OrderState.STORED, OrderState.VERIFIED)


def extend_locks(shop: Workshop, acct: str, until: datetime) -> int:
    """Lock every stored object of an account at least until ``until``; return how many changed.

    A lock is never shortened, so what lasts longer stays as it is.
    """
    changed = 0
    for order in _stored(shop, acct):
        short = [one for one in _objects(shop, order) if _ends_before(one, until)]
        for one in short:
            assert one.version_id is not None  # noqa: S101  (see _objects)
            shop.store.extend(one.key, one.version_id, until)
            _note(shop, one)
        if short:
            with shop.desk.database.writing() as connection:
                store.update_order(connection, order.id, retain_until=until)
                draft = custody(order, "lock_extended", WORKER)
                now = shop.desk.clock.now()
                append(connection, [draft], station=shop.desk.station, now=now, ids=shop.desk.ids)
        changed += len(short)
    return changed


def _ends_before(one: StoredObject, until: datetime) -> bool:
    return one.retain_until is None or one.retain_until < until


def show_holds(shop: Workshop) -> int:
    """Put the legal-hold flag on objects of accounts under a records hold, and take it off others.

    Returns how many objects changed.
    """
    if not shop.store.locked:
        return 0
    with shop.desk.database.reading() as connection:
        differing = store.read_unshown(connection)
    for one in differing:
        assert one.version_id is not None  # noqa: S101  (it has a lock mode)
        wanted = not one.legal_hold
        shop.store.set_legal_hold(one.key, one.version_id, wanted)
        _note(shop, one)
        with shop.desk.database.writing() as connection:
            store.update_order(connection, one.order_id, legal_hold=wanted)
    return len(differing)


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


def _note(shop: Workshop, one: StoredObject) -> None:
    """Note what the store says of an object now."""
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
