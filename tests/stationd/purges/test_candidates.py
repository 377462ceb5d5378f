"""What forbids a removal, rule by rule."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.purges import store
from stationd.purges.candidates import changes, refusal, stale
from stationd.purges.model import FRESH, PurgeState


@pytest.fixture
def asked(station, approved):
    """Ask of the first item of an approved purge, at a moment, what forbids it."""
    purge = approved()

    def ask(later=timedelta(), **more):
        with station.desk.database.writing() as connection:
            item = store.read_next_item(connection, purge.id)
            given = replace(store.read_purge(connection, purge.id), **more)
            return refusal(connection, given, item, station.clock.now() + later)

    return ask


def test_an_approved_purge_that_is_due_is_forbidden_by_nothing(asked):
    assert asked() is None


@pytest.mark.parametrize("state", [PurgeState.PROPOSED, PurgeState.WITHDRAWN, PurgeState.ENDED])
def test_what_is_not_approved_does_not_go(asked, state):
    assert asked(state=state) == f"the purge is {state} and not due"


def test_nothing_goes_an_instant_before_it_is_due(asked):
    assert asked(timedelta(microseconds=-1)) == "the purge is approved and not due"
    assert asked(due_at=None) == "the purge is approved and not due"


def test_every_epoch_must_have_the_head_that_was_seen(station, asked):
    with station.desk.database.writing() as connection:
        heads = sa.update(schema.heads).where(schema.heads.c.acct == "1234")
        connection.execute(heads.where(schema.heads.c.epoch == 2).values(head=b"h" * 32))
    assert asked() == "records have come since it was listed"


def test_a_bundle_counts_as_read_back_for_an_hour_and_no_longer(station, approved):
    purge = approved()
    now = station.clock.now()
    with station.desk.database.writing() as connection:
        item = store.read_next_item(connection, purge.id)
        assert len(stale(connection, purge, item, now)) == 2
        at = now - timedelta(seconds=FRESH)
        read = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        connection.execute(sa.update(schema.orders).values(verified_at=read))
        assert stale(connection, purge, item, now) == []
        assert len(stale(connection, purge, item, now + timedelta(microseconds=1))) == 2


def test_the_first_item_that_differs_is_named():
    before = '{"items":[{"acct":"1","class":"a"},{"acct":"2","class":"b","n":1}]}'
    assert changes(before, before.replace('"n":1', '"n":2')) == "2 b"
    assert changes(before, '{"items":[]}') == "1 a"
