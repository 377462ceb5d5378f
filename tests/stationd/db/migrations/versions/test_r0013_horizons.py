"""Revision 0013 gives orders the date of their next reading and the nearest end of a lock."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0013_horizons as revision


def test_it_follows_the_twelfth() -> None:
    assert (revision.revision, revision.down_revision) == ("0013", "0012")


def test_orders_that_are_there_have_neither_yet() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        made.exec_driver_sql("CREATE TABLE orders (id TEXT PRIMARY KEY)")
        made.exec_driver_sql("INSERT INTO orders VALUES ('o')")
        revision.upgrade()
        found = made.exec_driver_sql("SELECT id, reverify_at, horizon FROM orders").all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("o", None, None)]
