import sqlite3

from stationd.db.engine import Database
from stationd.db.migrations.versions import r0017_copies as revision
from stationd.db.revision import migrate


def test_it_follows_the_renewals() -> None:
    assert (revision.revision, revision.down_revision) == ("0017", "0016")


def test_orders_and_hand_outs_get_their_columns_and_recipients_a_table(tmp_path) -> None:
    path = tmp_path / "station.sqlite3"
    database = Database(f"sqlite:///{path}")
    migrate(database, copy_to=None)
    database.close()
    with sqlite3.connect(path) as connection:
        names = {
            table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            for table in ("orders", "handouts", "recipients")
        }
    connection.close()
    assert {"source_id", "redaction"} <= names["orders"]
    assert {"certificate", "compartment"} <= names["handouts"]
    assert {"fingerprint", "name", "pem", "ended_at"} <= names["recipients"]
