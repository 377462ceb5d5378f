import sqlite3
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0019_billing as revision


def test_it_follows_the_decisions() -> None:
    assert (revision.revision, revision.down_revision) == ("0019", "0018")


def test_contracts_get_the_tier_of_their_terms(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE contracts (id TEXT PRIMARY KEY, terms TEXT)")
        connection.execute("CREATE TABLE cases (id TEXT PRIMARY KEY)")
        connection.executemany(
            "INSERT INTO contracts VALUES (?, ?)", [("a", '{"tier":"platinum"}'), ("b", "{}")]
        )
    connection.close()
    database = Database(f"sqlite:///{path}")
    with (
        database.writing() as open_one,
        Operations.context(MigrationContext.configure(open_one)),
    ):
        revision.upgrade()
    database.close()
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT id, tier, renews_on FROM contracts").fetchall()
        names = {row[1] for row in connection.execute("SELECT * FROM sqlite_master")}
    connection.close()
    assert found == [("a", "platinum", None), ("b", None, None)]
    assert {"billing_lines", "billing_imports", "billing_balances", "contact_tasks"} <= names
    assert {"billing_lines_no_update", "billing_imports_no_delete"} <= names
