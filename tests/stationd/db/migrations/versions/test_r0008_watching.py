"""Revision 0008 makes the tables of supervision, and knows when old journals began."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.migrations.versions import r0001_keeping, r0002_accounts
from stationd.db.migrations.versions import r0008_watching as revision


def test_it_follows_the_seventh() -> None:
    assert (revision.revision, revision.down_revision) == ("0008", "0007")


def test_a_journal_began_when_its_first_entry_came() -> None:
    head = bytes([1, 9]) + (1_772_463_600 * 10**9 + 5000).to_bytes(8, "big")
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0001_keeping.upgrade()
        r0002_accounts.upgrade()
        for journal, position, body in (("a", 1, head), ("a", 2, b"x"), ("b", 1, None)):
            made.exec_driver_sql(
                "INSERT INTO entries VALUES (?, ?, ?, x'')", (journal, position, body)
            )
        revision.upgrade()
        found = made.exec_driver_sql("SELECT journal, first_at FROM starts ORDER BY 1").all()
        tables = set(sa.inspect(made).get_table_names())
    engine.dispose()
    assert [tuple(row) for row in found] == [("a", "2026-03-02T15:00:00.000005Z"), ("b", None)]
    assert {"supervision", "silences", "heard_hours"} <= tables


def test_an_empty_database_has_no_journals() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        r0001_keeping.upgrade()
        r0002_accounts.upgrade()
        revision.upgrade()
        assert made.exec_driver_sql("SELECT count(*) FROM starts").scalar() == 0
    engine.dispose()
