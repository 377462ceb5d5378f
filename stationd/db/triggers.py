"""Triggers that refuse to change or remove a row of the append-only tables.

They stop mistakes and honest programs.  Whoever owns the database can remove them; what such a
person changes is found by the hashes (docs/reference/ledger-records.md).
"""

import sqlalchemy as sa

from stationd.db.engine import execute_text
from stationd.db.schema import APPEND_ONLY

__all__ = ["create", "names", "statements"]

_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: rows are appended and never changed', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


_ACTS = {"sqlite": ("update", "delete"), "postgresql": ("update", "delete", "truncate")}


def names(tables: tuple[str, ...] = APPEND_ONLY, *, dialect: str = "sqlite") -> set[str]:
    """Return the names of all triggers of ``tables``."""
    return {f"{table}_no_{act}" for table in tables for act in _ACTS[dialect]}


def statements(dialect: str, tables: tuple[str, ...] = APPEND_ONLY) -> list[str]:
    """Return the statements that make the triggers of ``tables``, in order."""
    if dialect == "sqlite":
        return [_sqlite(table, act) for table in tables for act in _ACTS["sqlite"]]
    made = [_FUNCTION.strip()]
    for table in tables:
        made += [_postgresql(table, act) for act in _ACTS["postgresql"]]
    return made


def create(connection: sa.Connection, tables: tuple[str, ...] = APPEND_ONLY) -> None:
    """Make the triggers of ``tables`` in the database of ``connection``."""
    for statement in statements(connection.dialect.name, tables):
        execute_text(connection, statement)


def _sqlite(table: str, act: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table}: rows are appended and never changed'); END"
    )


def _postgresql(table: str, act: str) -> str:
    each = "STATEMENT" if act == "truncate" else "ROW"
    return (
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act.upper()} ON {table} "
        f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
    )
