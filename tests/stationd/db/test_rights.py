"""The programs' role adds to the record and changes nothing of it; the rest it may change."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from stationd.db import schema
from stationd.db.engine import Database, execute_text
from stationd.db.rights import give_rights, read_role, read_unguarded, statements
from stationd.db.schema import APPEND_ONLY, metadata
from stationd.errors import DatabaseUnavailableError, MistakeError
from tests.postgresql import PROGRAMS, SUPERUSER, PostgresServer


@pytest.fixture
def stored(postgres: PostgresServer, migrated_database: str) -> Iterator[str]:
    """The name of a database whose tables the superuser owns."""
    name = postgres.make(migrated_database)
    yield name
    postgres.drop(name)


@pytest.fixture
def programs(postgres: PostgresServer, stored: str) -> Iterator[Database]:
    made = Database(postgres.url(stored, PROGRAMS))
    yield made
    made.close()


@pytest.fixture
def owner(postgres: PostgresServer, stored: str) -> Iterator[Database]:
    made = Database(postgres.url(stored, SUPERUSER))
    yield made
    made.close()


def test_every_table_is_given_and_none_of_the_record_for_changing() -> None:
    revoked, version, added, changed, *purged = statements("us")
    assert all(f" {table}," in f" {revoked.replace(' FROM', ',')}" for table in metadata.tables)
    assert version == "GRANT SELECT ON alembic_version TO us"
    assert added.startswith("GRANT SELECT, INSERT ON ")
    named = {
        text.partition(" ON ")[2].removesuffix(" TO us").replace(",", "")
        for text in (added, changed)
    }
    given = [set(one.split()) for one in named]
    assert set.union(*given) == set(metadata.tables)
    assert set.intersection(*given) == set()
    assert set(APPEND_ONLY) in given
    assert all(text.startswith("GRANT UPDATE (") for text in purged[:-1])
    assert purged[-1] == "GRANT DELETE ON documents TO us"


@pytest.mark.parametrize(
    "statement",
    [
        *(
            f"UPDATE {table} SET {metadata.tables[table].c.keys()[0]} = NULL"
            for table in APPEND_ONLY
        ),
        *(f"DELETE FROM {table}" for table in APPEND_ONLY if table != "documents"),
        "TRUNCATE records",
        "DROP TRIGGER records_no_update ON records",
        "ALTER TABLE records DISABLE TRIGGER ALL",
        "DROP TABLE records",
        "CREATE TABLE more (n int)",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE sql AS ''",
        "SET session_replication_role = replica",
        "UPDATE alembic_version SET version_num = '0001'",
    ],
    ids=lambda text: " ".join(text.split()[:3]),
)
def test_the_programs_are_refused(programs_once: Database, statement: str) -> None:
    with (
        pytest.raises(DatabaseUnavailableError, match="Our role lacks a right"),
        programs_once.writing() as connection,
    ):
        execute_text(connection, statement)


@pytest.fixture(scope="module")
def programs_once(postgres: PostgresServer, migrated_database: str) -> Iterator[Database]:
    name = postgres.make(migrated_database)
    made = Database(postgres.url(name, PROGRAMS))
    yield made
    made.close()
    postgres.drop(name)


def test_the_programs_read_everything_and_change_what_is_no_record(programs: Database) -> None:
    with programs.writing() as connection:
        assert read_role(connection) == PROGRAMS
        assert read_unguarded(connection) == []
        connection.execute(sa.insert(schema.leases), {"name": "a", "holder": "b", "until": "c"})
        connection.execute(sa.update(schema.leases).values(holder="d"))
        connection.execute(sa.delete(schema.leases))
        for table in metadata.tables.values():
            assert connection.execute(sa.select(table)).all() == []


def test_who_owns_the_tables_may_change_them(owner: Database) -> None:
    with owner.reading() as connection:
        assert read_role(connection) == SUPERUSER
        assert read_unguarded(connection) == list(APPEND_ONLY)


def test_rights_that_were_too_many_are_taken_back(owner: Database, programs: Database) -> None:
    with owner.writing() as connection:
        execute_text(connection, f"GRANT ALL ON records TO {PROGRAMS}")
    with programs.reading() as connection:
        assert read_unguarded(connection) == ["records"]
    with owner.writing() as connection:
        give_rights(connection, PROGRAMS)
    with programs.reading() as connection:
        assert read_unguarded(connection) == []


def test_a_role_is_called_by_its_name_whatever_that_is(
    owner: Database, postgres: PostgresServer
) -> None:
    name = 'Station "south"; --'
    quoted = owner.engine.dialect.identifier_preparer.quote(name)
    postgres.execute(f"CREATE ROLE {quoted}")
    try:
        with owner.writing() as connection:
            give_rights(connection, name)
            query = sa.select(sa.func.has_table_privilege(name, "records", "INSERT"))
            assert connection.execute(query).scalar_one()
    finally:
        postgres.execute(f"DROP OWNED BY {quoted}", database=owner.engine.url.database or "")
        postgres.execute(f"DROP ROLE {quoted}")


def test_a_role_that_is_not_there_is_the_askers_mistake(owner: Database) -> None:
    with (
        pytest.raises(MistakeError, match=r'"nonesuch" does not exist.*createuser'),
        owner.writing() as connection,
    ):
        give_rights(connection, "nonesuch")
