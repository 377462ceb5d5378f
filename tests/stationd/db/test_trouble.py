"""What a driver says becomes a sentence of ours, by whether the database is away or refuses."""

import sqlite3

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, ProgrammingError

from stationd.db.trouble import told
from stationd.errors import (
    CheckFailedError,
    DatabaseUnavailableError,
    MistakeError,
)


def said(error: Exception, kind: type[DBAPIError] = DBAPIError) -> Exception | None:
    return told(kind("SELECT", {}, error))


@pytest.mark.parametrize(
    ("text", "helps"),
    [
        ("unable to open database file", "this user may write in it"),
        ("attempt to write a readonly database", "owner and mode"),
        ("database is locked", "fuser"),
        ("database or disk is full", "make room"),
        ("disk I/O error", "system's log"),
        ("no such table: leases", "stationctl migrate"),
    ],
)
def test_sqlite_away_says_what_helps(text: str, helps: str) -> None:
    found = said(sqlite3.OperationalError(text), OperationalError)
    assert isinstance(found, DatabaseUnavailableError)
    assert text in str(found)
    assert helps in str(found)


@pytest.mark.parametrize(
    ("text", "helps"),
    [
        ("connection failed: Connection refused\n\tIs the server running?", "server runs"),
        ("connection is bad: No such file or directory", "server runs"),
        ("failed to resolve host 'db': Name or service not known", "spelled"),
        ("connection timeout expired", "reaches the server"),
        ('FATAL:  password authentication failed for user "w"', "does not take this user"),
        ('FATAL:  Peer authentication failed for user "w"', "pg_hba.conf"),
        ('FATAL:  no pg_hba.conf entry for host "192.0.2.1"', "pg_hba.conf"),
        ('FATAL:  database "x" does not exist', "an administrator makes it"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("server closed the connection unexpectedly", "asked again"),
        ("FATAL:  the database system is starting up", "wait"),
        ("FATAL:  the database system is shutting down", "goes down"),
    ],
)
def test_a_server_that_cannot_be_reached_says_what_helps(text: str, helps: str) -> None:
    found = said(psycopg.OperationalError(text), OperationalError)
    assert isinstance(found, DatabaseUnavailableError)
    assert "\n" not in str(found)
    assert helps in str(found)


@pytest.mark.parametrize(
    ("error", "kind", "helps"),
    [
        (psycopg.errors.LockNotAvailable("lock timeout"), DatabaseUnavailableError, "writes"),
        (psycopg.errors.DiskFull("No space left on device"), DatabaseUnavailableError, "make room"),
        (psycopg.errors.AdminShutdown("terminating"), DatabaseUnavailableError, "did not answer"),
        (psycopg.errors.DeadlockDetected("deadlock"), DatabaseUnavailableError, "did not answer"),
        (
            psycopg.errors.ReadOnlySqlTransaction("in a read-only transaction"),
            DatabaseUnavailableError,
            "only follows another",
        ),
        (
            psycopg.errors.IdleInTransactionSessionTimeout("terminating"),
            DatabaseUnavailableError,
            "did not answer",
        ),
        (psycopg.errors.UndefinedTable("no relation"), DatabaseUnavailableError, "migrate"),
        (psycopg.errors.UndefinedColumn("no column"), DatabaseUnavailableError, "migrate"),
        (psycopg.errors.InsufficientPrivilege("denied"), DatabaseUnavailableError, "lacks a right"),
        (psycopg.errors.UndefinedObject('role "x"'), MistakeError, "createuser"),
        (psycopg.errors.StringDataRightTruncation("too long"), MistakeError, "Shorten"),
        (psycopg.errors.NumericValueOutOfRange("out of range"), MistakeError, "Shorten"),
        (psycopg.DataError("fields cannot contain NUL (0x00) bytes"), MistakeError, "correct"),
        (psycopg.errors.DataCorrupted("bad page"), CheckFailedError, "is damaged"),
        (psycopg.errors.IndexCorrupted("bad index"), CheckFailedError, "is damaged"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_postgresql_answers_is_told_by_its_code(
    error: Exception, kind: type[Exception], helps: str
) -> None:
    found = said(error)
    assert isinstance(found, kind)
    assert helps in str(found)


def test_a_file_that_is_no_database_is_damaged() -> None:
    found = said(sqlite3.DatabaseError("file is not a database"))
    assert isinstance(found, CheckFailedError)
    assert "put the last backup beside it" in str(found)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (sqlite3.IntegrityError("UNIQUE constraint failed"), IntegrityError),
        (psycopg.errors.UniqueViolation("duplicate key"), IntegrityError),
        (psycopg.errors.SyntaxError("syntax error"), ProgrammingError),
        (psycopg.ProgrammingError("cannot adapt"), ProgrammingError),
    ],
)
def test_a_fault_of_ours_is_not_taken_for_an_outage(
    error: Exception, kind: type[DBAPIError]
) -> None:
    assert said(error, kind) is None


def test_who_hangs_up_in_the_middle_is_unavailable() -> None:
    class HungUp(Exception):  # noqa: N818  (a driver's own)
        pass

    found = told(DBAPIError("SELECT", {}, HungUp("gone"), connection_invalidated=True))
    assert isinstance(found, DatabaseUnavailableError)
    assert "hung up: gone" in str(found)
