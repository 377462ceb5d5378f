from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from stationd.bundles import service, store
from stationd.bundles.model import Kind, Order, StoredObject
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.staff.model import Person

pytestmark = pytest.mark.both_databases

MINUTE = timedelta(minutes=1)


@pytest.fixture
def order(desk: Desk, manager: Person) -> Order:
    return service.read(desk, service.order(desk, "1234", Kind.ON_REQUEST, manager))


@pytest.fixture
def connection(desk: Desk, order: Order) -> Iterator[Connection]:
    with desk.database.writing() as opened:
        yield opened


def ids(found: list[Order]) -> list[str]:
    return [one.id for one in found]


def test_an_order_waits_from_its_first_moment(connection: Connection, order: Order) -> None:
    assert ids(store.read_waiting(connection, order.retry_at)) == [order.id]
    assert store.read_waiting(connection, order.retry_at - MINUTE) == []


@pytest.mark.parametrize("state", ["verified", "failed"])
def test_what_is_over_does_not_wait(connection: Connection, order: Order, state: str) -> None:
    store.update_order(connection, order.id, state=state)
    assert store.read_waiting(connection, order.retry_at) == []


def test_a_lease_keeps_others_away_until_it_runs_out(connection: Connection, order: Order) -> None:
    now = order.retry_at
    assert store.take(connection, order.id, "n1", now=now, length=MINUTE)
    assert not store.take(connection, order.id, "n2", now=now, length=MINUTE)
    assert store.take(connection, order.id, "n1", now=now, length=MINUTE)
    assert store.read_waiting(connection, now) == []
    store.extend_lease(connection, order.id, "n1", now + 2 * MINUTE)
    store.extend_lease(connection, order.id, "n2", now + 9 * MINUTE)
    assert store.read_waiting(connection, now + 2 * MINUTE) == []
    after = now + 2 * MINUTE + timedelta(seconds=1)
    assert ids(store.read_waiting(connection, after)) == [order.id]
    assert store.take(connection, order.id, "n2", now=after, length=MINUTE)


def test_trouble_is_counted_until_it_is_over(connection: Connection, order: Order) -> None:
    now = order.retry_at
    for _ in range(2):
        store.release(connection, order.id, retry_at=now + MINUTE, why="S3 is away")
    kept = store.read_order(connection, order.id)
    assert (kept.tries, kept.why, kept.retry_at) == (2, "S3 is away", now + MINUTE)
    store.release(connection, order.id, retry_at=now, why="")
    assert store.read_order(connection, order.id).tries == 0


def test_what_a_holder_left_behind_is_its_own_at_once(connection: Connection, order: Order) -> None:
    now = order.retry_at
    store.take(connection, order.id, "n1", now=now, length=MINUTE)
    assert ids(store.read_waiting(connection, now, "n1")) == [order.id]
    assert store.read_waiting(connection, now, "n2") == []


def stale(connection: Connection, now: datetime, before: datetime, **more: Any) -> str | None:
    found = store.find_stale(connection, before=before, now=now, **{"rest": before, **more})
    return found and found.id


def test_a_verified_bundle_gets_stale(connection: Connection, order: Order) -> None:
    now = order.retry_at
    store.update_order(connection, order.id, state="verified", verified_at=now)
    later = now + MINUTE
    assert stale(connection, now, later, rest=now) is None
    assert stale(connection, now, later) == order.id
    store.take(connection, order.id, "n1", now=now, length=MINUTE)
    assert stale(connection, now, later) is None
    assert stale(connection, now, later, holder="n1") == order.id


def test_bundles_of_open_cases_get_stale_sooner(connection: Connection, order: Order) -> None:
    now = order.retry_at
    store.update_order(connection, order.id, state="verified", verified_at=now, case_id="c")
    connection.exec_driver_sql(
        "INSERT INTO cases (id, acct, contract_id, reason, state, version, overdue, opened_at, "
        "opened_by) VALUES ('c', '1234', 'k1', 'nonpayment', 'noticed', 1, FALSE, '2026', 'm')"
    )
    assert stale(connection, now, now + MINUTE, rest=now) == order.id
    connection.exec_driver_sql("UPDATE cases SET closed_at = '2026'")
    assert stale(connection, now, now + MINUTE, rest=now) is None


def test_of_two_stale_bundles_the_one_that_waited_longer_is_found(
    connection: Connection, order: Order
) -> None:
    now = order.retry_at
    store.update_order(connection, order.id, state="verified", verified_at=now)
    older = replace(order, id="older")
    store.record_order(connection, older)
    store.update_order(connection, older.id, state="verified", verified_at=now - MINUTE)
    assert stale(connection, now, now + MINUTE) == older.id


def test_what_is_told_of_a_file_is_kept(connection: Connection, order: Order) -> None:
    one = StoredObject(order_id=order.id, file="b", key="k/b", size=3, sha256="aa", path="/b")
    store.record_objects(connection, [])
    store.record_objects(connection, [one])
    assert store.read_objects(connection, order.id) == [one]
    held = StoredObject(
        order_id=order.id,
        file="b",
        key="k/b",
        size=3,
        sha256="aa",
        path="/b",
        version_id="v1",
        retain_until=order.retry_at,
        mode="COMPLIANCE",
        legal_hold=True,
        verified_at=order.retry_at,
    )
    store.record_version(connection, order.id, "b", "v1")
    store.record_held(connection, held)
    store.record_read_back(connection, order.id, "b", order.retry_at)
    assert store.read_objects(connection, order.id) == [held]
