"""The worker's part of a purge: bounded steps, each of which may be the last before a kill.

1. *Read back*: the bundles that hold what goes are fetched and verified within the hour before.
2. *Take*: in one transaction, which no hold can come into, everything that may forbid it is asked
   again, one batch goes, and what has gone is noted.  After a kill the batch is gone and noted, or
   neither.
3. *Remove* (bundles): a file is noted as going, asked for all that forbids it in the same
   transaction, removed by version id, and noted as gone.  After a kill the archive is asked
   whether it is there.
4. *Certify*: when every item is done or refused, once.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from archive.canonical import JsonValue, encode
from archive.errors import ObjectDiffersError, StoreRefusedError, StoreUnavailableError
from stationd.accounts.model import RecordState
from stationd.accounts.store import record_state
from stationd.bundles import store as bundles
from stationd.bundles.attempts import reverify, take_order
from stationd.bundles.model import OrderState, StoredObject
from stationd.bundles.work import Workshop
from stationd.cases.chronicle import append_gathered
from stationd.cases.service import step_within
from stationd.cases.states import Event, State
from stationd.cases.store import read_cases
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.ledger.model import STATION, Origin, RecordDraft, RecordType
from stationd.ledger.store import append, store_document
from stationd.purges import store
from stationd.purges.candidates import files_left, refusal, stale
from stationd.purges.certificate import certificate, words
from stationd.purges.listing import item_of
from stationd.purges.model import Item, ItemState, Purge, PurgeState
from stationd.retention.model import DataClass
from stationd.staff.model import WORKER
from stationd.tombstones.model import Taken
from stationd.tombstones.store import overwrite, take_cases, take_records

__all__ = ["BATCH", "RETRY", "work"]

BATCH = 500
"""Records that go in one transaction: few enough not to keep the follower waiting."""

RETRY = timedelta(minutes=1)
"""How long a purge rests after a trouble."""

_STEPS = 40


def work(shop: Workshop) -> int:
    """Go on with the purge that is due, for a bounded number of steps; return how many it took."""
    for taken in range(_STEPS):
        with shop.desk.database.reading() as connection:
            purge = store.find_due(connection, shop.desk.clock.now())
        if purge is None:
            return taken
        _step(shop, purge)
    return _STEPS


def _step(shop: Workshop, purge: Purge) -> None:
    now = shop.desk.clock.now()
    with shop.desk.database.reading() as connection:
        item = store.read_next_item(connection, purge.id)
        old = [] if item is None else stale(connection, purge, item, now)
    if item is None:
        _certify(shop, purge)
    elif old:
        _read_back(shop, purge, old[0])
    elif item.data_class is DataClass.BUNDLES:
        try:
            _remove(shop, purge, item)
        except StoreUnavailableError as error:
            _rest(shop, purge, str(error))
    else:
        _take(shop, purge)


# --- 1: read back ---


def _read_back(shop: Workshop, purge: Purge, order_id: str) -> None:
    """Read a bundle back; where the archive cannot be reached, the purge rests."""
    if not take_order(shop.desk, order_id, shop.holder):
        _rest(shop, purge, "another worker has the lease of a bundle that must be read back")
        return
    began = shop.desk.clock.now()
    order = reverify(shop, order_id)
    shop.passed("read back")
    verified = order.verified_at is not None and order.verified_at >= began
    if order.state is OrderState.VERIFIED and not verified:
        _rest(shop, purge, order.why)


def _rest(shop: Workshop, purge: Purge, why: str) -> None:
    with shop.desk.database.writing() as connection:
        retry_at = shop.desk.clock.now() + RETRY
        store.update_purge(connection, purge.id, retry_at=retry_at, why=why[:1000])


# --- 2: take ---


def _take(shop: Workshop, purge: Purge) -> None:
    """Take one batch of rows, once everything that may forbid it was asked in its transaction."""
    desk = shop.desk
    with desk.database.writing() as connection:
        overwrite(connection)
        item = _begun(desk, connection, purge.id)
        if item is None:
            return
        taken = _TAKE[item.data_class](desk, connection, item)
        store.update_item(connection, item, counts=taken.counts, cursor=taken.cursor)
        shop.passed("taking")
        if taken.over:
            _end(desk, connection, purge.id, ItemState.DONE)
    shop.passed("taken")


def _begun(desk: Desk, connection: Connection, purge_id: str) -> Item | None:
    """Return the item to go on with, which is running now; None: nothing of it may go.

    It and its purge are read in this transaction: what was read before may be another worker's.
    """
    now = desk.clock.now()
    purge = store.read_purge(connection, purge_id)
    item = store.read_next_item(connection, purge_id)
    if item is None or stale(connection, purge, item, now):
        return None
    why = refusal(connection, purge, item, now)
    if why is not None:
        _end(desk, connection, purge_id, ItemState.REFUSED, why)
        return None
    if item.state is ItemState.LISTED:
        store.update_item(connection, item, state=ItemState.RUNNING.value, began_at=now)
        store.update_purge(connection, purge_id, retry_at=None, why="")
    return item


def _records(desk: Desk, connection: Connection, item: Item) -> Taken:
    taken = take_records(
        connection,
        item.acct,
        purge_id=item.purge_id,
        after=item.cursor,
        most=BATCH,
        now=desk.clock.now(),
    )
    if taken.over:
        record_state(connection, item.acct, RecordState.PURGED)
        for case in read_cases(connection, acct=item.acct):
            if case.state == State.CLOSED:
                append_gathered(step_within(connection, desk, case.id, Event.PURGE, WORKER))
    return taken


def _cases(desk: Desk, connection: Connection, item: Item) -> Taken:
    now = desk.clock.now()
    taken = take_cases(connection, item.acct, purge_id=item.purge_id, most=BATCH, now=now)
    if taken.over:
        # What was frozen for bundles has the facts of cases in it, word for word.
        bundles.forget_facts(connection, item.acct)
    return taken


_TAKE: Mapping[DataClass, Callable[[Desk, Connection, Item], Taken]] = MappingProxyType(
    {DataClass.RECORDS: _records, DataClass.CASES: _cases}
)


def _end(
    desk: Desk, connection: Connection, purge_id: str, state: ItemState, why: str = ""
) -> None:
    """End the item that is next, with a custody record that says what has gone."""
    item = store.read_next_item(connection, purge_id)
    assert item is not None  # noqa: S101  (the caller has it)
    now = desk.clock.now()
    store.update_item(connection, item, state=state.value, why=why, ended_at=now)
    purge = store.read_purge(connection, purge_id)
    listed = item_of(purge.listed, item.acct, item.data_class.value)
    epochs = [one["epoch"] for one in listed.get("epochs", [])]
    fields: dict[str, JsonValue] = {
        "by": WORKER.login,
        "class": item.data_class.value,
        "destroyed": dict(item.counts),
        "kind": "purged" if state is ItemState.DONE else "purge_refused",
        "list_sha256": purge.list_sha256,
        "of": {"acct": item.acct, "epoch": max(epochs, default=1)},
        "purge": purge_id,
    }
    draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.MACHINE, fields)
    append(connection, [draft], station=desk.station, now=now, ids=desk.ids)


# --- 3: remove ---


def _remove(shop: Workshop, purge: Purge, item: Item) -> None:
    """Remove one file of the bundles that an item lists."""
    desk = shop.desk
    _settle(shop, purge, item)
    with desk.database.writing() as connection:
        overwrite(connection)
        begun = _begun(desk, connection, purge.id)
        if begun is None:
            return
        one = _next_file(connection, purge, begun)
        if one is None:
            bundles.forget_facts(connection, item.acct)
            _end(desk, connection, purge.id, ItemState.DONE)
            return
        bundles.record_going(connection, one, desk.clock.now())
    shop.passed("going")
    try:
        counts = _removed(shop, one)
    except StoreRefusedError as error:
        with desk.database.writing() as connection:
            _end(desk, connection, purge.id, ItemState.REFUSED, str(error))
        return
    _note_gone(shop, purge, one, counts)


def _next_file(connection: Connection, purge: Purge, item: Item) -> StoredObject | None:
    listed = item_of(purge.listed, item.acct, item.data_class.value)
    for bundle in listed["bundles"]:
        left = files_left(connection, bundle["order"])
        if left:
            return left[0]
    return None


def _removed(shop: Workshop, one: StoredObject) -> dict[str, int]:
    """Remove a file from the archive and its sealed copy from the disk; return what went."""
    counts = {"objects": 0}
    if one.version_id is not None:
        gone = shop.store.remove(one.key, one.version_id, now=shop.desk.clock.now())
        counts = {
            "objects": 1,
            "delete_markers": gone.markers,
            "other_versions": len(gone.others),
        }
    shop.passed("removed")
    path = Path(one.path)
    path.unlink(missing_ok=True)
    # The folder goes with its last file.
    with suppress(OSError):
        path.parent.rmdir()
    return counts


def _note_gone(shop: Workshop, purge: Purge, one: StoredObject, counts: dict[str, int]) -> None:
    with shop.desk.database.writing() as connection:
        item = store.read_next_item(connection, purge.id)
        if bundles.record_gone(connection, one, shop.desk.clock.now()) and item is not None:
            store.update_item(connection, item, counts=counts)
    shop.passed("gone")


def _settle(shop: Workshop, purge: Purge, item: Item) -> None:
    """Note files as gone that were removed before a kill, whatever forbids going on by now."""
    with shop.desk.database.reading() as connection:
        going = bundles.read_going(connection, item.acct)
    for one in going:
        try:
            if one.version_id is not None:
                shop.store.head(one.key, one.version_id)
                continue
        except ObjectDiffersError:
            _note_gone(shop, purge, one, _removed(shop, one))


# --- 4: certify ---


def _certify(shop: Workshop, purge: Purge) -> None:
    """Write the certificate and end the purge, once; its hashes are a record."""
    desk = shop.desk
    emptied = desk.database.empty_log()
    with desk.database.writing() as connection:
        now = desk.clock.now()
        purge = store.read_purge(connection, purge.id)
        if purge.state is not PurgeState.APPROVED:
            return
        value = certificate(
            purge,
            store.read_items(connection, purge.id),
            station=desk.station,
            now=now,
            remains=_remains(connection, emptied=emptied),
        )
        contents = {"json": encode(value), "txt": words(json.loads(encode(value))).encode()}
        docs = {
            suffix: store_document(
                connection,
                content=content,
                media_type="application/json" if suffix == "json" else "text/plain",
                name=f"purge-certificate.{suffix}",
                compartment="internal",
                now=now,
                ids=desk.ids,
            )
            for suffix, content in contents.items()
        }
        store.update_purge(
            connection,
            purge.id,
            state=PurgeState.ENDED.value,
            ended_at=now,
            certificate=docs["json"],
            certificate_text=docs["txt"],
        )
        fields: dict[str, JsonValue] = {
            "by": WORKER.login,
            "doc": docs["json"].hex(),
            "kind": "purge_certificate",
            "purge": purge.id,
            "sha256": sha256(contents["json"]).hexdigest(),
            "text": {
                "doc": docs["txt"].hex(),
                "sha256": sha256(contents["txt"]).hexdigest(),
            },
        }
        draft = RecordDraft(STATION, RecordType.CUSTODY, Origin.MACHINE, fields)
        append(connection, [draft], station=desk.station, now=now, ids=desk.ids)
    shop.passed("certified")


def _remains(connection: Connection, *, emptied: bool) -> str:
    if connection.dialect.name != "sqlite":
        return (
            "In the database: PostgreSQL keeps old versions of rows until VACUUM has passed, and "
            "its write-ahead log and backups for as long as they are kept."
        )
    log = (
        "the write-ahead log was emptied afterwards"
        if emptied
        else "the write-ahead log was not emptied, since somebody was reading"
    )
    return (
        "In the database: SQLite overwrote with zeros what was taken out of its rows, and "
        f"{log}. Copies that pages moved before may have left in unused parts of the file go "
        "when it is rewritten (`stationctl retention compact`)."
    )
