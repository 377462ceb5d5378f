"""A station with stored bundles, on a real S3 server, with a real authority."""

from datetime import timedelta

import pytest

from archive.seal import LogKey, Seal
from archive.stores.base import BundleStore
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind
from stationd.bundles.work import Retention, Workshop, run
from stationd.ledger.service import LedgerTree
from stationd.renewals.service import Renewing
from tests.stationd.bundles.conftest import ORIGIN, desk, manager

__all__ = ["desk", "manager"]


@pytest.fixture
def bundle(desk, keys, authority, tmp_path, manager):
    """Return what makes a bundle and puts it into a store."""
    log_key = LogKey.load(keys.log_key)

    def bundle(store: BundleStore) -> str:
        (tmp_path / "sealed").mkdir(exist_ok=True)
        shop = Workshop(
            desk=desk,
            store=store,
            authority=authority,
            seal=Seal.load(keys.seal_key, keys.seal, keys.root),
            log_public_pem=log_key.public_pem,
            origin=ORIGIN,
            sealed=tmp_path / "sealed",
            holder="node-1",
        )
        order = bundles.order(desk, "1234", Kind.ON_REQUEST, manager)
        kept = Retention(closing=timedelta(days=3650), other=timedelta(days=730))
        run(shop, order, LedgerTree.load(desk), log_key=log_key, retention=kept)
        return order

    return bundle


@pytest.fixture
def renewing_of(desk, authority):
    def renewing_of(store: BundleStore, **more) -> Renewing:
        given = {
            "desk": desk,
            "authorities": [authority],
            "store": store,
            "every": timedelta(days=365),
            "retention": timedelta(days=3650),
            "holder": "node-1",
        }
        return Renewing(**(given | more))

    return renewing_of
