"""Revision 0012 makes the table of what was handed out."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0012_handouts as revision


def test_it_follows_the_eleventh() -> None:
    assert (revision.revision, revision.down_revision) == ("0012", "0011")


def test_the_table_and_its_indexes_are_made() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        made.exec_driver_sql("CREATE TABLE orders (id TEXT PRIMARY KEY)")
        revision.upgrade()
        seen = sa.inspect(made)
        indexes = {index["name"] for index in seen.get_indexes("handouts")}
        (key,) = seen.get_foreign_keys("handouts")
    engine.dispose()
    assert indexes == {"ix_handouts_order_id", "ix_handouts_state"}
    assert key["referred_table"] == "orders"
