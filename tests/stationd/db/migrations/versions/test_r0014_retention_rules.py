"""Revision 0014 makes the table of retention rules."""

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0014_retention_rules as revision


def test_it_follows_the_thirteenth() -> None:
    assert (revision.revision, revision.down_revision) == ("0014", "0013")


def test_a_rule_without_its_source_or_author_is_refused() -> None:
    engine = sa.create_engine("sqlite://")
    insert = "INSERT INTO retention_rules VALUES ('r', 'bundles', 120, '', '', ?, ?, 't')"
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        made.exec_driver_sql(insert, ("the contract", "manager"))
        for source, author in ((None, "manager"), ("the contract", None)):
            with pytest.raises(sa.exc.IntegrityError):
                made.exec_driver_sql(insert, (source, author))
    engine.dispose()
