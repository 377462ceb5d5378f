"""The second wall in front of ``closed``: triggers that refuse it without a verified bundle.

The case table is the first wall; every program of ours goes through it.  These triggers stand for
whatever else reaches the database: a case becomes ``closed``, or an account's record does, only
where a ``closing`` bundle of that account is verified, every object of it has a version id, was
read back, and is locked in COMPLIANCE mode at least until the retention date of its order.
"""

import sqlalchemy as sa

from stationd.db.engine import execute_text

__all__ = ["create", "names", "statements"]

_PROVEN = """
SELECT 1 FROM orders
WHERE orders.kind = 'closing' AND orders.state = 'verified'
  AND orders.verified_at IS NOT NULL AND orders.retain_until IS NOT NULL
  AND {whose}
  AND EXISTS (SELECT 1 FROM objects WHERE objects.order_id = orders.id)
  AND NOT EXISTS (
    SELECT 1 FROM objects
    WHERE objects.order_id = orders.id
      AND (objects.version_id IS NULL OR objects.verified_at IS NULL
           OR objects.mode IS NULL OR objects.mode <> 'COMPLIANCE'
           OR objects.retain_until IS NULL OR objects.retain_until < orders.retain_until)
  )
"""

# Table, column that says closed, and which orders prove it.
_WALLS = {
    "cases": ("state", "orders.case_id = NEW.id"),
    "accounts": ("record", "orders.acct = NEW.acct"),
}
_MESSAGE = "closed needs a closing bundle that was locked, read back and verified"


def names() -> set[str]:
    """Return the names of the triggers."""
    return {f"{table}_closed_{act}" for table in _WALLS for act in ("insert", "update")}


def statements(dialect: str) -> list[str]:
    """Return the statements that make the triggers, in order."""
    make = _sqlite if dialect == "sqlite" else _postgresql
    return [statement for table in _WALLS for statement in make(table)]


def create(connection: sa.Connection) -> None:
    """Make the triggers in the database of ``connection``."""
    for statement in statements(connection.dialect.name):
        execute_text(connection, statement)


def _sqlite(table: str) -> list[str]:
    column, whose = _WALLS[table]
    proven = _PROVEN.format(whose=whose)
    return [
        f"CREATE TRIGGER {table}_closed_{act} BEFORE {act.upper()} ON {table} "
        f"WHEN NEW.{column} = 'closed' {was_open}AND NOT EXISTS ({proven}) "
        f"BEGIN SELECT RAISE(ABORT, '{table}: {_MESSAGE}'); END"
        for act, was_open in (("insert", ""), ("update", f"AND OLD.{column} <> 'closed' "))
    ]


def _postgresql(table: str) -> list[str]:
    column, whose = _WALLS[table]
    proven = _PROVEN.format(whose=whose)
    function = (
        f"CREATE OR REPLACE FUNCTION refuse_{table}_closed() RETURNS trigger "
        f"LANGUAGE plpgsql AS $$\nBEGIN\n"
        f"  IF NEW.{column} = 'closed' AND NOT EXISTS ({proven})\n"
        f"     AND (TG_OP = 'INSERT' OR OLD.{column} <> 'closed') THEN\n"
        f"    RAISE EXCEPTION '{table}: {_MESSAGE}'\n"
        f"      USING ERRCODE = 'integrity_constraint_violation';\n"
        f"  END IF;\n  RETURN NEW;\nEND $$"
    )
    return [function] + [
        f"CREATE TRIGGER {table}_closed_{act} BEFORE {act.upper()} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION refuse_{table}_closed()"
        for act in ("insert", "update")
    ]
