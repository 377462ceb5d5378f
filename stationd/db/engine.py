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
from typing import Any, TypeGuard, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from stationd.db.trouble import told
from stationd.errors import MistakeError

__all__ = [
    "Connection",
    "Database",
    "copy_file",
    "execute_rows",
    "execute_text",
    "inserting",
    "slices",
    "storable",
]

Connection = sa.Connection

_T = TypeVar("_T")

_BUSY_MS = 5000

# Emptying the log is no reason to keep anybody waiting; it can be tried again.
_PATIENCE_MS = 500

# A page that many batches touch is put back into the file once for all of them (32 MB of log).
_LOG_PAGES = 8000

# Appending touches one page of each index for each account of a batch; these stay in memory.
_CACHE_KIB = 32 * 1024


# What libpq is told where the address does not: a server that is gone must not hold us for hours.
_LIBPQ = {
    "application_name": "stationd",
    "client_encoding": "utf8",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}

# One transaction at a time writes, whichever node's: what it reads stays true until it commits, as
# on SQLite.  The number is "stationd" in ASCII; each database has locks of its own.  A writer that
# a machine took with it is ended by the server, so that it holds up the others no longer.
_WRITER = int.from_bytes(b"stationd", "big")
_SILENT_MS = 60_000
_ONE_MOMENT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_BEGIN_WRITING = (
    f"SELECT set_config('lock_timeout', '{_BUSY_MS}', true)",
    f"SELECT set_config('idle_in_transaction_session_timeout', '{_SILENT_MS}', true)",
    f"SELECT pg_advisory_xact_lock({_WRITER})",
)


class Database:
    """The station database.  One object a process; connections are pooled per thread."""

    def __init__(self, url: str) -> None:
        where = make_url(url)
        self._sqlite = where.get_backend_name() == "sqlite"
        if self._sqlite:
            self._engine = sa.create_engine(where)
            sa.event.listen(self._engine, "connect", _prepare_sqlite)
            return
        more = {name: value for name, value in _LIBPQ.items() if name not in where.query}
        try:
            self._engine = sa.create_engine(where, pool_pre_ping=True, connect_args=more)
        except ModuleNotFoundError as error:
            msg = (
                "database.url names a PostgreSQL server, and psycopg, which speaks to one, is not "
                "installed here: pip install 'stationd[postgres]'."
            )
            raise MistakeError(msg) from error

    @property
    def engine(self) -> sa.Engine:
        """The engine, for migrations."""
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment and writes nothing."""
        begin = self._begin(("BEGIN",)) if self._sqlite else self._begin((), **_ONE_MOMENT)
        with begin as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits on leaving, or rolls back on raising.

        It takes the one write lock at once, so what it reads stays true until it commits.
        """
        with self._begin(("BEGIN IMMEDIATE",) if self._sqlite else _BEGIN_WRITING) as connection:
            yield connection

    @contextmanager
    def _begin(self, statements: Sequence[str], **options: object) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                if options:
                    connection.execution_options(**options)
                with connection.begin():
                    for statement in statements:
                        connection.exec_driver_sql(statement)
                    yield connection
        except UnicodeEncodeError as error:
            msg = "The station database keeps texts in UTF-8, and one holds what has no place there"
            raise MistakeError(f"{msg}: {error.reason}.") from error
        except DBAPIError as error:
            ours = told(error)
            if ours is None:
                raise
            raise ours from error

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
        except DBAPIError as error:
            ours = told(error)
            if ours is None:
                raise
            raise ours from error

    def close(self) -> None:
        """Close every pooled connection."""
        self._engine.dispose()


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


def execute_text(connection: Connection, statement: str) -> None:
    """Run a statement that has no values as it stands; a `%` in it is one."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})


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
    if connection.dialect.name == "postgresql" and _only_adds(statement):
        _copy(connection, statement.table, rows)
        return
    text, keys = _compiled(statement, connection.dialect, tuple(rows[0]))
    if keys is None:
        connection.exec_driver_sql(text, list(rows))
    else:
        connection.exec_driver_sql(text, list(map(itemgetter(*keys), rows)))


def _only_adds(statement: sa.Executable) -> TypeGuard[sa.Insert]:
    """Tell whether a statement is an INSERT without ON CONFLICT or RETURNING."""
    return type(statement) is sa.Insert and not statement.returning_column_descriptions


def _copy(connection: Connection, table: sa.TableClause, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add ``rows`` as a stream, which costs both sides less than a statement a row."""
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quote, rows[0]))
    text = f"COPY {quote(table.name)} ({names}) FROM STDIN"
    values = itemgetter(*rows[0])
    # SQLAlchemy knows no COPY, so psycopg's own connection is asked, and its errors are told anew.
    psycopg: Any = connection.connection.driver_connection
    fault = connection.dialect.loaded_dbapi.Error
    try:
        with psycopg.cursor() as cursor, cursor.copy(text) as copy:
            for row in rows:
                copy.write_row(values(row))
    except fault as error:
        raise DBAPIError.instance(text, {}, error, fault, dialect=connection.dialect) from error


@lru_cache(maxsize=64)
def _compiled(
    statement: Any,  # noqa: ANN401  (sa.Executable does not say that it is compiled)
    dialect: sa.Dialect,
    keys: tuple[str, ...],
) -> tuple[str, tuple[str, ...] | None]:
    """Return a statement's text, and the order of its values where they are not named."""
    compiled = statement.compile(dialect=dialect, column_keys=list(keys))
    return str(compiled), tuple(compiled.positiontup) if compiled.positional else None


def storable(text: str) -> str:
    """Return what a machine said as both databases can keep it: PostgreSQL knows no NUL."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


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
