"""What may go, asked in the caller's transaction: once to list it, and again whenever some goes."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from stationd.bundles import store as bundles
from stationd.bundles.model import Kind, Order, OrderState, StoredObject
from stationd.db.engine import Connection
from stationd.purges.listing import Candidate, item_of
from stationd.purges.model import FRESH, Item, Purge, PurgeState
from stationd.retention import store as retention
from stationd.retention.model import DataClass
from stationd.retention.plan import OF_ACCOUNTS, Planned, plan_account
from stationd.tombstones.model import Extent
from stationd.tombstones.store import read_extents

__all__ = ["candidate", "changes", "files_left", "planned", "refusal", "stale"]

_FINAL = (OrderState.VERIFIED, OrderState.FAILED, OrderState.PURGED)


def planned(connection: Connection, acct: str, now: datetime) -> list[Planned]:
    """Return the plan of one account as of now."""
    overrides = retention.read_overrides(connection)
    return plan_account(retention.read_facts(connection, acct), overrides, now)


def candidate(connection: Connection, row: Planned) -> Candidate | str:
    """Return what an item is about, or why it cannot be listed."""
    orders = bundles.read_orders(connection, acct=row.acct)
    if row.data_class is DataClass.BUNDLES:
        return _bundles(connection, row, orders)
    extents = read_extents(connection, row.acct)
    covers: dict[str, Order] = {}
    wanted = extents if row.data_class is DataClass.RECORDS else extents[:1]
    for extent in wanted:
        found = _cover(orders, extent, closing=row.data_class is DataClass.CASES)
        if found is None:
            return _uncovered(row, extent)
        covers[found.id] = found
    if row.data_class is DataClass.CASES:
        return Candidate(planned=row, covers=tuple(covers.values()))
    return Candidate(planned=row, extents=extents, covers=tuple(covers.values()))


def _bundles(connection: Connection, row: Planned, orders: Sequence[Order]) -> Candidate | str:
    working = [order for order in orders if order.state not in _FINAL]
    if working:
        return f"bundle {working[0].name or working[0].id} is {working[0].state}, not verified"
    with_files = [(order, files) for order in orders if (files := files_left(connection, order.id))]
    return Candidate(
        planned=row, bundles=sorted(with_files, key=lambda it: (it[0].ordered_at, it[0].id))
    )


def files_left(connection: Connection, order_id: str) -> list[StoredObject]:
    """Return the files of a bundle that are there still."""
    return [one for one in bundles.read_objects(connection, order_id) if one.gone_at is None]


def _cover(orders: Sequence[Order], extent: Extent, *, closing: bool) -> Order | None:
    """Return the bundle that holds an epoch whole: the closing one, else the first made."""
    fitting = [
        order
        for order in orders
        if order.state is OrderState.VERIFIED
        # A redacted copy holds only what was not withheld.
        and order.source_id is None
        and (order.kind is Kind.CLOSING or not closing)
        and order.epoch == extent.epoch
        and (order.records or 0) >= extent.size
    ]
    return min(
        fitting,
        key=lambda order: (order.kind is not Kind.CLOSING, order.ordered_at, order.id),
        default=None,
    )


def _uncovered(row: Planned, extent: Extent) -> str:
    what = "closing bundle" if row.data_class is DataClass.CASES else "bundle"
    return (
        f"no verified {what} holds epoch {extent.epoch} up to record {extent.size}; order one "
        f"first (`export make {row.acct} --epoch {extent.epoch}`)"
    )


# --- Before anything goes ---


def refusal(connection: Connection, purge: Purge, item: Item, now: datetime) -> str | None:
    """Return why nothing of an item may go now; None: it may, as far as rows can tell."""
    if purge.state is not PurgeState.APPROVED or purge.due_at is None or purge.due_at > now:
        return f"the purge is {purge.state} and not due"
    rows = planned(connection, item.acct, now)
    mine = next((row for row in rows if row.data_class is item.data_class), None)
    if mine is None:
        # Nothing of it is left, so there is nothing that anything could hold.
        return None
    if mine.held_by:
        return "; ".join(mine.held_by)
    if mine.due_at > now:
        return f"it is kept until {mine.due_at:%Y-%m-%d}, by {mine.rule.source}"
    before = OF_ACCOUNTS[: OF_ACCOUNTS.index(item.data_class)]
    first = [row.data_class.value for row in rows if row.data_class in before]
    if first:
        return f"its {first[0]} are still there and go first"
    return _changed(connection, purge, item)


def _changed(connection: Connection, purge: Purge, item: Item) -> str | None:
    """Return what is not any more as the list says that two persons saw; None: nothing."""
    listed = item_of(purge.listed, item.acct, item.data_class.value)
    if item.data_class is DataClass.BUNDLES:
        return _new_bundle(connection, item.acct, {one["order"] for one in listed["bundles"]})
    for one in listed["kept_in"]:
        order = bundles.read_order(connection, one["order"])
        if order.state is not OrderState.VERIFIED:
            return f"bundle {order.name} that holds it is {order.state}, not verified: {order.why}"
    if "epochs" not in listed:
        return None
    had = [(one["epoch"], one["records"], one["head"]) for one in listed["epochs"]]
    has = [(it.epoch, it.size, it.head.hex()) for it in read_extents(connection, item.acct)]
    return None if had == has else "records have come since it was listed"


_OVER = (OrderState.FAILED, OrderState.PURGED)


def _new_bundle(connection: Connection, acct: str, known: Collection[str]) -> str | None:
    for order in bundles.read_orders(connection, acct=acct):
        if order.id not in known and order.state not in _OVER:
            return f"bundle {order.id} was ordered since it was listed"
    return None


def stale(connection: Connection, purge: Purge, item: Item, now: datetime) -> list[str]:
    """Return the bundles that must be read back before anything of an item goes."""
    listed = item_of(purge.listed, item.acct, item.data_class.value)
    since = now - timedelta(seconds=FRESH)
    found: list[str] = []
    for one in listed.get("kept_in", []):
        order = bundles.read_order(connection, one["order"])
        verified = order.state is OrderState.VERIFIED
        if verified and (order.verified_at is None or order.verified_at < since):
            found.append(order.id)
    return found


def changes(before: str, after: str) -> str:
    """Return the first item in which two lists differ, for people."""
    old = {(one["acct"], one["class"]): one for one in json.loads(before)["items"]}
    new = {(one["acct"], one["class"]): one for one in json.loads(after)["items"]}
    return next(
        f"{acct} {name}" for (acct, name) in old if new.get((acct, name)) != old[acct, name]
    )
