"""Rows of the append-only tables are neither changed nor removed."""

import pytest
import sqlalchemy as sa

from stationd.db import triggers
from stationd.db.engine import Database
from stationd.db.schema import APPEND_ONLY, metadata


def fill(database: Database, table: str) -> None:
    """Put a row of nothing in particular into ``table``."""
    values = {
        column.name: {"BLOB": b"x", "TEXT": "x"}.get(str(column.type), 1)
        for column in metadata.tables[table].columns
    }
    with database.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",
            tuple(values.values()),
        )


@pytest.fixture
def loose(database: Database) -> Database:
    """The database without its foreign keys, so that any row can stand alone."""

    def prepare(connection: object, *_: object) -> None:
        connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[attr-defined]

    sa.event.listen(database.engine, "connect", prepare)
    database.close()
    return database


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize(
    "act",
    ["UPDATE {table} SET {column} = 2", "DELETE FROM {table}"],
    ids=["update", "delete"],
)
def test_a_row_is_neither_changed_nor_removed(loose: Database, table: str, act: str) -> None:
    fill(loose, table)
    column = next(iter(metadata.tables[table].columns)).name
    statement = act.format(table=table, column=column)
    with (
        pytest.raises(sa.exc.IntegrityError, match=f"{table}: rows are appended"),
        loose.writing() as connection,
    ):
        connection.exec_driver_sql(statement)


def test_a_row_is_not_replaced(loose: Database) -> None:
    fill(loose, "notes")
    with (
        pytest.raises(sa.exc.IntegrityError, match="rows are appended"),
        loose.writing() as connection,
    ):
        connection.exec_driver_sql("INSERT OR REPLACE INTO notes (n, note) VALUES (1, x'00')")


def test_sqlite_has_two_triggers_a_table() -> None:
    statements = triggers.statements("sqlite", ("notes",))
    assert [statement.split()[2] for statement in statements] == [
        "notes_no_update",
        "notes_no_delete",
    ]
    assert triggers.names(("notes",)) == {"notes_no_update", "notes_no_delete"}


def test_postgresql_has_a_function_and_refuses_truncate_too() -> None:
    function, *made = triggers.statements("postgresql", ("notes",))
    assert function.startswith("CREATE OR REPLACE FUNCTION refuse_change()")
    assert [statement.removesuffix(" EXECUTE FUNCTION refuse_change()") for statement in made] == [
        "CREATE TRIGGER notes_no_update BEFORE UPDATE ON notes FOR EACH ROW",
        "CREATE TRIGGER notes_no_delete BEFORE DELETE ON notes FOR EACH ROW",
        "CREATE TRIGGER notes_no_truncate BEFORE TRUNCATE ON notes FOR EACH STATEMENT",
    ]
