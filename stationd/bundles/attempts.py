"""One attempt at an order or at looking after it, and what is noted when it does not succeed.

What stands in the way is written into the order's row, so that `case show` and `export` tell it,
and the lease is given back with a time for the next try, later after each failure.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from archive.errors import ArchiveError, BundleRejectedError, ObjectDiffersError
from stationd.bundles import store
from stationd.bundles.horizon import reverify_at
from stationd.bundles.model import Order, OrderState
from stationd.bundles.service import custody, replace_order
from stationd.bundles.work import LostError, Workshop, produce, read_back
from stationd.db.engine import Connection, storable
from stationd.desk import Desk
from stationd.errors import StationdError
from stationd.ledger.store import append
from stationd.logs import note
from stationd.schedule.checks import Check, read_check, record_check
from stationd.staff.model import WORKER

__all__ = [
    "LEASE",
    "attempt",
    "backoff",
    "incident",
    "note_trouble",
    "reverify",
    "sentence",
    "take_order",
]

LEASE = timedelta(seconds=120)

_log = logging.getLogger("stationd.worker")

_FIRST_WAIT = timedelta(seconds=2)
_LONGEST_WAIT = timedelta(minutes=10)


def backoff(tries: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return min(_FIRST_WAIT * (1 << min(tries, 20)), _LONGEST_WAIT)


def take_order(desk: Desk, order_id: str, holder: str) -> bool:
    """Take an order's lease; tell whether it is ours now."""
    with desk.database.writing() as connection:
        return store.take(connection, order_id, holder, now=desk.clock.now(), length=LEASE)


def attempt(shop: Workshop, order_id: str) -> Order:
    """Bring a prepared order as far as it goes, and note what stops it."""
    return _noting(shop.desk, order_id, lambda: produce(shop, order_id))


def reverify(shop: Workshop, order_id: str) -> Order:
    """Read a verified bundle back anew, by version id, and note when; or what is wrong."""
    return _noting(shop.desk, order_id, lambda: _reverify(shop, order_id))


def _reverify(shop: Workshop, order_id: str) -> None:
    with shop.desk.database.reading() as connection:
        order = store.read_order(connection, order_id)
    try:
        read_back(shop, order)
    except (ObjectDiffersError, BundleRejectedError) as error:
        incident(shop.desk, order, str(error))
        raise
    with shop.desk.database.writing() as connection:
        now = shop.desk.clock.now()
        again = reverify_at(order_id, now)
        store.update_order(connection, order_id, verified_at=now, reverify_at=again)
        draft = custody(order, "reverified", WORKER)
        append(connection, [draft], station=shop.desk.station, now=now, ids=shop.desk.ids)


def incident(desk: Desk, order: Order, why: str) -> None:
    """Take back that a bundle is verified: what lies in the archive is not what was put there."""
    with desk.database.writing() as connection:
        if store.read_order(connection, order.id).state is not OrderState.VERIFIED:
            return
        store.update_order(connection, order.id, state=OrderState.STORED.value, why=why)
        now = desk.clock.now()
        draft = custody(order, "incident", WORKER)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
        alarm = Check(name=_alarm(order.id), outcome="failed", detail=why, at=now)
        record_check(connection, alarm)
    note(_log.error, "incident", order=order.id, acct=order.acct, why=why)


def _alarm(order_id: str) -> str:
    return f"bundle {order_id}"


def _end_alarm(connection: Connection, order_id: str, now: datetime) -> None:
    """Note that a bundle with an incident was verified again."""
    found = read_check(connection, _alarm(order_id))
    if found is not None and found.outcome != "passed":
        record_check(connection, replace(found, outcome="passed", detail="verified again", at=now))


def _noting(desk: Desk, order_id: str, act: Callable[[], object]) -> Order:
    try:
        act()
    except LostError as error:
        replace_order(desk, order_id, WORKER, why=str(error))
    except (ArchiveError, StationdError, OSError) as error:
        note_trouble(desk, order_id, error)
    else:
        with desk.database.writing() as connection:
            store.release(connection, order_id, retry_at=desk.clock.now(), why="")
            _end_alarm(connection, order_id, desk.clock.now())
    with desk.database.reading() as connection:
        return store.read_order(connection, order_id)


def note_trouble(desk: Desk, order_id: str, error: Exception) -> None:
    """Give an order's lease back with what went wrong, for a later try."""
    with desk.database.writing() as connection:
        order = store.read_order(connection, order_id)
        retry_at = desk.clock.now() + backoff(order.tries)
        store.release(connection, order_id, retry_at=retry_at, why=sentence(error))


def sentence(error: Exception) -> str:
    """Return what an exception says, in one line of bounded length."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'the disk'}: {error.strerror}"
    text = " ".join(storable(str(error)).split()) or type(error).__name__
    return text[:1000]
