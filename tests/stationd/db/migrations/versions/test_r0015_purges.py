"""Revision 0015 makes the tables of purges and lets purges through the triggers."""

import pytest
import sqlalchemy as sa

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0015_purges as revision


def test_it_follows_the_fourteenth() -> None:
    assert (revision.revision, revision.down_revision) == ("0015", "0014")


def test_every_table_it_needs_is_there_and_rows_are_protected_as_before(database: Database) -> None:
    with database.writing() as connection:
        found = sa.inspect(connection)
        assert {"purges", "purge_items", "purged_documents"} <= set(found.get_table_names())
        assert {"going_at", "gone_at"} <= {one["name"] for one in found.get_columns("objects")}
        connection.exec_driver_sql("INSERT INTO entries VALUES ('j', 1, x'00', x'00')")
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("UPDATE entries SET body = NULL")
