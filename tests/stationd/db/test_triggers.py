"""Rows of the append-only tables are neither changed nor removed."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from stationd.db import closing, triggers
from stationd.db.engine import Database, execute_text
from stationd.db.schema import APPEND_ONLY, metadata
from tests.postgresql import PostgresServer

_ACTS = {
    "update": "UPDATE {table} SET {column} = {column}",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table}",
}


def fill(connection: sa.Connection, table: str) -> None:
    """Put a row of nothing in particular into ``table``."""
    values: dict[str, Any] = {
        column.name: {bytes: b"x", str: "x", bool: True}.get(column.type.python_type, 1)
        for column in metadata.tables[table].columns
    }
    connection.execute(sa.insert(metadata.tables[table]), values)


@pytest.fixture
def owned(
    database_kind: str, database: Database, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """The database of who owns its tables, without foreign keys: any row can stand alone."""
    if database_kind == "sqlite":

        def prepare(connection: object, *_: object) -> None:
            connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]

        sa.event.listen(database.engine, "connect", prepare)
        database.close()
        yield database
        return
    # One of its own, since its tables are changed.
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.make(request.getfixturevalue("migrated_database"))
    made = Database(server.url(name))
    with made.writing() as connection:
        for table in APPEND_ONLY:
            for key in sa.inspect(connection).get_foreign_keys(table):
                execute_text(connection, f"ALTER TABLE {table} DROP CONSTRAINT {key['name']}")
    yield made
    made.close()
    server.drop(name)


@pytest.mark.both_databases
def test_a_row_is_neither_changed_nor_removed(owned: Database) -> None:
    with owned.writing() as connection:
        for table in APPEND_ONLY:
            fill(connection, table)
    acts = triggers._ACTS[owned.engine.dialect.name]
    for table in APPEND_ONLY:
        column = next(iter(metadata.tables[table].columns)).name
        for act in acts:
            with (
                pytest.raises(sa.exc.IntegrityError, match=f"{table}: rows are appended"),
                owned.writing() as connection,
            ):
                execute_text(connection, _ACTS[act].format(table=table, column=column))


def test_a_row_is_not_replaced(owned: Database) -> None:
    with owned.writing() as connection:
        fill(connection, "notes")
    with (
        pytest.raises(sa.exc.IntegrityError, match="rows are appended"),
        owned.writing() as connection,
    ):
        connection.exec_driver_sql("INSERT OR REPLACE INTO notes (n, note) VALUES (1, x'00')")


@pytest.mark.both_databases
def test_a_migrated_database_has_every_trigger(database: Database) -> None:
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    dialect = database.engine.dialect.name
    with database.reading() as connection:
        found = connection.exec_driver_sql(listed[dialect]).scalars()
        assert set(found) == triggers.names(dialect=dialect) | closing.names()


def test_sqlite_has_two_triggers_a_table() -> None:
    statements = triggers.statements("sqlite", ("notes",))
    assert [statement.split()[2] for statement in statements] == [
        "notes_no_update",
        "notes_no_delete",
    ]
    assert triggers.names(("notes",)) == {"notes_no_update", "notes_no_delete"}
