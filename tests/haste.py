"""What makes the tests of this process quick, and changes nothing that a test can see.

Each test has an engine of its own, and an engine compiles every statement anew; here all engines
of a kind share what was compiled.  SQLite waits at each commit until the disk has it, which only a
crash of the machine would tell; here it does not wait, but where a test asks for `syncing`.
Python looks for garbage less often: what was imported and collected is none.
"""

import gc
import sqlite3
from typing import Any

import sqlalchemy as sa
from sqlalchemy.util import LRUCache

_STATEMENTS = 4000
_create_engine = sa.create_engine


class _Compiled(LRUCache[Any, Any]):
    """Statements that were compiled, for every engine of one kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(key[1:], default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key[1:], value)


_compiled: dict[type, _Compiled] = {}


def _sharing(*given: Any, **more: Any) -> sa.Engine:
    """Make an engine that has what others of its kind have compiled."""
    made = _create_engine(*given, **more)
    kind = type(made.dialect)
    made._compiled_cache = _compiled.setdefault(kind, _Compiled(_STATEMENTS))
    return made


def _wait_not(connection: Any, record: Any, _proxy: object) -> None:
    if isinstance(connection, sqlite3.Connection) and "hasty" not in record.info:
        record.info["hasty"] = True
        connection.execute("PRAGMA synchronous=OFF").close()


def wait_not() -> None:
    """Let SQLite not wait for the disk."""
    sa.event.listen(sa.pool.Pool, "checkout", _wait_not)


def wait() -> None:
    """Let SQLite wait for the disk, as it does in service."""
    sa.event.remove(sa.pool.Pool, "checkout", _wait_not)


def keep() -> None:
    """Take all there is now for what stays."""
    gc.collect()
    gc.freeze()


def hurry() -> None:
    """Do it all, from now on."""
    gc.set_threshold(20_000, 20, 20)
    sa.create_engine = _sharing
    wait_not()
