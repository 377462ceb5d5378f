from collections.abc import Callable
from datetime import timedelta

from archive.seal import LogKey
from archive.stores.base import BundleStore
from archive.stores.s3 import S3Store
from stationd.bundles import service
from stationd.bundles.model import Kind, OrderState
from stationd.bundles.work import Retention, Workshop, run
from stationd.desk import Desk
from stationd.ledger.service import LedgerTree
from stationd.staff.model import Person

RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


def test_an_order_becomes_a_locked_bundle_that_was_read_back(
    desk: Desk,
    manager: Person,
    tree: LedgerTree,
    log_key: LogKey,
    s3_store: S3Store,
    shop_of: Callable[[BundleStore], Workshop],
) -> None:
    order_id = service.order(desk, "1234", Kind.ON_REQUEST, manager)
    done = run(shop_of(s3_store), order_id, tree, log_key=log_key, retention=RETENTION)
    assert done.state is OrderState.VERIFIED
    for o in service.objects(desk, order_id): print(o)
    print(done)
