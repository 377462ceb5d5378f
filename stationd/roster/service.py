"""From the masters in the station database to the roster's file."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from receivers.session import Account, Key
from stationd.accounts.model import Transmitter
from stationd.accounts.store import digest_transmitters, read_transmitters
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import CheckFailedError
from stationd.keys.change import in_force, named
from stationd.keys.model import GroupKeys
from stationd.keys.store import digest_keys, read_group_keys, read_seen
from stationd.roster.file import read, write
from stationd.roster.model import Roster
from stationd.sealing import Sealer

__all__ = ["publish", "read_current", "read_roster"]

_MAY_BE_CLEAR = frozenset({"plain_allowed"})


def publish(desk: Desk, path: Path, sealer: Sealer, known: str = "") -> str:
    """Bring the roster's file up to date; return the digest of the masters.

    Given the digest of the time before as ``known``, it ends at once where nothing has changed.
    The file is written only where it says something else, so that readers wake for a reason.
    """
    at = iso(desk.clock.now())
    with desk.database.reading() as connection:
        digest = digest_transmitters(connection, linked_at=at) + digest_keys(connection)
        if digest == known and path.exists():
            return digest
        roster = _read(connection, read_transmitters(connection, linked_at=at), sealer)
    if _published(path, sealer) != roster:
        write(path, roster, sealer)
    return digest


def read_current(desk: Desk, sealer: Sealer) -> Roster:
    """Return the roster as the masters have it now."""
    with desk.database.reading() as connection:
        at = iso(desk.clock.now())
        return _read(connection, read_transmitters(connection, linked_at=at), sealer)


def read_roster(connection: Connection, sealer: Sealer) -> Roster:
    """Return the roster of every transmitter there ever was, for decoding what is old.

    Keys whose first frame is waited for have a name (`stationd.keys.watch` reads them).
    """
    return _read(connection, read_transmitters(connection), sealer, waiting=True)


def _published(path: Path, sealer: Sealer) -> Roster | None:
    try:
        return read(path, sealer)
    except (OSError, CheckFailedError):
        # Away or damaged: it is replaced, which is what mends it.
        return None


def _read(
    connection: Connection,
    transmitters: Iterable[Transmitter],
    sealer: Sealer,
    *,
    waiting: bool = False,
) -> Roster:
    groups = {one.group: one for one in read_group_keys(connection)}
    seen = read_seen(connection)
    lines = {(group, ""): _of_group(keys, sealer) for group, keys in groups.items()}
    for one in transmitters:
        place = one.group, one.number
        whole = _with_group(one, groups.get(one.group))
        lines[place] = _account(whole, seen.get(place, {}), sealer, waiting=waiting)
    return Roster(lines)


def _of_group(keys: GroupKeys, sealer: Sealer) -> Account:
    """Return the line of numbers that nobody knows.

    Who of them uses which key is not followed, so old keys end by their dates alone.
    """
    return Account(
        number="",
        keys=tuple(Key(sealer.open(key.sealed), key.valid_from, key.valid_to) for key in keys.keys),
        switches=frozenset() if keys.encrypted_only else _MAY_BE_CLEAR,
    )


def _with_group(transmitter: Transmitter, group: GroupKeys | None) -> Transmitter:
    """Return a transmitter with its group's keys where it has none of its own."""
    if group is None or transmitter.keys:
        return transmitter
    clear = frozenset() if group.encrypted_only else _MAY_BE_CLEAR
    return replace(transmitter, keys=group.keys, switches=transmitter.switches | clear)


def _account(
    transmitter: Transmitter, seen: Mapping[str, datetime], sealer: Sealer, *, waiting: bool
) -> Account:
    names = named(transmitter.keys, seen) if waiting else {}
    return Account(
        number=transmitter.number,
        keys=tuple(
            Key(sealer.open(key.sealed), key.valid_from, key.valid_to, names.get(key.id, ""))
            for key in in_force(transmitter.keys, seen)
        ),
        window_back=transmitter.window_back,
        window_ahead=transmitter.window_ahead,
        poll_interval=transmitter.poll_interval,
        switches=transmitter.switches,
    )
