"""What the drivers say when the station database refuses or is away, and what helps."""

import sqlite3
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, OperationalError

from stationd.errors import (
    CheckFailedError,
    DatabaseUnavailableError,
    MistakeError,
    StationdError,
)

__all__ = ["told"]

# What a driver says, and what helps.
_HELP = {
    "unable to open": "Look whether its folder is there and this user may write in it",
    "readonly": "This user may not write the file or its folder; look at owner and mode of both",
    "locked": "Another program holds it; if that lasts, find out which (`fuser` names it)",
    "full": "Its disk is full; make room, nothing else is needed",
    "No space left": "The server's disk is full; make room, nothing else is needed",
    "disk I/O": "Its disk fails or is full; look at the system's log",
    "no such table": "It is of another release; `stationctl migrate` brings it to this one",
    "no such column": "It is of another release; `stationctl migrate` brings it to this one",
    "lock timeout": "Another program writes, and did so all the time; if that lasts, find out "
    "which (the server's pg_stat_activity names it)",
    "refused": "Look whether the server runs and listens where database.url says",
    "No such file": "Look whether the server runs and listens where database.url says",
    "resolve": "Look whether the host of database.url is spelled as it is called",
    "timeout": "Look whether this machine reaches the server of database.url",
    "closed the connection": "The server, or what lies before it, ended; it is asked again",
    "terminating connection": "The server ended our connection; it is asked again",
    "starting up": "The server comes up; wait",
    "shutting down": "The server goes down; look whether it is to come back",
    "password": "The server does not take this user; look at database.url and the server's rules",
    "authentication": "The server does not take this user; look at database.url and the server's "
    "rules (pg_hba.conf)",
    "pg_hba.conf": "The server does not take this user from here; look at its rules (pg_hba.conf)",
    "does not exist": "The server has no such database or user; an administrator makes it",
    "too many": "Others use up its connections; raise max_connections, or look who has them",
    "read-only transaction": "This server only follows another; database.url must name that one",
}

# Of PostgreSQL's classes of errors: the server is away, or will do it if asked again.
_AWAY = frozenset({"08", "25", "40", "53", "55", "57", "58"})

_OTHER_RELEASE = frozenset({"42P01", "42703"})
_NOT_ALLOWED = "42501"
_NO_SUCH_OBJECT = "42704"
_REFUSED_VALUE = "22"
_DAMAGED = frozenset({"XX001", "XX002"})


def told(error: DBAPIError) -> StationdError | None:
    """Return our exception for a driver's, a sentence for a person; None: it is no outage."""
    said = " ".join(str(error.orig).split())
    state = getattr(error.orig, "sqlstate", None) or ""
    if state:
        # Further lines repeat our statement.
        first = getattr(getattr(error.orig, "diag", None), "message_primary", None)
        return _of_state(state, first or said) or _of_connection(error, said)
    if type(error.orig) is sqlite3.DatabaseError:
        # Its subclasses are refusals of ours; this is "not a database", "malformed".
        return _damaged(said, "Keep the file as it is and put the last backup beside it")
    if isinstance(error, OperationalError):
        return _away(said)
    if "NUL" in said:
        return _refused(said)
    return _of_connection(error, said)


def _of_state(state: str, said: str) -> StationdError | None:
    """Return what PostgreSQL's five characters mean to us."""
    if state in _DAMAGED:
        return _damaged(
            said, "Stop the server, keep its files as they are and take the last backup"
        )
    if state in _OTHER_RELEASE:
        help_ = "It is of another release; `stationctl migrate` brings it to this one"
        return DatabaseUnavailableError(_sentence(said, help_))
    if state == _NOT_ALLOWED:
        help_ = (
            "Our role lacks a right: `stationctl migrate` gives the programs theirs, with a "
            "database.owner who owns the database"
        )
        return DatabaseUnavailableError(_sentence(said, help_))
    if state == _NO_SUCH_OBJECT and said.startswith("role "):
        return MistakeError(f"{said}. An administrator of the server makes it (createuser).")
    if state[:2] == _REFUSED_VALUE:
        return _refused(said)
    return _away(said) if state[:2] in _AWAY else None


def _of_connection(error: DBAPIError, said: str) -> StationdError | None:
    if error.connection_invalidated:
        return DatabaseUnavailableError(f"The station database hung up: {said}")
    return None


def _away(said: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(_sentence(said, _helps(said, _HELP)))


def _helps(said: str, known: Mapping[str, str]) -> str:
    return next((text for part, text in known.items() if part in said), "")


def _sentence(said: str, helps: str) -> str:
    first = f"The station database did not answer: {said}"
    return f"{first}. {helps}." if helps else first


def _refused(said: str) -> MistakeError:
    return MistakeError(f"The station database cannot keep a value: {said}. Shorten or correct it.")


def _damaged(said: str, helps: str) -> CheckFailedError:
    return CheckFailedError(
        f"The station database is damaged: {said}. {helps}; do not write to it."
    )
