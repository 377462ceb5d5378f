"""The journal's file: its tables and how it is opened."""

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from stationd.ids import CountedIds
from stationd.journal import schema
from stationd.journal.store import Journal


@pytest.mark.usefixtures("journal")
def test_the_migrations_make_the_tables_that_the_queries_know(path: Path) -> None:
    connection = sqlite3.connect(path)
    for table in (schema.entries, schema.about):
        made = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
        assert made == [column.name for column in table.columns]
    assert connection.execute("PRAGMA user_version").fetchone() == (len(schema.MIGRATIONS),)
    assert connection.execute("PRAGMA application_id").fetchone() == (schema.APPLICATION,)
    connection.close()


@pytest.mark.usefixtures("journal")
def test_the_tables_hold_no_value_of_another_type(path: Path) -> None:
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("INSERT INTO entries VALUES (1, 'text', x'00')")
    connection.close()


@pytest.mark.parametrize("name", ["a b", "50%25", "what?", "a#b", "ü"])
def test_any_file_name_does(tmp_path: Path, name: str) -> None:
    Journal.open(tmp_path / name, CountedIds()).close()
    assert (tmp_path / name).stat().st_size > 0


def test_a_file_is_not_made_by_who_only_reads(tmp_path: Path) -> None:
    engine = schema.open_engine(tmp_path / "none", mode="rw", prepare=())
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()
    assert not (tmp_path / "none").exists()
