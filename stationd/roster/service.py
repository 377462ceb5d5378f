"""From the masters in the station database to the roster's file."""

from pathlib import Path

from receivers.session import Account, Key
from stationd.accounts.model import Transmitter
from stationd.accounts.store import digest_transmitters, read_transmitters
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.roster.file import read, write
from stationd.roster.model import Roster
from stationd.sealing import Sealer

__all__ = ["publish", "read_current", "read_roster"]


def publish(desk: Desk, path: Path, sealer: Sealer, known: str = "") -> str:
    """Bring the roster's file up to date; return the digest of the masters.

    Given the digest of the time before as ``known``, it ends at once where nothing has changed.
    The file is written only where it says something else, so that readers wake for a reason.
    """
    at = iso(desk.clock.now())
    with desk.database.reading() as connection:
        digest = digest_transmitters(connection, linked_at=at)
        if digest == known and path.exists():
            return digest
        roster = _roster(read_transmitters(connection, linked_at=at), sealer)
    if _published(path, sealer) != roster:
        write(path, roster, sealer)
    return digest


def read_current(desk: Desk, sealer: Sealer) -> Roster:
    """Return the roster as the masters have it now."""
    with desk.database.reading() as connection:
        return _roster(read_transmitters(connection, linked_at=iso(desk.clock.now())), sealer)


def read_roster(connection: Connection, sealer: Sealer) -> Roster:
    """Return the roster of every transmitter there ever was, for decoding what is old."""
    return _roster(read_transmitters(connection), sealer)


def _published(path: Path, sealer: Sealer) -> Roster | None:
    try:
        return read(path, sealer)
    except (OSError, CheckFailedError):
        # Away or damaged: it is replaced, which is what mends it.
        return None


def _roster(transmitters: list[Transmitter], sealer: Sealer) -> Roster:
    return Roster({(one.group, one.number): _account(one, sealer) for one in transmitters})


def _account(transmitter: Transmitter, sealer: Sealer) -> Account:
    return Account(
        number=transmitter.number,
        keys=tuple(
            Key(sealer.open(key.sealed), key.valid_from, key.valid_to) for key in transmitter.keys
        ),
        window_back=transmitter.window_back,
        window_ahead=transmitter.window_ahead,
        poll_interval=transmitter.poll_interval,
        switches=transmitter.switches,
    )
