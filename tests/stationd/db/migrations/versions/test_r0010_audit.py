"""Revision 0010 makes the tables of the audit."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0010_audit as revision


def test_it_follows_the_anchors() -> None:
    assert (revision.revision, revision.down_revision) == ("0010", "0009")


def test_the_tables_are_made() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        assert set(sa.inspect(made).get_table_names()) == {"audit_cursor", "mismatches"}
    engine.dispose()
