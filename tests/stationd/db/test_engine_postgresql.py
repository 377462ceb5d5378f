"""What the two kinds of transaction promise on PostgreSQL, against a real server."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy as sa

from stationd.db import engine as module
from stationd.db import schema
from stationd.db.engine import Database
from stationd.errors import DatabaseUnavailableError, MistakeError
from tests.postgresql import PostgresServer

LEASE = {"name": "worker", "holder": "w1", "until": "2026"}


@pytest.fixture
def database_kind() -> str:
    return "postgresql"


@pytest.fixture
def other(database_url: str) -> Iterator[Database]:
    """Another program at the same database."""
    made = Database(database_url)
    yield made
    made.close()


def holders(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(schema.leases.c.holder)).scalars())


def test_one_writer_at_a_time_and_the_next_sees_what_it_did(
    database: Database, other: Database
) -> None:
    began = threading.Event()
    seen: list[str] = []

    def second() -> None:
        began.set()
        with other.writing() as connection:
            seen.extend(connection.execute(sa.select(schema.leases.c.holder)).scalars())

    with database.writing() as connection:
        thread = threading.Thread(target=second)
        thread.start()
        began.wait()
        connection.execute(sa.insert(schema.leases), LEASE)
    thread.join()
    assert seen == ["w1"]


def test_a_writer_that_waits_too_long_gives_up(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = [text.replace("'5000'", "'20'") for text in module._BEGIN_WRITING]
    assert quick != list(module._BEGIN_WRITING)
    monkeypatch.setattr(module, "_BEGIN_WRITING", quick)
    with (
        database.writing(),
        pytest.raises(DatabaseUnavailableError, match=r"lock timeout.*Another program writes"),
        other.writing(),
    ):
        pass


def test_a_writer_that_fell_silent_is_ended_and_holds_up_nobody(
    database: Database, other: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasty = [text.replace("'60000'", "'20'") for text in module._BEGIN_WRITING]
    assert hasty != list(module._BEGIN_WRITING)

    def fall_silent(stack: ExitStack) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(module, "_BEGIN_WRITING", hasty)
            silent = stack.enter_context(database.writing())
        # This one waits for the silent one, which the server ends meanwhile.
        with other.writing() as writer:
            writer.execute(sa.insert(schema.leases), LEASE)
        silent.execute(sa.insert(schema.leases), {**LEASE, "name": "silent"})

    with (
        pytest.raises(DatabaseUnavailableError, match=r"idle-in-transaction|closed the connection"),
        ExitStack() as stack,
    ):
        fall_silent(stack)
    assert holders(database) == ["w1"]


def test_readers_wait_for_no_writer(database: Database, other: Database) -> None:
    with database.writing() as connection:
        connection.execute(sa.insert(schema.leases), LEASE)
        assert holders(other) == []
    assert holders(other) == ["w1"]


def test_a_reader_sees_one_moment_and_writes_nothing(database: Database, other: Database) -> None:
    with database.reading() as reader:
        assert reader.execute(sa.select(schema.leases)).all() == []
        with other.writing() as writer:
            writer.execute(sa.insert(schema.leases), LEASE)
        assert reader.execute(sa.select(schema.leases)).all() == []
    with (
        pytest.raises(DatabaseUnavailableError, match="read-only transaction"),
        database.reading() as reader,
    ):
        reader.execute(sa.delete(schema.leases))
    assert holders(database) == ["w1"]


def test_a_connection_that_read_may_write_afterwards(database: Database) -> None:
    for holder in ("w1", "w2"):
        holders(database)
        with database.writing() as connection:
            connection.execute(sa.delete(schema.leases))
            connection.execute(sa.insert(schema.leases), {**LEASE, "holder": holder})
    assert holders(database) == ["w2"]


def test_a_connection_that_the_server_ended_is_replaced(
    database: Database, postgres: PostgresServer, programs_database: str
) -> None:
    assert holders(database) == []
    postgres.hang_up(programs_database)
    assert holders(database) == []


def test_a_transaction_whose_connection_ends_is_unavailable_and_leaves_nothing(
    database: Database, postgres: PostgresServer, programs_database: str
) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.execute(sa.insert(schema.leases), LEASE)
            postgres.hang_up(programs_database)
            connection.execute(sa.insert(schema.leases), {**LEASE, "name": "other"})

    with pytest.raises(DatabaseUnavailableError, match="terminating connection"):
        write()
    assert holders(database) == []


@pytest.mark.parametrize("value", ["a\0b", "x" * 65])
def test_a_value_that_it_cannot_keep_is_the_askers_mistake(database: Database, value: str) -> None:
    with (
        pytest.raises(MistakeError, match="cannot keep a value"),
        database.writing() as connection,
    ):
        connection.execute(sa.insert(schema.leases), {**LEASE, "holder": value})


def test_what_the_address_says_goes_before_what_we_would_say(database_url: str) -> None:
    made = Database(f"{database_url}&application_name=ours&connect_timeout=7")
    with made.reading() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        told = driver.info.get_parameters()
    made.close()
    assert (told["application_name"], told["connect_timeout"]) == ("ours", "7")
    assert told["client_encoding"] == "utf8"
    assert timedelta(seconds=int(told["keepalives_idle"])) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("address", "helps"),
    [
        ("postgresql+psycopg://programs@/none?host={folder}", "no such database"),
        ("postgresql+psycopg://nobodyhere@/{name}?host={folder}", "no such database or user"),
        ("postgresql+psycopg://asked:wrong@/{name}?host={folder}", "does not take this user"),
        ("postgresql+psycopg://asked@/{name}?host={folder}", "does not take this user"),
        ("postgresql+psycopg://a@/x?host={folder}/none", "server runs and listens"),
        ("postgresql+psycopg://a@127.0.0.1:1/x", "server runs and listens"),
    ],
)
def test_a_server_that_does_not_let_us_in_says_why(
    address: str, helps: str, postgres: PostgresServer, programs_database: str
) -> None:
    made = Database(address.format(folder=postgres.folder, name=programs_database))
    with pytest.raises(DatabaseUnavailableError, match=helps), made.reading():
        pass


def test_a_password_may_stand_in_a_file(
    postgres: PostgresServer, programs_database: str, tmp_path
) -> None:
    file = tmp_path / "pgpass"
    file.write_text("*:*:*:asked:the-right-one\n")
    file.chmod(0o600)
    made = Database(postgres.url(programs_database, "asked", f"&passfile={file}"))
    with made.reading() as connection:
        assert connection.exec_driver_sql("SELECT current_user").scalar_one() == "asked"
    made.close()
