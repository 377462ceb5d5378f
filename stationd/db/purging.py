"""The one change that append-only tables let through: a purge takes bytes out, and hashes stay.

Each trigger lets a row pass only if nothing but its bytes changes (a record's and an entry's to
NULL, a case fact's and a step's to a fixed text; a document is removed whole, its hash stays in
``purged_documents``), and only while an item of a purge of this account and class is running that
two persons have decided.  No row passes while a records hold is on the account itself; holds of
wider reach are looked for by the program, in the same transaction.
"""

import sqlalchemy as sa

from stationd.db import triggers

__all__ = ["PURGED_FACT", "PURGED_RESULTS", "create", "statements", "undo"]

PURGED_FACT = '{"purged":true}'
"""What stands in a case fact once it is purged."""

PURGED_RESULTS = "[]"
"""What stands for the guards' results of a step once they are purged; their hash stays."""

# An item that may remove something of the account now; {acct} is whose.
_RUNNING = """EXISTS (
  SELECT 1 FROM purge_items JOIN purges ON purges.id = purge_items.purge_id
  WHERE purge_items.acct = {acct} AND purge_items.data_class = '{data_class}'
    AND purge_items.state = 'running' AND purges.state = 'approved'
    AND purges.approved_by <> purges.proposed_by
) AND NOT EXISTS (
  SELECT 1 FROM holds
  WHERE holds.acct = {acct} AND holds.kind = 'records' AND holds.lifted_at IS NULL
)"""
_OF_CASE = "(SELECT cases.acct FROM cases WHERE cases.id = OLD.case_id)"
_RECORD_LEFT = """EXISTS (
  SELECT 1 FROM records
  WHERE records.journal = OLD.journal AND records.position = OLD.position{more}
)"""

# Columns that stay as they are, by table; and what else must hold.
_STAYS = {
    "records": (
        *("acct", "epoch", "seq", "type", "origin", "t", "leaf", "head"),
        *("journal", "position", "part"),
    ),
    "entries": ("journal", "position", "link"),
    "case_facts": (
        *("id", "case_id", "kind", "doc", "author", "at"),
        *("compartment", "seq", "version"),
    ),
    "case_steps": (
        *("case_id", "version", "row", "event", "from_state", "to_state", "by", "at"),
        "results_hash",
    ),
}
_MAY = {
    "records": "NEW.body IS NULL AND " + _RUNNING.format(acct="OLD.acct", data_class="records"),
    # An entry goes with the last of its records, whosever they are.
    "entries": "NEW.body IS NULL AND "
    + _RECORD_LEFT.format(more="")
    + " AND NOT "
    + _RECORD_LEFT.format(more=" AND records.body IS NOT NULL"),
    "case_facts": f"NEW.fact = '{PURGED_FACT}' AND "
    + _RUNNING.format(acct=_OF_CASE, data_class="cases"),
    "case_steps": f"NEW.results = '{PURGED_RESULTS}' AND "
    + _RUNNING.format(acct=_OF_CASE, data_class="cases"),
}
_DOCUMENT = """EXISTS (
  SELECT 1 FROM purged_documents
  JOIN purge_items ON purge_items.purge_id = purged_documents.purge_id
    AND purge_items.acct = purged_documents.acct
  WHERE purged_documents.doc = OLD.doc AND purge_items.state = 'running'
)"""


def statements(dialect: str) -> list[str]:
    """Return the statements that put these triggers in the place of those that refuse all."""
    made: list[str] = []
    for table in _MAY:
        made += _put(dialect, table, "update", _allowed(dialect, table))
    return made + _put(dialect, "documents", "delete", _DOCUMENT)


def create(connection: sa.Connection) -> None:
    """Make the triggers in the database of ``connection``, which has those that refuse all."""
    for statement in statements(connection.dialect.name):
        connection.exec_driver_sql(statement)


def undo(connection: sa.Connection) -> None:
    """Put the triggers that refuse all back, in a SQLite database.

    A migration that makes a table anew which these triggers name (``holds``, ``cases``, ``purges``
    …) calls this first and `create` last: SQLite renames no table under them.
    """
    for table, act in (*((table, "update") for table in _MAY), ("documents", "delete")):
        name = f"{table}_no_{act}"
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in triggers.statements("sqlite", (table,)):
            if f" {name} " in statement:
                connection.exec_driver_sql(statement)


def _allowed(dialect: str, table: str) -> str:
    same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    quoted = (f'NEW."{name}" {same} OLD."{name}"' for name in _STAYS[table])
    return " AND ".join([*quoted, _MAY[table]])


def _put(dialect: str, table: str, act: str, allowed: str) -> list[str]:
    name = f"{table}_no_{act}"
    refusal = f"{table}: rows are appended and never changed"
    if dialect == "sqlite":
        return [
            f"DROP TRIGGER {name}",
            (
                f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} WHEN NOT ({allowed}) "
                f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END"
            ),
        ]
    function = f"refuse_{name}"
    back = "NEW" if act == "update" else "OLD"
    return [
        (
            f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$\n"
            f"BEGIN\n  IF ({allowed}) IS NOT TRUE THEN\n    RAISE EXCEPTION '{refusal}'\n"
            "      USING ERRCODE = 'integrity_constraint_violation';\n"
            f"  END IF;\n  RETURN {back};\nEND $$"
        ),
        f"DROP TRIGGER {name} ON {table}",
        (
            f"CREATE TRIGGER {name} BEFORE {act.upper()} ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        ),
    ]
