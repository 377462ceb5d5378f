import sqlite3
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0018_deciding as revision


def test_it_follows_the_copies() -> None:
    assert (revision.revision, revision.down_revision) == ("0018", "0017")


def test_what_was_recorded_stays_and_gets_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "station.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE case_facts (id TEXT PRIMARY KEY, fact TEXT)")
        connection.execute("CREATE TABLE transmitters (id TEXT PRIMARY KEY)")
        connection.execute("INSERT INTO case_facts VALUES ('f', '{}')")
        connection.execute("INSERT INTO transmitters VALUES ('t')")
    connection.close()
    database = Database(f"sqlite:///{path}")
    with (
        database.writing() as open_one,
        Operations.context(MigrationContext.configure(open_one)),
    ):
        revision.upgrade()
    database.close()
    with sqlite3.connect(path) as connection:
        facts = connection.execute(
            "SELECT id, compartment, seq, version FROM case_facts"
        ).fetchall()
        numbers = connection.execute("SELECT id, quarantined_until FROM transmitters").fetchall()
        tables = {row[1] for row in connection.execute("SELECT * FROM sqlite_master")}
    connection.close()
    assert facts == [("f", "producible", 0, 0)]
    assert numbers == [("t", None)]
    assert {"approvals", "letter_forms"} <= tables
