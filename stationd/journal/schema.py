"""The journal's tables, its migrations, and how its SQLite file is opened.

The file is read by the worker while the daemon writes it, so it is in write-ahead mode; a commit
is on disk when it returns (``synchronous=FULL``).  ``user_version`` counts the migrations that
have been applied, ``application_id`` tells a journal from any other SQLite file.
"""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

__all__ = ["APPLICATION", "MIGRATIONS", "about", "entries", "open_engine"]

APPLICATION = 0x73746A31  # "stj1"

# A commit that waits longer than this for another process's lock fails: an acknowledgement that
# is two seconds late is already a risk (a Sur-Gard receiver repeats after four).
_BUSY_MS = 2000

_metadata = sa.MetaData()

entries = sa.Table(
    "entries",
    _metadata,
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("link", sa.LargeBinary, nullable=False),
    comment="Every entry that has not been dropped, in order and without a hole.",
)

about = sa.Table(
    "about",
    _metadata,
    sa.Column("id", sa.String, nullable=False),
    sa.Column("dropped", sa.Integer, nullable=False),
    sa.Column("dropped_link", sa.LargeBinary, nullable=False),
    comment="One row: the journal's id, and the last entry dropped with its link (0: none).",
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE entries (
            position INTEGER PRIMARY KEY, body BLOB NOT NULL, link BLOB NOT NULL) STRICT""",
        """CREATE TABLE about (
            id TEXT NOT NULL, dropped INTEGER NOT NULL, dropped_link BLOB NOT NULL) STRICT""",
        f"PRAGMA application_id = {APPLICATION}",
    ),
)
"""What brings a file from each version to the next; applied ones are never changed."""


def open_engine(path: Path, *, mode: str, prepare: tuple[str, ...]) -> sa.Engine:
    """Return an engine on ``path``; ``mode`` is ``rwc`` or ``rw`` (which does not create).

    Each connection runs ``prepare`` first, and transactions are begun by our own BEGIN.
    """
    uri = f"sqlite:///file:{_quoted(path)}?mode={mode}&uri=true"
    engine = sa.create_engine(uri, poolclass=NullPool)

    def ready(connection: Any, _record: object) -> None:  # noqa: ANN401  (DB-API)
        connection.isolation_level = None
        for statement in (f"PRAGMA busy_timeout={_BUSY_MS}", *prepare):
            connection.execute(statement).close()

    sa.event.listen(engine, "connect", ready)
    return engine


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
