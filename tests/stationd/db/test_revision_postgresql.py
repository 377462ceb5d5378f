"""Revisions on PostgreSQL: the same tables as declared, made all or nothing."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from stationd.db.engine import Database
from stationd.db.revision import check_revision, migrate, newest_revision, read_revision
from stationd.db.schema import metadata
from tests.postgresql import PostgresServer

# What PostgreSQL says of every column, constraint and index of ours.
_COLUMNS = """
SELECT attrelid::regclass::text, attname::text, format_type(atttypid, atttypmod), attnotnull,
       pg_get_expr(adbin, adrelid)
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
_INDEXES = (
    "SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'"
)


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[Database]:
    """A database without tables, as its owner sees it."""
    name = postgres.make()
    made = Database(postgres.url(name))
    yield made
    made.close()
    postgres.drop(name)


def objects(database: Database) -> set[tuple[object, ...]]:
    with database.reading() as connection:
        return {
            tuple(row)
            for query in (_COLUMNS, _CONSTRAINTS, _INDEXES)
            for row in connection.exec_driver_sql(query)
            if row[0] != "alembic_version"
        }


def test_the_migrated_objects_are_the_declared_ones(database: Database, empty: Database) -> None:
    with empty.writing() as connection:
        metadata.create_all(connection)
    assert objects(database) == objects(empty)


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


def test_an_empty_database_is_migrated_once(empty: Database) -> None:
    assert migrate(empty, copy_to=None) == newest_revision()
    check_revision(empty)
    before = objects(empty)
    assert migrate(empty, copy_to=None) == newest_revision()
    assert objects(empty) == before


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Database) -> None:
    with empty.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE retention_rules (in_the_way TEXT)")
    before = objects(empty)
    with pytest.raises(sa.exc.ProgrammingError, match="retention_rules"):
        migrate(empty, copy_to=None)
    assert objects(empty) == before
    with empty.reading() as connection:
        assert read_revision(connection) is None
