"""Revision 0001 makes the tables of keeping; what follows it finds them so."""

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db import triggers
from stationd.db.migrations.versions import r0001_keeping as revision


@pytest.fixture
def connection():
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        yield made
    engine.dispose()


def test_it_is_the_first() -> None:
    assert (revision.revision, revision.down_revision) == ("0001", None)


def test_it_makes_journals_ledger_and_signals(connection: sa.Connection) -> None:
    revision.upgrade()
    made = set(sa.inspect(connection).get_table_names())
    assert {"journals", "entries", "heads", "records", "checkpoints", "signals", "gaps"} <= made


def test_its_append_only_tables_are_protected(connection: sa.Connection) -> None:
    revision.upgrade()
    found = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
    assert set(found.scalars()) == triggers.names(
        ("entries", "records", "documents", "checkpoints", "notes")
    )
