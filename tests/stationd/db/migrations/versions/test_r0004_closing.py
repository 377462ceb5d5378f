"""Revision 0004 puts the wall in front of ``closed``."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db import closing
from stationd.db.migrations.versions import r0002_accounts, r0003_cases
from stationd.db.migrations.versions import r0004_closing as revision


def test_it_follows_the_third() -> None:
    assert (revision.revision, revision.down_revision) == ("0004", "0003")


def test_it_makes_the_walls_triggers() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0002_accounts.upgrade()
        r0003_cases.upgrade()
        revision.upgrade()
        found = made.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = set(found.scalars())
    engine.dispose()
    assert closing.names() <= names
