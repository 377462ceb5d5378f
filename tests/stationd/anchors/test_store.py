"""The SQL of anchors, where the job's tests do not reach."""

import pytest

from stationd.anchors import store
from stationd.desk import Desk
from stationd.errors import NotFoundError

pytestmark = pytest.mark.both_databases


def test_a_checkpoint_that_was_not_stamped_is_named(desk: Desk) -> None:
    with desk.database.reading() as connection, pytest.raises(NotFoundError, match="Checkpoint 7"):
        store.read_anchor(connection, 7)


def test_a_record_that_is_gone_is_named(desk: Desk) -> None:
    with desk.database.reading() as connection, pytest.raises(NotFoundError, match="Record 3 of x"):
        store.read_head_at(connection, "x", 1, 3)


def test_without_a_chain_there_is_no_mark_and_no_incident(desk: Desk) -> None:
    with desk.database.reading() as connection:
        assert store.read_sizes(connection, bytes(32)) == []
        assert store.read_closing_mark(connection, bytes(32), 5) is None
        assert store.read_incidents(connection, "x", 1, 9) == []
        assert store.read_newest_stored(connection) is None
