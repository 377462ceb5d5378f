"""Alembic and we agree on which revisions there are, and only a migration loads it."""

import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from stationd.db import revision, upgrading
from stationd.db.engine import Database


def test_the_newest_revision_is_the_head_that_alembic_finds() -> None:
    scripts = ScriptDirectory(str(revision._SCRIPTS))
    assert revision.newest_revision() == scripts.get_current_head()
    assert revision._known() == {one.revision for one in scripts.walk_revisions()}


def test_an_empty_database_gets_every_revision(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'station.sqlite3'}")
    with database.writing() as connection:
        upgrading.upgrade(connection, revision._SCRIPTS)
        assert revision.read_revision(connection) == revision.newest_revision()
    database.close()


def test_a_command_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import sys, stationd.cli.status, stationd.cli.case\n"
        "print(sorted({'alembic', 'boto3', 'pyhanko', 'reportlab', 'twisted'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n"


def test_help_loads_neither_settings_nor_database() -> None:
    code = (
        "import sys, stationd.cli.main\n"
        "print(sorted({'pydantic', 'sqlalchemy', 'stationd.settings'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "[]\n"
