"""Revision 0007 makes room for the keys of groups and what frames show of keys."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0007_panel_keys as revision


def test_it_follows_the_sixth() -> None:
    assert (revision.revision, revision.down_revision) == ("0007", "0006")


def test_both_tables_are_made_and_empty() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        for table in ("group_keys", "key_uses"):
            assert made.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0
    engine.dispose()
