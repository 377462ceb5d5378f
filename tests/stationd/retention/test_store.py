"""The SQL of retention."""

from datetime import UTC, datetime

import pytest

from stationd.bundles import service as bundles
from stationd.bundles import store as bundle_store
from stationd.bundles.model import Kind, StoredObject
from stationd.retention import store
from stationd.retention.model import DataClass, Override, Rule

pytestmark = pytest.mark.both_databases

LATE = datetime(2036, 1, 1, tzinfo=UTC)


def test_an_override_is_read_back_as_it_was_set(street):
    rule = Rule(data_class=DataClass.BUNDLES, months=150, source="law", author="maria")
    now = street.clock.now()
    one = Override(id="r", rule=rule, jurisdiction="CO", dealer_id="d", set_at=now)
    with street.database.writing() as connection:
        store.record_override(connection, one)
        assert store.read_overrides(connection) == [one]


def test_the_latest_lock_of_all_objects_counts(street, manager):
    order_id = bundles.order(street, "1", Kind.ON_REQUEST, manager)
    days = {"a": datetime(2030, 1, 1, tzinfo=UTC), "b": LATE, "c": None}
    with street.database.writing() as connection:
        for file, until in days.items():
            one = StoredObject(
                order_id=order_id,
                file=file,
                key=file,
                size=1,
                sha256="0" * 64,
                path="/",
                retain_until=until,
                mode="COMPLIANCE",
            )
            bundle_store.record_objects(connection, [one])
            bundle_store.record_held(connection, one)
        assert store.read_facts(connection, "1").lock_until == LATE
        assert store.read_facts(connection, "2").lock_until is None


def test_the_lock_of_what_is_gone_counts_no_more(street, manager):
    order_id = bundles.order(street, "1", Kind.ON_REQUEST, manager)
    one = StoredObject(
        order_id=order_id,
        file="a",
        key="a",
        size=1,
        sha256="0" * 64,
        path="/",
        retain_until=LATE,
        mode="COMPLIANCE",
    )
    with street.database.writing() as connection:
        bundle_store.record_objects(connection, [one])
        bundle_store.record_held(connection, one)
        assert DataClass.BUNDLES in store.read_facts(connection, "1").left
        assert bundle_store.record_gone(connection, one, street.clock.now())
        assert not bundle_store.record_gone(connection, one, street.clock.now())
        facts = store.read_facts(connection, "1")
    assert facts.lock_until is None
    assert DataClass.BUNDLES not in facts.left


def test_nobody_is_closed_at_first(street):
    with street.database.reading() as connection:
        assert store.read_accounts(connection) == []
