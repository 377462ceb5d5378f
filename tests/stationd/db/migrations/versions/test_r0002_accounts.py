"""Revision 0002 adds customers, accounts, transmitters, staff and holds."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0002_accounts as revision


def test_it_follows_the_first() -> None:
    assert (revision.revision, revision.down_revision) == ("0002", "0001")


def test_it_makes_accounts_and_what_belongs_to_them() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        names = set(sa.inspect(made).get_table_names())
    engine.dispose()
    assert {"customers", "contracts", "accounts", "transmitter_links", "staff", "holds"} <= names
