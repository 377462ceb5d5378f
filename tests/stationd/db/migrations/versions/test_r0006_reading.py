"""Revision 0006 makes the tables of corrections, passes, runaways and clocks."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db import schema
from stationd.db.migrations.versions import r0006_reading as revision

TABLES = ("corrections", "redecodings", "runaways", "clocks")


def test_its_tables_are_those_of_the_schema() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        found = {
            name: [column["name"] for column in sa.inspect(made).get_columns(name)]
            for name in TABLES
        }
    engine.dispose()
    assert found == {name: list(schema.metadata.tables[name].c.keys()) for name in TABLES}
    assert revision.revision == "0006"
