"""What a PostgreSQL server and a database on it must be, so that ours works there as on SQLite."""

from dataclasses import dataclass

import sqlalchemy as sa

from stationd.db.engine import Connection
from stationd.errors import MistakeError

__all__ = ["OLDEST", "Server", "check_server", "faults", "read_server"]

OLDEST = 15
"""Before it, every role could make tables of its own among ours."""

_MAKE = (
    "make it anew with CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' "
    "(docs/howto/use-postgresql.md)"
)

# Pairs of texts, the lesser by their bytes first, that languages put the other way round.
_PAIRS = (("B", "a"), ("a-c", "ab"), ("Z", "\u00e4"), ("a b", "aa"))


# Without them what a server has confirmed may be gone after a crash.
_DURABLE = ("fsync", "full_page_writes", "synchronous_commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server, and the database that we are connected to; ``careless`` are settings that are off.

    ``by_bytes``: it sorts texts by their bytes.  ``follows``: it only copies another one.
    """

    version: int
    encoding: str
    by_bytes: bool
    follows: bool
    careless: tuple[str, ...] = ()


def read_server(connection: Connection) -> Server | None:
    """Return what we are connected to; None: it is SQLite, which has no choices."""
    if connection.dialect.name == "sqlite":
        return None
    ordered = sa.and_(*(sa.literal(less) < sa.literal(more) for less, more in _PAIRS))
    query = sa.select(
        sa.cast(sa.func.current_setting("server_version_num"), sa.Integer),
        sa.func.current_setting("server_encoding"),
        ordered,
        sa.func.pg_is_in_recovery(),
    )
    version, encoding, by_bytes, follows = connection.execute(query).one()
    durable = sa.select(*(sa.func.current_setting(name).label(name) for name in _DURABLE))
    found = connection.execute(durable).mappings().one()
    return Server(
        version=version,
        encoding=encoding,
        by_bytes=by_bytes,
        follows=follows,
        careless=tuple(name for name in _DURABLE if found[name] == "off"),
    )


def faults(server: Server) -> list[str]:
    """Return what is wrong with a server, each as a sentence that says what helps."""
    found = []
    if server.version // 10_000 < OLDEST:
        found.append(
            f"PostgreSQL {server.version // 10_000} is too old; install {OLDEST} or newer."
        )
    if server.encoding != "UTF8":
        found.append(f"The database keeps texts as {server.encoding}, not UTF8; {_MAKE}.")
    if not server.by_bytes:
        found.append(f"The database sorts texts by a language, not by their bytes; {_MAKE}.")
    if server.follows:
        found.append("The server only follows another one; database.url must name that one.")
    return found


def check_server(connection: Connection) -> None:
    """Raise `MistakeError` where tables must not be made."""
    server = read_server(connection)
    wrong = [] if server is None else faults(server)
    if wrong:
        raise MistakeError(" ".join(wrong))
