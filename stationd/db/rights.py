"""What the programs' role may do on PostgreSQL: read and add everything, change what is no record.

The owner of the tables makes them (`stationctl migrate`) and can do anything to them; nothing that
runs day and night should log in as the owner.  SQLite has no roles.

Of the record the role may take out what a purge takes out, and the triggers let it do that in a
purge alone (`stationd.db.purging`).
"""

import sqlalchemy as sa

from stationd.db.engine import Connection, execute_text
from stationd.db.schema import APPEND_ONLY, metadata

__all__ = ["give_rights", "read_role", "read_unguarded", "statements"]

_VERSION = "alembic_version"
_ADDED_TO = "SELECT, INSERT"
_CHANGED = "SELECT, INSERT, UPDATE, DELETE"
_CHANGES = ("UPDATE", "DELETE", "TRUNCATE")
# What a purge changes or removes; each has a trigger of its own.
_PURGED = {"case_facts": "fact", "case_steps": "results", "entries": "body", "records": "body"}
_REMOVED = "documents"


def statements(role: str) -> list[str]:
    """Return the statements that give ``role``, quoted where it must be, its rights and no more."""
    tables = sorted(metadata.tables)
    everything = ", ".join([*tables, _VERSION])
    changed = [table for table in tables if table not in APPEND_ONLY]
    return [
        f"REVOKE ALL ON {everything} FROM {role}",
        f"GRANT SELECT ON {_VERSION} TO {role}",
        f"GRANT {_ADDED_TO} ON {', '.join(sorted(APPEND_ONLY))} TO {role}",
        f"GRANT {_CHANGED} ON {', '.join(changed)} TO {role}",
        *(f"GRANT UPDATE ({column}) ON {table} TO {role}" for table, column in _PURGED.items()),
        f"GRANT DELETE ON {_REMOVED} TO {role}",
    ]


def give_rights(connection: Connection, role: str) -> None:
    """Give ``role`` its rights; the connection must be the owner's, and the role another one."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in statements(quoted):
        execute_text(connection, statement)


def read_role(connection: Connection) -> str:
    """Return the role that a connection has on PostgreSQL."""
    return str(connection.execute(sa.select(sa.func.current_user())).scalar_one())


def read_unguarded(connection: Connection) -> list[str]:
    """Return the append-only tables that our role could change if no trigger stopped it."""
    may = sa.func.has_table_privilege
    query = sa.select(
        *(
            sa.or_(
                *(may(table, it) for it in _CHANGES if (table, it) != (_REMOVED, "DELETE"))
            ).label(table)
            for table in APPEND_ONLY
        )
    )
    found = connection.execute(query).mappings().one()
    return [table for table in APPEND_ONLY if found[table]]
