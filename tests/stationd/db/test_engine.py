"""The station database opens, reads one moment, writes all or nothing, and says when it is away."""

import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stationd.db import schema
from stationd.db.engine import (
    Database,
    copy_file,
    execute_rows,
    inserting,
    slices,
    storable,
)
from stationd.errors import CheckFailedError, DatabaseUnavailableError, MistakeError

LEASE = {"name": "worker", "holder": "w1", "until": "2026"}


def holders(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(schema.leases.c.holder)).scalars())


@pytest.mark.both_databases
def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with suppress(RuntimeError), database.writing() as connection:
        connection.execute(sa.insert(schema.leases), LEASE)
        raise RuntimeError
    assert holders(database) == []


def test_a_writer_keeps_every_other_writer_out_from_its_start(
    database: Database, tmp_path: Path
) -> None:
    with (
        database.writing(),
        closing(sqlite3.connect(tmp_path / "station.sqlite3", timeout=0)) as other,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        other.execute("BEGIN IMMEDIATE")


@pytest.mark.both_databases
def test_a_reader_sees_one_moment(database: Database) -> None:
    query = sa.select(sa.func.count()).select_from(schema.leases)
    with database.reading() as reader:
        before = reader.execute(query).scalar_one()
        with database.writing() as writer:
            writer.execute(sa.insert(schema.leases), LEASE)
        assert reader.execute(query).scalar_one() == before
    assert holders(database) == ["w1"]


def test_a_database_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    missing = Database(f"sqlite:///{tmp_path / 'none' / 'station.sqlite3'}")
    with pytest.raises(DatabaseUnavailableError, match="did not answer"), missing.reading():
        pass


def test_a_locked_database_is_unavailable(database: Database, tmp_path: Path) -> None:
    def at_once(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")

    sa.event.listen(database.engine, "connect", at_once)
    database.close()
    with closing(sqlite3.connect(tmp_path / "station.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableError, match="locked"), database.writing():
            pass


def test_a_read_only_file_says_whose_rights_to_look_at(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            connection.execute(sa.insert(schema.leases), LEASE)

    with pytest.raises(DatabaseUnavailableError, match="owner and mode"):
        write()


def test_a_full_database_says_to_make_room(database: Database) -> None:
    rows = [{**LEASE, "name": f"{number}", "holder": "x" * 64} for number in range(5000)]

    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count=1")
            connection.execute(sa.insert(schema.leases), rows)

    with pytest.raises(DatabaseUnavailableError, match="make room"):
        write()


def test_a_file_that_is_no_database_is_damaged_and_not_away(tmp_path: Path) -> None:
    (tmp_path / "odd.sqlite3").write_bytes(b"not a database" * 100)
    odd = Database(f"sqlite:///{tmp_path / 'odd.sqlite3'}")
    with pytest.raises(CheckFailedError, match="is damaged: file is not a database"), odd.reading():
        pass


def test_a_table_that_is_missing_says_to_migrate(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite3'}")
    with (
        pytest.raises(DatabaseUnavailableError, match="stationctl migrate"),
        empty.reading() as connection,
    ):
        connection.execute(sa.select(schema.leases)).all()
    empty.close()


@pytest.mark.both_databases
def test_a_refusal_of_the_database_is_not_taken_for_its_absence(database: Database) -> None:
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        connection.execute(sa.insert(schema.leases), [LEASE, LEASE])


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("wal_autocheckpoint", 8000),
    ],
)
@pytest.mark.usefixtures("syncing")
def test_every_connection_is_prepared(database: Database, pragma: str, value: object) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


@pytest.mark.both_databases
def test_inserting_knows_what_to_do_on_conflict(database: Database) -> None:
    with database.writing() as connection:
        statement = inserting(connection, schema.leases)
        connection.execute(statement.on_conflict_do_nothing(), LEASE)
        connection.execute(statement.on_conflict_do_nothing(), {**LEASE, "holder": "w2"})
    assert holders(database) == ["w1"]


_INSERT = sa.insert(schema.leases)
_INSERT_CHECK = sa.insert(schema.checks)
_INSERT_ENTRY = sa.insert(schema.entries)


@pytest.mark.both_databases
def test_many_rows_are_written_at_once(database: Database) -> None:
    rows = [{"name": str(n), "holder": f"w{n}", "until": "2026"} for n in range(3)]
    with database.writing() as connection:
        execute_rows(connection, _INSERT, rows)
        execute_rows(connection, _INSERT, [])
    assert sorted(holders(database)) == ["w0", "w1", "w2"]


def test_what_is_no_sqlite_file_is_not_copied(tmp_path: Path) -> None:
    class Elsewhere:
        class connection:  # noqa: N801  (SQLAlchemy's name)
            driver_connection = object()

    assert not copy_file(Elsewhere(), tmp_path / "copy.sqlite3")  # type: ignore[arg-type]


@pytest.mark.both_databases
def test_rows_that_are_refused_leave_none_behind(database: Database) -> None:
    rows = [LEASE, {**LEASE, "name": "other"}, LEASE]
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        execute_rows(connection, _INSERT, rows)
    assert holders(database) == []


@pytest.mark.both_databases
def test_a_text_that_no_encoding_has_is_the_askers_mistake(database: Database) -> None:
    with (
        pytest.raises(MistakeError, match=r"keeps texts in UTF-8.*surrogates not allowed"),
        database.writing() as connection,
    ):
        connection.execute(_INSERT, {**LEASE, "holder": "a\ud800"})
    assert holders(database) == []


@pytest.mark.both_databases
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example("a\0b\ud800c\U0010ffff")
@given(st.text(st.characters(codec=None, categories=None)))
def test_what_a_machine_said_can_be_kept_and_is_kept_as_it_is(
    database: Database, said: str
) -> None:
    kept = storable(said)
    row = {"name": "said", "outcome": "failed", "detail": kept, "at": "2026"}
    with database.writing() as connection:
        connection.execute(sa.delete(schema.checks))
        execute_rows(connection, _INSERT_CHECK, [row])
        (found,) = connection.execute(sa.select(schema.checks.c.detail)).scalars()
    assert found == kept
    assert storable(kept) == kept
    if said.isascii() and "\0" not in said:
        assert kept == said


@pytest.mark.both_databases
@given(
    number=st.integers(-(2**63), 2**63 - 1) | st.sampled_from([2**31, 2**53, -(2**63), 2**63 - 1]),
    data=st.binary(max_size=300),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_and_bytes_come_back_as_they_were(
    database: Database, number: int, data: bytes
) -> None:
    row = {"journal": "a" * 32, "position": number, "body": data, "link": data[:32]}
    with suppress(Undone), database.writing() as connection:
        execute_rows(connection, _INSERT_ENTRY, [row, {**row, "journal": "b" * 32, "body": None}])
        found = connection.execute(sa.select(schema.entries).order_by("journal")).mappings().all()
        assert [dict(one) for one in found] == [row, {**row, "journal": "b" * 32, "body": None}]
        raise Undone


class Undone(Exception):  # noqa: N818  (nothing went wrong)
    """Ends a transaction that is to leave nothing."""


@pytest.mark.both_databases
def test_texts_are_sorted_by_their_bytes(database: Database) -> None:
    names = ["a", "B", "a-c", "ab", "Z", "\u00e4", "a b", "aa", "_", "unknown:a:1", "1", "10", "9"]
    with database.writing() as connection:
        execute_rows(connection, _INSERT, [{**LEASE, "name": name} for name in names])
        query = sa.select(schema.leases.c.name).order_by(schema.leases.c.name)
        found = list(connection.execute(query).scalars())
        after = connection.execute(query.where(schema.leases.c.name > "a")).scalars().all()
    assert found == sorted(names, key=str.encode)
    assert after == found[found.index("a") + 1 :]


def test_a_server_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MistakeError, match="pip install"):
        Database("postgresql+psycopg://w@db/stationd")


def test_a_copy_holds_what_still_lies_in_the_write_ahead_log(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(schema.leases), LEASE)
    with database.reading() as connection:
        assert copy_file(connection, tmp_path / "copy.sqlite3")
    copy = Database(f"sqlite:///{tmp_path / 'copy.sqlite3'}")
    assert holders(copy) == ["w1"]
    copy.close()


@pytest.mark.parametrize(
    ("count", "parts"), [(0, []), (1, [[0]]), (2, [[0, 1]]), (5, [[0, 1], [2, 3], [4]])]
)
def test_values_are_cut_into_parts_that_have_all_of_them(count: int, parts: list[Any]) -> None:
    assert list(slices(list(range(count)), 2)) == parts


def test_the_log_is_emptied_unless_somebody_reads(database: Database, tmp_path: Path) -> None:
    log = tmp_path / "station.sqlite3-wal"
    with database.writing() as connection:
        connection.execute(sa.insert(schema.leases), LEASE)
    assert log.stat().st_size > 0
    with closing(sqlite3.connect(tmp_path / "station.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT count(*) FROM leases").fetchall()
        assert not database.empty_log()
        other.execute("COMMIT")
    assert database.empty_log()
    assert log.stat().st_size == 0
    with database.reading() as connection:
        (patience,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    assert patience == 5000


def test_a_rewritten_file_holds_what_its_tables_hold_and_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(schema.leases), {**LEASE, "holder": "nobody-says-this"})
    with database.writing() as connection:
        connection.execute(sa.delete(schema.leases))
        connection.execute(sa.insert(schema.leases), LEASE)
    database.rewrite()
    assert database.empty_log()
    assert b"nobody-says-this" not in (tmp_path / "station.sqlite3").read_bytes()
    assert holders(database) == ["w1"]


def test_a_file_that_somebody_writes_is_rewritten_later(database: Database, tmp_path: Path) -> None:
    def at_once(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=1")

    sa.event.listen(database.engine, "connect", at_once)
    database.close()
    with closing(sqlite3.connect(tmp_path / "station.sqlite3")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            database.rewrite()


def test_a_servers_files_are_not_ours_to_rewrite() -> None:
    made = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert not made.empty_log()
    with pytest.raises(MistakeError, match="VACUUM FULL"):
        made.rewrite()
    made.close()
