from collections.abc import Callable
from datetime import timedelta

import pytest

from archive.seal import LogKey
from archive.stores.base import BundleStore
from archive.stores.s3 import S3Store
from stationd.bundles import service
from stationd.bundles.model import Kind
from stationd.bundles.upkeep import extend_locks, show_holds
from stationd.bundles.work import Retention, Workshop, run
from stationd.desk import Desk
from stationd.holds.model import HoldKind
from stationd.holds.service import lift_hold, set_hold
from stationd.ledger.service import LedgerTree
from stationd.staff.model import Person

pytestmark = pytest.mark.system

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


@pytest.fixture
def locked(
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    s3_store: S3Store,
    shop_of: Callable[[BundleStore], Workshop],
) -> Workshop:
    """A workshop with one bundle in a real archive."""
    made = shop_of(s3_store)
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    run(made, order_id, tree, log_key=log_key, retention=RETENTION)
    return made


def test_locks_are_extended_once_and_never_shortened(desk: Desk, locked: Workshop) -> None:
    (order,) = service.orders(desk)
    assert order.retain_until is not None
    later = order.retain_until + timedelta(days=100)
    assert extend_locks(locked, "1234", later) == 4
    assert {one.retain_until for one in service.objects(desk, order.id)} == {later}
    assert service.orders(desk)[0].retain_until == later
    assert extend_locks(locked, "1234", later) == 0
    assert extend_locks(locked, "1234", order.retain_until) == 0
    assert extend_locks(locked, "9", later) == 0


def test_a_records_hold_shows_on_every_object_until_it_is_lifted(
    desk: Desk, manager: Person, locked: Workshop
) -> None:
    (order,) = service.orders(desk)
    assert show_holds(locked) == 0
    hold = set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    assert show_holds(locked) == 4
    stored = service.objects(desk, order.id)
    assert all(one.legal_hold for one in stored)
    first = stored[0]
    assert first.version_id is not None
    assert locked.store.head(first.key, first.version_id).legal_hold
    lift_hold(desk, hold.id, by=manager)
    assert show_holds(locked) == 4
    assert not locked.store.head(first.key, first.version_id).legal_hold


def test_a_folder_has_no_locks_to_look_after(shop: Workshop, desk: Desk, manager: Person) -> None:
    set_hold(desk, "1234", HoldKind.RECORDS, "subpoena", by=manager)
    assert show_holds(shop) == 0
