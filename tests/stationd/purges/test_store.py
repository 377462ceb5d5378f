"""The SQL of purges."""

from datetime import timedelta

import pytest

from stationd.purges import store
from stationd.purges.model import Item, ItemState, Purge, PurgeState
from stationd.retention.model import DataClass
from stationd.staff.model import Role

pytestmark = pytest.mark.both_databases


@pytest.fixture
def purge(roll, desk):
    roll.account("1")
    roll.account("2")

    def make(name="p", *accts):
        one = Purge(
            id=name,
            state=PurgeState.PROPOSED,
            ground="g",
            listed="{}",
            list_sha256="0" * 64,
            proposed_by="maria",
            proposed_role=Role.MANAGER,
            proposed_at=desk.clock.now(),
        )
        items = [
            Item(purge_id=name, acct=acct, data_class=DataClass.RECORDS, place=place)
            for place, acct in enumerate(accts or ("2", "1"))
        ]
        with desk.database.writing() as connection:
            store.record_purge(connection, one, items)
        return one, items

    return make


def test_a_purge_and_its_items_are_read_back_as_they_were(purge, desk):
    one, items = purge()
    with desk.database.reading() as connection:
        assert store.read_purge(connection, "p") == one
        assert store.read_items(connection, "p") == items
        assert store.read_next_item(connection, "p") == items[0]


def test_what_has_gone_is_added_up(purge, desk):
    _, (item, _) = purge()
    with desk.database.writing() as connection:
        store.update_item(connection, item, counts={"records": 5, "entries": 1}, cursor=(1, 5))
        again = store.read_next_item(connection, "p")
        store.update_item(connection, again, counts={"records": 2}, cursor=(2, 1))
        last = store.read_next_item(connection, "p")
    assert (last.counts, last.cursor) == ({"records": 7, "entries": 1}, (2, 1))


def test_the_next_item_is_the_first_that_is_not_over(purge, desk):
    _, (first, second) = purge()
    with desk.database.writing() as connection:
        store.update_item(connection, first, state=ItemState.REFUSED.value)
        assert store.read_next_item(connection, "p").acct == "1"
        store.update_item(connection, second, state=ItemState.DONE.value)
        assert store.read_next_item(connection, "p") is None


def test_only_an_approved_purge_whose_time_has_come_is_due(purge, desk):
    purge()
    now = desk.clock.now()
    step = timedelta(microseconds=1)

    def due(**values):
        with desk.database.writing() as connection:
            store.update_purge(connection, "p", **values)
            found = store.find_due(connection, now)
        return None if found is None else found.id

    assert due(due_at=now) is None
    assert due(state="approved") == "p"
    assert due(due_at=now + step) is None
    assert due(due_at=now, retry_at=now + step) is None
    assert due(retry_at=now) == "p"
    assert due(state="withdrawn") is None


def test_what_waits_longest_goes_first(purge, desk):
    purge("p")
    purge("q")
    now = desk.clock.now()
    with desk.database.writing() as connection:
        store.update_purge(connection, "p", state="approved", due_at=now)
        store.update_purge(connection, "q", state="approved", due_at=now - timedelta(days=1))
        assert store.find_due(connection, now).id == "q"


def test_what_stands_in_a_purge_that_is_not_over_is_known(purge, desk):
    _, (item, _) = purge("p")
    with desk.database.writing() as connection:
        assert store.read_taken(connection, ["2", "9"]) == {("2", "records"): "p"}
        store.update_item(connection, item, state=ItemState.DONE.value)
        assert store.read_taken(connection, ["1", "2"]) == {("1", "records"): "p"}
        store.update_purge(connection, "p", state="ended")
        assert store.read_taken(connection, ["1", "2"]) == {}
