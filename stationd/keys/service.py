"""Keys of panels and of receiver groups: added, ended, shown, and who uses the wrong one.

A holder is a number in a receiver group, or the group itself where the number is empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from receivers.dc09 import KEY_LENGTHS, check_value
from stationd.accounts.model import SealedKey, Transmitter
from stationd.accounts.records import append_drafts, group_key_changed, key_added, key_ended
from stationd.accounts.store import (
    read_closed_accts,
    read_links,
    read_transmitter,
    rewrite_transmitter,
)
from stationd.clock import iso
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import MistakeError, NotFoundError
from stationd.keys.change import counting, in_force, progress, with_key
from stationd.keys.model import Ends, GroupKeys, KeyLine, KeyUse, Shown
from stationd.keys.store import read_group_keys, read_seen, read_uses, record_group_keys
from stationd.ledger.model import Origin
from stationd.sealing import Sealer
from stationd.staff.model import Person
from stationd.staff.rights import Right, require

__all__ = ["Holder", "add_key", "end_key", "faults", "sealed_key", "show"]


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose key: a number in a receiver group; the group's own where the number is empty."""

    group: str
    number: str = ""

    def __str__(self) -> str:
        """Return the holder as a sentence names it."""
        return f"{self.number} in group {self.group}" if self.number else f"group {self.group}"


@dataclass(frozen=True, slots=True)
class _Held:
    """What a holder has: its keys, and the row they lie in (None: the group's)."""

    keys: tuple[SealedKey, ...]
    transmitter: Transmitter | None
    of_group: GroupKeys


def sealed_key(key: bytes, sealer: Sealer, valid_from: datetime | None = None) -> SealedKey:
    """Return a panel's key sealed, or raise `MistakeError` where it is no AES key."""
    if len(key) not in KEY_LENGTHS:
        raise MistakeError(f"A key has 16, 24 or 32 bytes; this one has {len(key)}.")
    return SealedKey(sealed=sealer.seal(key), valid_from=valid_from)


def add_key(  # noqa: PLR0913  (whose, which, until when the old, who)
    desk: Desk,
    holder: Holder,
    key: SealedKey,
    *,
    ends: Ends,
    sealer: Sealer,
    by: Person,
    encrypted_only: bool | None = None,
) -> None:
    """Give a holder another key; those before end as ``ends`` says, and stay for what is old.

    The first key of an account's own takes the place of its group's: they go on as its old ones.
    ``encrypted_only`` is for a group: whether those without a key of their own may send in clear.
    """
    require(by, Right.EDIT_ACCOUNTS)
    now = desk.clock.now()
    with desk.database.writing() as connection:
        held = _held(connection, holder)
        olds = held.keys or (held.of_group.keys if holder.number else ())
        _check_new(olds, key, sealer, now)
        keys = with_key(olds, key, ends, now)
        if encrypted_only is not None:
            held = replace(held, of_group=replace(held.of_group, encrypted_only=encrypted_only))
        _store(desk, connection, held, keys, (keys[-1], "added"), by)


def _check_new(olds: Sequence[SealedKey], key: SealedKey, sealer: Sealer, now: datetime) -> None:
    secret = sealer.open(key.sealed)
    for old in olds:
        if (old.valid_to is None or now < old.valid_to) and sealer.open(old.sealed) == secret:
            raise MistakeError(f"The key {check_value(secret)} is there already.")


def end_key(
    desk: Desk, holder: Holder, check: str, at: datetime, *, sealer: Sealer, by: Person
) -> Shown:
    """End the key that ``check`` tells (see `show`), from the moment ``at`` on."""
    require(by, Right.EDIT_ACCOUNTS)
    with desk.database.writing() as connection:
        held = _held(connection, holder)
        found = [
            key
            for key in held.keys
            if check_value(sealer.open(key.sealed)) == check.upper()
            and (key.valid_to is None or at < key.valid_to)
        ]
        if not found:
            raise NotFoundError(
                f"{holder} has no key {check.upper()} that counts then; `stationctl account key "
                "show` names those there are."
            )
        ended = [replace(key, valid_to=at) for key in found]
        by_id = {key.id: key for key in ended}
        keys = tuple(by_id.get(key.id, key) for key in held.keys)
        _store(desk, connection, held, keys, (ended[-1], "ended"), by)
    return show(desk, holder, sealer)


def _held(connection: Connection, holder: Holder) -> _Held:
    groups = read_group_keys(connection, holder.group)
    of_group = groups[0] if groups else GroupKeys(group=holder.group)
    if not holder.number:
        return _Held(of_group.keys, None, of_group)
    transmitter = read_transmitter(connection, holder.group, holder.number)
    if transmitter is None:
        raise NotFoundError(f"There is no transmitter {holder.number} in group {holder.group}.")
    return _Held(transmitter.keys, transmitter, of_group)


def _store(
    desk: Desk,
    connection: Connection,
    held: _Held,
    keys: tuple[SealedKey, ...],
    news: tuple[SealedKey, str],
    by: Person,
) -> None:
    """Store the keys of a holder, and tell the ledger: which key, and what became of it."""
    key, act = news
    if held.transmitter is None:
        record_group_keys(connection, replace(held.of_group, keys=keys))
        drafts = [group_key_changed(held.of_group.group, f"group_key_{act}", key, by)]
    else:
        now = replace(held.transmitter, keys=keys)
        rewrite_transmitter(connection, now)
        links = read_links(connection, transmitter_id=now.id)
        # A closed record takes nothing more; its number stays until another account has it.
        closed = read_closed_accts(connection)
        accts = {link.acct for link in links if link.valid_to is None}.difference(closed)
        made = {"added": key_added, "ended": key_ended}[act]
        drafts = [made(acct, now, key, by, Origin.HUMAN) for acct in sorted(accts)]
    append_drafts(desk, connection, drafts)


def show(desk: Desk, holder: Holder, sealer: Sealer) -> Shown:
    """Return what may be shown of a holder's keys: what they are told by, lengths and dates."""
    now = desk.clock.now()
    with desk.database.reading() as connection:
        held = _held(connection, holder)
        keys = held.keys or held.of_group.keys
        seen = read_seen(connection, holder.group, holder.number)
    first = seen.get((holder.group, holder.number), {})
    state, says = progress(keys, first, now)
    return Shown(
        group=holder.group,
        number=holder.number,
        of_group=not held.keys and bool(keys),
        state=state,
        says=says,
        keys=tuple(
            _line(key, sealer.open(key.sealed), first.get(key.id), now)
            for key in in_force(keys, first)
        ),
    )


def _line(key: SealedKey, secret: bytes, seen_at: datetime | None, now: datetime) -> KeyLine:
    return KeyLine(
        check=check_value(secret),
        bits=len(secret) * 8,
        valid_from=key.valid_from,
        valid_to=key.valid_to,
        added_at=key.added_at,
        seen_at=seen_at,
        counts=counting(key, now),
    )


def faults(desk: Desk, *, since: datetime, limit: int | None = None) -> list[KeyUse]:
    """Return the panels that used a wrong or old key, or none, or an old time, newest first."""
    with desk.database.reading() as connection:
        return read_uses(connection, since=iso(since), limit=limit)
