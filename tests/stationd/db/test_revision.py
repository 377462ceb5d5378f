"""Revisions: checked by every program, made by one, and equal to the tables as declared."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from stationd.db import closing, purging
from stationd.db.engine import Database
from stationd.db.revision import (
    RevisionError,
    check_revision,
    migrate,
    newest_revision,
    read_revision,
)
from stationd.db.schema import metadata
from stationd.errors import MistakeError

_LATER = frozenset(
    {
        "about",
        "approvals",
        "billing_balances",
        "billing_imports",
        "billing_lines",
        "contact_tasks",
        "letter_forms",
        "letters",
        "outbox",
        "log_keys",
        "purges",
        "object_digests",
        "renewal_objects",
        "renewal_stamps",
        "renewals",
        "purge_items",
        "purged_documents",
        "group_keys",
        "handouts",
        "recipients",
        "retention_rules",
        "key_uses",
        "retired_journals",
        "rounds",
        "clearances",
        "list_findings",
        "page_sends",
        "pages",
        "platform_lists",
        "tasks",
        "vanished",
        "heard_hours",
        "starts",
        "supervision",
        "silences",
        "cases",
        "case_facts",
        "case_steps",
        "orders",
        "objects",
        "due_steps",
        "leases",
        "checks",
        "corrections",
        "redecodings",
        "runaways",
        "clocks",
        "marks",
        "cosignatures",
        "anchors",
        "stamps",
        "anchor_objects",
        "audit_cursor",
        "mismatches",
    }
)

_OLDER_HOLDS = """
CREATE TABLE holds (
    id VARCHAR(40) NOT NULL, kind VARCHAR(8) NOT NULL, acct VARCHAR(32) NOT NULL,
    case_id VARCHAR(40), ground TEXT NOT NULL, author VARCHAR(64) NOT NULL,
    set_at VARCHAR(27) NOT NULL, review_at VARCHAR(27), lifted_at VARCHAR(27), lifted_by TEXT,
    CONSTRAINT pk_holds PRIMARY KEY (id),
    CONSTRAINT fk_holds_acct FOREIGN KEY(acct) REFERENCES accounts (acct)
)
"""


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    yield made
    made.close()


def set_revision(database: Database, revision: str) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))


def objects(database: Database) -> dict[str, str]:
    """Return the text of every table and index, by name, as SQLite keeps it."""
    with database.reading() as connection:
        rows = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index')"
            " AND sql IS NOT NULL AND name != 'alembic_version'"
        )
        # A table that was made anew, to change a column, has its name in quotes.
        told = {row.name: row.sql.replace(f'"{row.name}"', row.name, 1) for row in rows}
        return {name: " ".join(sql.replace(",", " , ").split()) for name, sql in told.items()}


def lines(text: str) -> list[str]:
    """Return the parts of a table's text; constraints may stand in any order."""
    return sorted(part.strip(" )") for part in text.split(" , "))


@pytest.mark.both_databases
def test_the_migrated_database_is_the_declared_one(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_the_migrated_tables_and_indexes_read_as_the_declared_ones(
    database: Database, empty: Database
) -> None:
    with empty.writing() as connection:
        metadata.create_all(connection)
    made, declared = objects(database), objects(empty)
    assert made.keys() == declared.keys()
    differing = {name for name in made if lines(made[name]) != lines(declared[name])}
    assert differing == set()


def test_a_database_without_tables_is_refused_with_what_helps(empty: Database) -> None:
    with pytest.raises(RevisionError, match="no tables yet; `stationctl migrate`"):
        check_revision(empty)


@pytest.mark.both_databases
def test_a_database_of_our_revision_is_taken(database: Database) -> None:
    check_revision(database)
    with database.reading() as connection:
        assert read_revision(connection) == newest_revision()


def test_an_older_database_is_refused_with_what_helps(database: Database) -> None:
    set_revision(database, "0001")
    with pytest.raises(RevisionError, match=r"revision 0001.*run `stationctl migrate`"):
        check_revision(database)


def test_a_newer_database_is_refused_by_both(database: Database) -> None:
    set_revision(database, "9999")
    with pytest.raises(RevisionError, match="later release"):
        check_revision(database)
    with pytest.raises(RevisionError, match="later release"):
        migrate(database, copy_to=None)


def test_a_refused_revision_is_the_askers_mistake() -> None:
    assert issubclass(RevisionError, MistakeError)


def test_migrating_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    before = objects(database)
    assert migrate(database, copy_to=tmp_path / "copy.sqlite3") == newest_revision()
    assert objects(database) == before
    assert not (tmp_path / "copy.sqlite3").exists()


def older(database: Database) -> None:
    """Make the database that of revision 0002, which had the tables of the first two."""
    with database.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        for trigger in closing.names():
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        purging.undo(connection)
        for table in reversed(metadata.sorted_tables):
            if table.name in _LATER:
                connection.exec_driver_sql(f"DROP TABLE {table.name}")
        connection.exec_driver_sql("DROP TABLE holds")
        connection.exec_driver_sql(_OLDER_HOLDS)
        connection.exec_driver_sql("CREATE INDEX ix_holds_acct ON holds (acct)")
        connection.exec_driver_sql("DROP INDEX ix_published_unmarked")
        connection.exec_driver_sql("ALTER TABLE published DROP COLUMN marked")
        connection.exec_driver_sql("ALTER TABLE transmitters DROP COLUMN quarantined_until")
        for column in ("tier", "renews_on"):
            connection.exec_driver_sql(f"DROP INDEX ix_contracts_{column}")
            connection.exec_driver_sql(f"ALTER TABLE contracts DROP COLUMN {column}")
    set_revision(database, "0002")


def test_an_older_database_is_copied_and_migrated(database: Database, tmp_path: Path) -> None:
    declared = objects(database)
    older(database)
    copy = tmp_path / "copy.sqlite3"
    migrate(database, copy_to=copy)
    assert objects(database) == declared
    with contextlib.closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            ("0002",)
        ]


def test_a_copy_never_takes_the_place_of_a_file(database: Database, tmp_path: Path) -> None:
    older(database)
    copy = tmp_path / "copy.sqlite3"
    copy.write_bytes(b"mine")
    with pytest.raises(MistakeError, match=r"copy\.sqlite3 exists"):
        migrate(database, copy_to=copy)
    assert copy.read_bytes() == b"mine"


def test_a_migration_that_fails_leaves_the_database_as_it_was(database: Database) -> None:
    older(database)
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE leases (in_the_way TEXT)")
    before = objects(database)
    with pytest.raises(Exception, match="leases"):
        migrate(database, copy_to=None)
    assert objects(database) == before
    with database.reading() as connection:
        assert read_revision(connection) == "0002"
        assert not sa.inspect(connection).has_table("cases")
