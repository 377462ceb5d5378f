import sqlite3
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0021_timing as revision

TABLES = {
    "clearances",
    "list_findings",
    "page_sends",
    "pages",
    "platform_lists",
    "rounds",
    "tasks",
    "vanished",
}


def test_it_follows_the_one_before() -> None:
    assert (revision.revision, revision.down_revision) == ("0021", "0020")


def test_it_makes_the_tables_of_time(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite3"
    database = Database(f"sqlite:///{path}")
    with (
        database.writing() as open_one,
        Operations.context(MigrationContext.configure(open_one)),
    ):
        revision.upgrade()
    database.close()
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = {row[0] for row in rows}
    connection.close()
    assert found == TABLES
