"""The SQL of the audit, where its services' tests do not reach."""

import pytest

from stationd.audit import store
from stationd.audit.model import Cursor
from stationd.desk import Desk

pytestmark = pytest.mark.both_databases


def test_how_far_it_is_comes_back_as_noted(desk: Desk) -> None:
    cursor = Cursor(acct="1", epoch=2, seq=3, passes=4, passed_at=desk.clock.now())
    with desk.database.writing() as connection:
        assert store.read_cursor(connection) == Cursor()
        store.record_cursor(connection, Cursor(acct="0"))
        store.record_cursor(connection, cursor)
        assert store.read_cursor(connection) == cursor


def test_a_chain_that_is_not_there_is_none(desk: Desk) -> None:
    with desk.database.reading() as connection:
        assert store.read_chain(connection, "1", 1) is None
        assert store.read_next_chain(connection, "", 0) is None
        assert store.read_lost_chains(connection) == []
