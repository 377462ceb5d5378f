"""Reading a journal while `stationd` writes it: what the worker follows.

The reader never writes (``query_only``) and holds no transaction between two calls, so it does
not keep the write-ahead log from being put back into the file.
"""

from contextlib import suppress
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from stationd.errors import JournalUnavailableError
from stationd.journal.model import Entry, Extent, decode_body
from stationd.journal.schema import about, entries, open_engine

__all__ = ["JournalReader"]


class JournalReader:
    """Reads one journal; to be used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sa.Connection | None = None
        self._file = (0, 0)

    @property
    def id(self) -> str:
        """The journal's id; another one where the file was replaced since.

        Raises `JournalUnavailableError` while there is no journal.
        """
        found: str = self._rows(sa.select(about.c.id))[0].id
        return found

    def read(self, after: int, count: int) -> list[Entry]:
        """Return up to ``count`` entries that stand after position ``after``, in order."""
        rows = self._rows(
            sa.select(entries)
            .where(entries.c.position > after)
            .order_by(entries.c.position)
            .limit(count)
        )
        return [decode_body(row.body, position=row.position, link=row.link) for row in rows]

    def extent(self) -> Extent:
        """Return which entries the file has, without reading all of them."""
        # Each is one step into the tree; asked for together they would be a walk through it.
        ends = sa.select(
            sa.select(sa.func.min(entries.c.position)).scalar_subquery().label("first"),
            sa.select(sa.func.max(entries.c.position)).scalar_subquery().label("last"),
        )
        row = self._rows(ends)[0]
        oldest = [] if row.first is None else self.read(row.first - 1, 1)
        return Extent(
            journal=self.id,
            first=row.first or 0,
            last=row.last or 0,
            since=oldest[0].received_at if oldest else None,
        )

    def received_at(self, position: int) -> int | None:
        """Return when the entry at or behind ``position`` was received; None: there is none."""
        found = self.read(position - 1, 1)
        return found[0].received_at if found else None

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._connection is not None:
            with suppress(DBAPIError):
                self._connection.close()
            self._connection = None

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        try:
            connection = self._open()
            with connection.begin():
                connection.exec_driver_sql("BEGIN")
                return list(connection.execute(query))
        except (DBAPIError, OSError) as error:
            self.close()
            why = getattr(error, "orig", None) or error
            msg = (
                f"The journal {self._path} could not be read: {why}; start stationd, which makes "
                "it, and check that this user is in the group of its folder."
            )
            raise JournalUnavailableError(msg) from error

    def _open(self) -> sa.Connection:
        found = self._path.stat()
        if (found.st_dev, found.st_ino) != self._file:
            self.close()
        if self._connection is None:
            engine = open_engine(self._path, mode="rw", prepare=("PRAGMA query_only=ON",))
            self._connection = engine.connect()
            self._file = (found.st_dev, found.st_ino)
        return self._connection
