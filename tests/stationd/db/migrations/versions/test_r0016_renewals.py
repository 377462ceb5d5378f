"""Revision 0016 makes the tables of renewals, whose rows are never changed."""

import pytest
import sqlalchemy as sa

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0016_renewals as revision


def test_it_follows_the_one_before() -> None:
    assert (revision.revision, revision.down_revision) == ("0016", "0015")


def test_every_table_it_needs_is_there_and_rows_stay(database: Database) -> None:
    with database.writing() as connection:
        found = set(sa.inspect(connection).get_table_names())
        assert {"object_digests", "renewals", "renewal_stamps", "renewal_objects"} <= found
        connection.exec_driver_sql("INSERT INTO object_digests VALUES ('k', 'v', 'h', 't')")
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM object_digests")
