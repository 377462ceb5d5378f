import sqlite3
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0020_letters as revision


def test_letters_and_outbox_come_to_the_cases_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cases (id TEXT PRIMARY KEY)")
        connection.execute("CREATE TABLE letter_forms (id TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO cases VALUES ('c')")
    connection.close()
    database = Database(f"sqlite:///{path}")
    with (
        database.writing() as open_one,
        Operations.context(MigrationContext.configure(open_one)),
    ):
        revision.upgrade()
    database.close()
    with sqlite3.connect(path) as connection:
        tables = {row[1] for row in connection.execute("SELECT * FROM sqlite_master")}
        columns = [row[1] for row in connection.execute("PRAGMA table_info(outbox)")]
        cases = connection.execute("SELECT id FROM cases").fetchall()
    connection.close()
    assert {"letters", "outbox", "ix_outbox_state"} <= tables
    assert columns[:4] == ["id", "letter_id", "case_id", "channel"]
    assert cases == [("c",)]
