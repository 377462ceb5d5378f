import sqlite3
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0022_log_keys as revision


def test_it_is_the_revision_of_the_log_keys() -> None:
    assert revision.revision == "0022"


def test_what_is_in_the_table_stays(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite3"
    database = Database(f"sqlite:///{path}")
    with (
        database.writing() as open_one,
        Operations.context(MigrationContext.configure(open_one)),
    ):
        revision.upgrade()
    database.close()

    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO log_keys VALUES (4, x'00', 1, 9, '2026-01-01')")
        for change in ("UPDATE log_keys SET seq = 10", "DELETE FROM log_keys"):
            with pytest.raises(sqlite3.IntegrityError):
                connection.execute(change)
    connection.close()
