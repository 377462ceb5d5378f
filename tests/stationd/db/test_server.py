"""A server and its database are looked at before tables are made in it."""

from dataclasses import replace

import pytest

from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.db.server import OLDEST, Server, check_server, faults, read_server
from stationd.errors import MistakeError
from tests.postgresql import PostgresServer

GOOD = Server(version=180006, encoding="UTF8", by_bytes=True, follows=False)


def test_a_server_as_it_should_be_has_no_fault(database_of_tests: Database) -> None:
    with database_of_tests.reading() as connection:
        server = read_server(connection)
        check_server(connection)
    assert server is not None
    assert server.version // 10_000 >= OLDEST
    # The server of tests promises nothing, and says so.
    assert server.careless == ("fsync", "full_page_writes")
    assert faults(server) == []


def test_a_server_that_answers_before_it_has_written_is_careless(
    database_of_tests: Database,
) -> None:
    with database_of_tests.reading() as connection:
        connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
        server = read_server(connection)
    assert server is not None
    assert "synchronous_commit" in server.careless


@pytest.fixture
def database_of_tests(postgres, migrated_database):
    made = Database(postgres.url(migrated_database))
    yield made
    # A database that is somebody's template must have no connection.
    made.close()


def test_sqlite_is_no_server(database: Database) -> None:
    with database.reading() as connection:
        assert read_server(connection) is None
        check_server(connection)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"version": 140_020}, "PostgreSQL 14 is too old; install 15 or newer"),
        ({"encoding": "LATIN1"}, "keeps texts as LATIN1, not UTF8; make it anew"),
        ({"by_bytes": False}, "sorts texts by a language"),
        ({"follows": True}, "only follows another one"),
    ],
)
def test_each_fault_says_what_helps(wrong: dict[str, object], told: str) -> None:
    (fault,) = faults(replace(GOOD, **wrong))
    assert told in fault


def test_no_tables_are_made_in_a_database_of_another_encoding(postgres: PostgresServer) -> None:
    name = postgres.make(more="ENCODING 'LATIN1' LOCALE 'C'")
    made = Database(postgres.url(name))
    with pytest.raises(MistakeError, match="LATIN1"):
        migrate(made, copy_to=None)
    made.close()
    assert postgres.execute("SELECT 1 FROM pg_class WHERE relname = 'records'", database=name) == []
    postgres.drop(name)
