"""Revision 0011 lets a hold reach further than one account."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0011_holds as revision

BEFORE = "CREATE TABLE holds (id TEXT PRIMARY KEY, acct VARCHAR(32) NOT NULL)"


def test_it_follows_the_tenth() -> None:
    assert (revision.revision, revision.down_revision) == ("0011", "0010")


def test_a_hold_that_is_there_stays_one_on_its_account_and_a_wider_one_needs_none() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        made.exec_driver_sql(BEFORE)
        made.exec_driver_sql("INSERT INTO holds VALUES ('h', '1234')")
        revision.upgrade()
        made.exec_driver_sql("INSERT INTO holds (id, acct, scope) VALUES ('w', NULL, 'station')")
        found = made.exec_driver_sql("SELECT id, acct, scope, since FROM holds ORDER BY id").all()
    engine.dispose()
    assert [tuple(row) for row in found] == [
        ("h", "1234", "account", None),
        ("w", None, "station", None),
    ]
