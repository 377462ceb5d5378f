"""Revision 0003 adds cases, bundles, due steps, leases and checks."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from stationd.db import triggers
from stationd.db.migrations.versions import r0003_cases as revision


def test_it_follows_the_second() -> None:
    assert (revision.revision, revision.down_revision) == ("0003", "0002")


def test_it_makes_cases_and_bundles_and_protects_what_was_done() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as made, Operations.context(MigrationContext.configure(made)):
        revision.upgrade()
        names = set(sa.inspect(made).get_table_names())
        found = made.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        made_triggers = set(found.scalars())
    engine.dispose()
    assert {"cases", "case_facts", "case_steps", "orders", "objects", "leases"} <= names
    assert made_triggers == triggers.names(("case_facts", "case_steps"))
