"""Which revision the station database has, and how it gets the newest one.

Only `stationctl migrate` migrates; every other program checks and refuses a database of another
revision.  The revisions are Alembic's, in `stationd/db/migrations/versions`; they are run from
here and not by the `alembic` command, so that the copy before cannot be forgotten.
"""

import importlib
import re
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

from stationd.db.engine import Connection, Database, copy_file
from stationd.db.server import check_server
from stationd.errors import MistakeError

__all__ = ["RevisionError", "check_revision", "migrate", "newest_revision", "read_revision"]

_SCRIPTS = Path(__file__).parent / "migrations"
_REVISION = re.compile(r"r(\d{4})_\w+\.py")

# Alembic's own table.
_VERSION = sa.table("alembic_version", sa.column("version_num"))


class RevisionError(MistakeError):
    """The station database has another revision than this program needs."""


def newest_revision() -> str:
    """Return the revision that this program needs."""
    return max(_known())


def read_revision(connection: Connection) -> str | None:
    """Return the revision the database has; None: it has no tables yet."""
    if not sa.inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(sa.select(_VERSION.c.version_num)).scalar_one_or_none()
    return found


def check_revision(database: Database) -> None:
    """Raise `RevisionError`, which says what helps, unless the database is of our revision."""
    newest = newest_revision()
    with database.reading() as connection:
        found = read_revision(connection)
    if found == newest:
        return
    if found is None:
        msg = "The station database has no tables yet; `stationctl migrate` makes them."
    elif found in _known():
        msg = (
            f"The station database has revision {found}, this program needs {newest}; "
            "stop the worker and run `stationctl migrate`."
        )
    else:
        msg = _newer(found)
    raise RevisionError(msg)


def migrate(database: Database, *, copy_to: Path | None) -> str:
    """Bring the database to the newest revision, all or nothing, and return that revision.

    A SQLite database that holds anything is copied to ``copy_to`` before; that file must not
    exist.  None is for a database that can be made again.
    """
    newest = newest_revision()
    with database.writing() as connection:
        found = read_revision(connection)
        if found == newest:
            return newest
        if found is not None and found not in _known():
            raise RevisionError(_newer(found))
        check_server(connection)
        if found is not None and copy_to is not None:
            _copy(database, copy_to)
        importlib.import_module("stationd.db.upgrading").upgrade(connection, _SCRIPTS)
    return newest


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    """Return the revisions of this release: the numbers that their files begin with."""
    names = (_REVISION.match(path.name) for path in (_SCRIPTS / "versions").iterdir())
    return frozenset(name[1] for name in names if name)


def _newer(found: str) -> str:
    return (
        f"The station database has revision {found}, which this program does not know: "
        "it was made by a newer one. Install that or a later release."
    )


def _copy(database: Database, target: Path) -> None:
    """Copy over a connection of its own: the one that migrates has begun to write."""
    if target.exists():
        msg = f"{target} exists; name a file that does not for the copy before the migration."
        raise MistakeError(msg)
    with database.reading() as connection:
        copy_file(connection, target)
