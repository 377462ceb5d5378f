"""The station database: how it is opened, and the two kinds of transaction.

All differences between SQLite and PostgreSQL are here.
"""

import importlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError, OperationalError

from stationd.errors import CheckFailedError, DatabaseUnavailableError, MistakeError

__all__ = ["Connection", "Database", "copy_file", "execute_rows", "inserting", "slices"]

Connection = sa.Connection

_T = TypeVar("_T")

_BUSY_MS = 5000

# Emptying the log is no reason to keep anybody waiting; it can be tried again.
_PATIENCE_MS = 500

# A page that many batches touch is put back into the file once for all of them (32 MB of log).
_LOG_PAGES = 8000

# Appending touches one page of each index for each account of a batch; these stay in memory.
_CACHE_KIB = 32 * 1024


class Database:
    """The station database.  One object a process; connections are pooled per thread."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _prepare_sqlite)

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and writes nothing."""
        with self._begin("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits on leaving, or rolls back on raising.

        On SQLite it takes the write lock at once, so what it reads stays true until it commits.
        """
        with self._begin("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _begin(self, sqlite_begin: str) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection, connection.begin():
                if self._engine.dialect.name == "sqlite":
                    connection.exec_driver_sql(sqlite_begin)
                yield connection
        except OperationalError as error:
            raise DatabaseUnavailableError(_away(str(error.orig))) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                msg = f"The station database hung up: {error.orig}"
                raise DatabaseUnavailableError(msg) from error
            if type(error.orig) is sqlite3.DatabaseError:
                # Its subclasses are refusals of ours; this is "not a database", "malformed".
                msg = (
                    f"The station database is damaged: {error.orig}. Keep the file as it is and "
                    "put the last backup beside it; do not write to it."
                )
                raise CheckFailedError(msg) from error
            raise

    def empty_log(self) -> bool:
        """Put SQLite's write-ahead log back into the file and empty it; tell whether it is.

        Who reads meanwhile stands in the way.  PostgreSQL's log is its server's affair: False.
        """
        if self._engine.dialect.name != "sqlite":
            return False
        with self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_PATIENCE_MS}")
            busy, *_ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MS}")
        return not busy

    def rewrite(self) -> None:
        """Write the SQLite file anew, so that nothing is in it but what its tables hold.

        Nobody else can write meanwhile, and as much disk is needed as the file has.
        """
        if self._engine.dialect.name != "sqlite":
            raise MistakeError(
                "Only a SQLite file is rewritten from here. On PostgreSQL an administrator of the "
                "server runs VACUUM FULL on what was purged (docs/howto/keep-and-remove.md)."
            )
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("VACUUM")
        except OperationalError as error:
            raise DatabaseUnavailableError(_away(str(error.orig))) from error

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


# What a driver says, and what helps.
_HELP = {
    "unable to open": "Look whether its folder is there and this user may write in it",
    "readonly": "This user may not write the file or its folder; look at owner and mode of both",
    "locked": "Another program holds it; if that lasts, find out which (`fuser` names it)",
    "full": "Its disk is full; make room, nothing else is needed",
    "disk I/O": "Its disk fails or is full; look at the system's log",
    "no such table": "It is of another release; `stationctl migrate` brings it to this one",
    "no such column": "It is of another release; `stationctl migrate` brings it to this one",
    "refused": "Look whether the server runs and listens where database.url says",
    "password": "The server does not take this user; look at database.url and the server's rules",
    "does not exist": "The server has no such database or user; an administrator makes it",
}


def _away(said: str) -> str:
    """Return a sentence for what a driver said, with what helps where that is known."""
    helps = next((text for part, text in _HELP.items() if part in said), "")
    first = f"The station database did not answer: {' '.join(said.split())}"
    return f"{first}. {helps}." if helps else first


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401  (DB-API)
    # SQLAlchemy's BEGIN is ours to send, so that a writer can take its lock at once.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Without this, INSERT OR REPLACE would delete a row and wake no trigger.
    cursor.execute("PRAGMA recursive_triggers=ON")
    cursor.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
    cursor.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MS}")
    cursor.close()


def inserting(connection: Connection, table: sa.Table) -> sqlite.Insert:
    """Return an INSERT into ``table`` that knows ``on_conflict_do_nothing`` and ``…_update``.

    Both databases write them alike, but SQLAlchemy has an object of its own for each.
    """
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    # Loaded where there is one: it costs every command of `stationctl` a tenth of a second.
    postgresql = importlib.import_module("sqlalchemy.dialects.postgresql")
    made: sqlite.Insert = postgresql.insert(table)
    return made


def execute_rows(
    connection: Connection, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]
) -> None:
    """Run ``statement``, which a module keeps, once for each of ``rows``, which have equal keys.

    The driver gets the values as they are: preparing each through its column's type costs as much
    as storing it.  For texts, numbers and bytes only.
    """
    if not rows:
        return
    text, keys = _compiled(statement, connection.dialect, tuple(rows[0]))
    if keys is None:
        connection.exec_driver_sql(text, list(rows))
    else:
        connection.exec_driver_sql(text, list(map(itemgetter(*keys), rows)))


@lru_cache(maxsize=64)
def _compiled(
    statement: Any,  # noqa: ANN401  (sa.Executable does not say that it is compiled)
    dialect: sa.Dialect,
    keys: tuple[str, ...],
) -> tuple[str, tuple[str, ...] | None]:
    """Return a statement's text, and the order of its values where they are not named."""
    compiled = statement.compile(dialect=dialect, column_keys=list(keys))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None


def slices(values: Sequence[_T], most: int = 500) -> Iterator[Sequence[_T]]:
    """Yield ``values`` in parts that one statement can name; none where there are none."""
    for start in range(0, len(values), most):
        yield values[start : start + most]


def copy_file(connection: Connection, target: Path) -> bool:
    """Copy a SQLite database to ``target`` as it stands; False where there is no such file.

    A file copied by other means may lack what still lies in its write-ahead log.
    """
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        return False
    with closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return True
