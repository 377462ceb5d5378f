"""The SQL of hand-outs."""

from datetime import timedelta

import pytest

from stationd.bundles import store as bundles
from stationd.handouts import service, store
from stationd.handouts.model import Way

pytestmark = pytest.mark.both_databases


def test_a_bundle_is_asked_for_once_however_many_wait(desk, order, manager):
    for _ in range(2):
        service.ask(desk, order.id, Way.COPY, recipient="a", purpose="b", by=manager)
    with desk.database.reading() as connection:
        assert store.read_asked(connection, desk.clock.now(), "n") == [order.id]
        assert len(store.read_asked_of(connection, order.id)) == 2


def test_what_another_has_or_what_rests_is_not_taken(desk, order, manager):
    service.ask(desk, order.id, Way.COPY, recipient="a", purpose="b", by=manager)
    now = desk.clock.now()
    hour = timedelta(hours=1)
    with desk.database.writing() as connection:
        bundles.take(connection, order.id, "other", now=now, length=hour)
        assert store.read_asked(connection, now, "n") == []
        assert store.read_asked(connection, now, "other") == [order.id]
        bundles.release(connection, order.id, retry_at=now + hour, why="away")
        assert store.read_asked(connection, now, "n") == []
        assert store.read_asked(connection, now + hour, "n") == [order.id]


def test_addresses_are_forgotten_when_they_are_good_for_nothing(desk, order, manager):
    one = service.ask(desk, order.id, Way.LINK, recipient="a", purpose="b", by=manager)
    now = desk.clock.now()
    with desk.database.writing() as connection:
        store.update_handout(connection, one.id, links="sealed", expires_at=now)
        assert store.forget_links(connection, now) == 0
        assert store.forget_links(connection, now + timedelta(seconds=1)) == 1
        assert store.read_handout(connection, one.id).links is None
