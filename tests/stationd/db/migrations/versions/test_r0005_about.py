"""Revision 0005 indexes what is there already."""

import json

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0001_keeping
from stationd.db.migrations.versions import r0005_about as revision


def test_it_follows_the_fourth() -> None:
    assert (revision.revision, revision.down_revision) == ("0005", "0004")


def test_records_that_name_an_account_are_found_by_it() -> None:
    bodies = [{"kind": "ordered", "of": {"acct": "1234", "epoch": 1}}, {"kind": "key"}, None]
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0001_keeping.upgrade()
        for seq, body in enumerate(bodies, start=1):
            text = None if body is None else json.dumps(body).encode()
            made.exec_driver_sql(
                "INSERT INTO records VALUES ('station', 1, ?, 'custody', 'human', 't', ?, x'', "
                "x'', NULL, NULL, NULL)",
                (seq, text),
            )
        revision.upgrade()
        found = made.exec_driver_sql("SELECT acct, seq FROM about").all()
    engine.dispose()
    assert [tuple(row) for row in found] == [("1234", 1)]


def test_more_records_than_a_page_are_all_read() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0001_keeping.upgrade()
        made.exec_driver_sql(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5001) "
            "INSERT INTO records SELECT 'station', 1, i, 'custody', 'human', 't', "
            "CAST('{\"of\":{\"acct\":\"1\"}}' AS BLOB), x'', x'', NULL, NULL, NULL FROM n"
        )
        revision.upgrade()
        count = made.exec_driver_sql("SELECT count(*) FROM about").scalar()
    engine.dispose()
    assert count == 5001
