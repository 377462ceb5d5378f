"""The journal: one SQLite file that one `stationd` writes.

Everything here blocks, and runs in one thread: the writer's.  An `append` is one transaction; its
receipts are given after the commit and never before.

What is kept of the file's state (last position and link) is what the last commit made of it.
After a failure it is not known whether the commit took place, so nothing is assumed: the file is
closed, opened and read again before the next append, and what is found must be what stood there
before the failed append, or that with all of it.  Anything else is `JournalBrokenError`.
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stationd.errors import JournalBrokenError, JournalUnavailableError
from stationd.ids import Ids
from stationd.journal.chain import first_link, link, links
from stationd.journal.model import Entry, Receipt, decode_body
from stationd.journal.released import Released
from stationd.journal.schema import APPLICATION, MIGRATIONS, about, entries, open_engine

__all__ = ["SLICE", "Journal"]

CHECKED_AT_START = 10_000
"""Entries whose links are checked on opening; the worker checks each as it takes it."""

SLICE = 500
"""Entries dropped in one transaction: few enough not to delay an acknowledgement."""

_LENGTH_BITS = 32
_INSERT_ONE = "INSERT INTO entries (position, body, link) VALUES (?, ?, ?)"
# Bodies and links come joined, each with its place: where it begins (from 1) and its length.
_INSERT = """
INSERT INTO entries (position, body, link)
SELECT ?1 + key, substr(?2, value >> 32, value & 4294967295), substr(?3, 32 * key + 1, 32)
FROM json_each(?4)
"""


class Journal:
    """An open journal.  Made by `open`; at most one process has it."""

    def __init__(self, path: Path, ids: Ids) -> None:
        self._path = path
        self._name = str(path)
        self._ids = ids
        self._lock: int | None = None
        self._connection: sa.Connection | None = None
        self._file = (0, 0)
        self._log: tuple[int, int] | None = None
        self._id = ""
        self._position = 0
        self._link = b""
        self._attempted: tuple[int, bytes] | None = None

    @classmethod
    def open(cls, path: Path, ids: Ids) -> Self:
        """Open the journal at ``path``, making it where there is none.

        Raises `JournalUnavailableError` (locked, full, gone: try again) or `JournalBrokenError`
        (its links do not continue, or it is no journal: look before going on).
        """
        journal = cls(path, ids)
        journal._take_lock()
        try:
            with journal._failures("opened"):
                journal._connect(mode="rwc")
                journal._migrate()
                journal._read_last()
                journal._check(CHECKED_AT_START)
        except BaseException:
            journal.close()
            raise
        return journal

    @property
    def id(self) -> str:
        """The journal's random id, 32 hex digits, from the moment its file was made."""
        return self._id

    @property
    def position(self) -> int:
        """The position of the last entry; 0 where there is none."""
        return self._position

    @property
    def link(self) -> bytes:
        """The link of the last entry."""
        return self._link

    def append(self, bodies: Sequence[bytes]) -> list[Receipt]:
        """Commit ``bodies`` as the next entries, in order, and return their receipts.

        All of them are committed or, as far as anybody may rely on it, none is.
        """
        if not bodies:
            return []
        with self._failures("written"):
            connection = self._ready()
            made = list(links(self._link, self._position + 1, bodies))
            first = self._position + 1
            self._attempted = (self._position + len(bodies), made[-1])
            with connection.begin():
                _insert(connection, first, bodies, made)
            self._same_file()
        self._position, self._link = self._attempted
        self._attempted = None
        return list(map(Receipt, count(first), made))

    def recent(self, count: int) -> list[Entry]:
        """Return the last ``count`` entries, in order."""
        with self._failures("read"):
            connection = self._ready()
            with connection.begin():
                rows = connection.execute(
                    sa.select(entries)
                    .where(entries.c.position > self._position - count)
                    .order_by(entries.c.position)
                ).all()
        return [decode_body(row.body, position=row.position, link=row.link) for row in rows]

    def drop(self, released: Released, *, before: int) -> int:
        """Drop one small slice of what ``released`` allows; return how many entries went.

        Only where our own link at its position is the released one, never the last entry, and
        only entries received before ``before`` (nanoseconds since 1970).  0: nothing to drop.
        """
        with self._failures("shortened"):
            connection = self._ready()
            with connection.begin():
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                agrees = _link_at(connection, released.position) == released.link
                if released.journal != self._id or not agrees:
                    return 0
                return self._drop_slice(connection, released, before)

    def close(self) -> None:
        """Close the file and let the lock go; harmless when done already."""
        self._disconnect()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # The lock file is never removed: a lock on a file that has lost its name guards nothing.
    def _take_lock(self) -> None:
        place = self._path.with_name(f"{self._path.name}.lock")
        try:
            descriptor = os.open(place, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
        except OSError as error:
            raise self._unavailable("opened", error.strerror or str(error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            msg = (
                f"The journal {self._path} is in use by another stationd (process {holder}); "
                "stop that one, or give this one a journal of its own."
            )
            raise JournalUnavailableError(msg) from None
        self._lock = descriptor
        with suppress(OSError):  # the number is for people; a full disk must not stop us here
            os.truncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())

    def _connect(self, *, mode: str) -> None:
        engine = open_engine(
            self._path,
            mode=mode,
            prepare=("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"),
        )
        self._connection = engine.connect()
        self._file = _identity(self._name)
        self._log = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            with suppress(DBAPIError, OSError):
                self._connection.close()
            self._connection = None

    def _migrate(self) -> None:
        connection = self._open_connection()
        with connection.begin():
            version = _scalar(connection, "PRAGMA user_version")
            foreign = _scalar(connection, "PRAGMA application_id") != APPLICATION
            filled = _scalar(connection, "SELECT count(*) FROM sqlite_schema") > 0
        if filled and foreign:
            msg = f"{self._path} is an SQLite file but no journal; name another in journal.path."
            raise JournalBrokenError(msg)
        if version > len(MIGRATIONS):
            msg = (
                f"The journal {self._path} has layout {version}, this stationd knows "
                f"{len(MIGRATIONS)}; install the newer stationd that wrote it."
            )
            raise JournalUnavailableError(msg)
        if version == len(MIGRATIONS):
            return
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    connection.exec_driver_sql(statement)
            if version == 0:
                fresh = self._ids.identifier()
                start = first_link(fresh.encode())
                connection.execute(about.insert().values(id=fresh, dropped=0, dropped_link=start))
            connection.exec_driver_sql(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _read_last(self) -> None:
        connection = self._open_connection()
        with connection.begin():
            whose = connection.execute(sa.select(about)).one()
            last = connection.execute(
                sa.select(entries.c.position, entries.c.link)
                .order_by(entries.c.position.desc())
                .limit(1)
            ).first()
        self._id = whose.id
        self._position, self._link = (
            (whose.dropped, whose.dropped_link) if last is None else (last.position, last.link)
        )

    def _check(self, count: int) -> None:
        connection = self._open_connection()
        with connection.begin():
            dropped = connection.execute(sa.select(about)).one()
            first = max(self._position - count, dropped.dropped) + 1
            previous = (
                dropped.dropped_link
                if first == dropped.dropped + 1
                else _link_at(connection, first - 1)
            )
            rows = connection.execute(
                sa.select(entries).where(entries.c.position >= first).order_by(entries.c.position)
            )
            for expected, row in enumerate(rows, start=first):
                if (
                    row.position != expected
                    or previous is None
                    or row.link != link(previous, expected, row.body)
                ):
                    raise self._broken(expected)
                previous = row.link

    def _ready(self) -> sa.Connection:
        """Return the connection; after a failure, only once what is on disk is known again."""
        if self._connection is not None:
            return self._connection
        if self._lock is None:
            raise self._unavailable("used", "it is closed")
        before = (self._id, self._position, self._link)
        self._connect(mode="rw")
        self._read_last()
        found = (self._id, self._position, self._link)
        known = [before]
        if self._attempted is not None:
            known.append((before[0], *self._attempted))
        if found not in known:
            self._id, self._position, self._link = before
            raise self._broken(before[1] + 1)
        self._check(CHECKED_AT_START)
        self._attempted = None
        return self._open_connection()

    def _drop_slice(self, connection: sa.Connection, released: Released, before: int) -> int:
        """Drop the oldest entries allowed, `SLICE` at most, inside the caller's transaction."""
        last = min(released.position, self._position - 1)
        rows = connection.execute(
            sa.select(entries)
            .where(entries.c.position <= last)
            .order_by(entries.c.position)
            .limit(SLICE)
        )
        gone: tuple[int, bytes] | None = None
        count = 0
        for row in rows:
            if decode_body(row.body, position=row.position, link=row.link).received_at >= before:
                break
            gone = (row.position, row.link)
            count += 1
        if gone is not None:
            connection.execute(entries.delete().where(entries.c.position <= gone[0]))
            connection.execute(about.update().values(dropped=gone[0], dropped_link=gone[1]))
        return count

    def _open_connection(self) -> sa.Connection:
        if self._connection is None:
            raise self._unavailable("used", "it is closed")
        return self._connection

    def _same_file(self) -> None:
        """Make sure that what was committed is in the files that the next start will open.

        A commit is in the write-ahead log first, which SQLite neither removes nor replaces while
        it is open; it is known from the first commit after opening.
        """
        log = f"{self._name}-wal"
        if self._log is None:
            self._log = _identity(log)
        if (_identity(self._name), _identity(log, (0, 0))) != (self._file, self._log):
            # What only the lost log has is saved where that is still possible.
            with suppress(DBAPIError):
                self._open_connection().exec_driver_sql("PRAGMA wal_checkpoint(FULL)")
            raise self._unavailable("found", "its file or its log was moved, removed or replaced")

    @contextmanager
    def _failures(self, done: str) -> Iterator[None]:
        """Turn what the disk or SQLite refuses into our own words, and trust nothing after it."""
        try:
            yield
        except DBAPIError as error:
            self._disconnect()
            raise self._unavailable(done, str(error.orig)) from error
        except OSError as error:
            self._disconnect()
            raise self._unavailable(done, error.strerror or str(error)) from error
        except Exception:
            # Ours, or one that nobody foresaw: either way the file is read again before it is used.
            self._disconnect()
            raise

    def _unavailable(self, done: str, why: str) -> JournalUnavailableError:
        advice = next((text for part, text in _ADVICE.items() if part in why), _CHECK_DISK)
        return JournalUnavailableError(
            f"The journal {self._path} could not be {done}: {why}; {advice}.  "
            "Nothing is acknowledged until it can."
        )

    def _broken(self, position: int) -> JournalBrokenError:
        return JournalBrokenError(
            f"The journal {self._path} ({self._id}) does not continue at entry {position}: it was "
            "changed outside stationd, or put back from a copy.  Move it and its -wal file aside "
            "and keep them; stationd then begins a new journal."
        )


_CHECK_DISK = "check the disk and the rights of the folder"
_ADVICE = {
    "full": "make room on its disk (what no anchor covers is not dropped to make any: `stationctl "
    "doctor` says how much that is)",
    "locked": "end the program that has it open for writing",
    "moved": "put it back, or restart stationd to begin a new journal",
    "No such file": "put it back, or mount its folder; a restart begins a new journal",
    "unable to open": "mount or make its folder, and check its rights",
    "readonly": "give stationd the right to write it",
    "malformed": "its file is damaged: move it and its -wal file aside and keep them",
    "not a database": "its file is no SQLite file: name another in journal.path",
}


def _identity(path: str, missing: tuple[int, int] | None = None) -> tuple[int, int]:
    """Return what tells a file from another of its name; ``missing`` where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  (after every commit: a Path costs ten times as much)
    except FileNotFoundError:
        if missing is None:
            raise
        return missing
    return found.st_dev, found.st_ino


def _insert(
    connection: sa.Connection, first: int, bodies: Sequence[bytes], made: Sequence[bytes]
) -> None:
    """Insert all of them in one statement, which is a transaction of its own.

    A statement gives the interpreter's lock away once, for as long as the disk takes.  With one
    for each entry, or for BEGIN and COMMIT, the reactor's thread takes the lock in between every
    time, and the writer waits longer for it than for the disk.
    """
    if len(bodies) == 1:
        connection.exec_driver_sql(_INSERT_ONE, (first, bodies[0], made[0]))
        return
    at, places = 1, []
    for body in bodies:
        places.append(at << _LENGTH_BITS | len(body))
        at += len(body)
    values = (first, b"".join(bodies), b"".join(made), str(places))
    connection.exec_driver_sql(_INSERT, values)


def _scalar(connection: sa.Connection, statement: str) -> int:
    return int(connection.exec_driver_sql(statement).scalar_one())


def _link_at(connection: sa.Connection, position: int) -> bytes | None:
    found: bytes | None = connection.execute(
        sa.select(entries.c.link).where(entries.c.position == position)
    ).scalar()
    return found
