"""Revision 0009 begins anchors: every chain that is published counts as changed."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0001_keeping
from stationd.db.migrations.versions import r0009_anchors as revision


def test_it_follows_what_watching_made() -> None:
    assert (revision.revision, revision.down_revision) == ("0009", "0008")


def test_chains_that_were_published_before_are_in_the_first_mark() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0001_keeping.upgrade()
        made.exec_driver_sql("INSERT INTO published VALUES ('1234', 1, x'01', 7, x'02')")
        revision.upgrade()
        found = made.exec_driver_sql("SELECT acct, marked FROM published").all()
        tables = set(sa.inspect(made).get_table_names())
        triggers = made.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).scalars()
        assert {"marks_no_update", "anchors_no_delete", "stamps_no_update"} <= set(triggers)
    engine.dispose()
    assert [tuple(row) for row in found] == [("1234", 0)]
    assert {"marks", "cosignatures", "anchors", "stamps", "anchor_objects"} <= tables
