"""SQL of the keys of receiver groups, and of what frames showed of keys."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.accounts.sealed import key_values, sealed_keys
from stationd.clock import parse_iso
from stationd.db.engine import Connection, inserting
from stationd.db.schema import group_keys, key_uses
from stationd.keys.model import GroupKeys, KeyUse, What

__all__ = [
    "digest_keys",
    "read_group_keys",
    "read_seen",
    "read_uses",
    "record_group_keys",
    "record_uses",
]

_FIRST = (What.OPENED.value, What.CHANGED.value)


def read_group_keys(connection: Connection, group: str | None = None) -> list[GroupKeys]:
    """Return the keys of every group that has some, or of one."""
    query = sa.select(group_keys).order_by(group_keys.c.receiver_group)
    if group is not None:
        query = query.where(group_keys.c.receiver_group == group)
    return [
        GroupKeys(
            group=row.receiver_group,
            keys=sealed_keys(json.loads(row.keys)),
            encrypted_only=row.encrypted_only,
        )
        for row in connection.execute(query)
    ]


def record_group_keys(connection: Connection, keys: GroupKeys) -> None:
    """Store the keys of a group in place of those it had."""
    statement = inserting(connection, group_keys)
    new = statement.excluded
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["receiver_group"],
            set_={"keys": new["keys"], "encrypted_only": new.encrypted_only},
        ),
        {
            "receiver_group": keys.group,
            "keys": encode(key_values(keys.keys)).decode(),
            "encrypted_only": keys.encrypted_only,
        },
    )


def read_seen(
    connection: Connection, group: str | None = None, number: str | None = None
) -> Mapping[tuple[str, str], Mapping[str, datetime]]:
    """Return when the first frame under each key was received, by group and number."""
    query = sa.select(key_uses).where(key_uses.c.what.in_(_FIRST))
    if group is not None:
        query = query.where(key_uses.c.receiver_group == group)
    if number is not None:
        query = query.where(key_uses.c.number == number)
    seen: dict[tuple[str, str], dict[str, datetime]] = {}
    for row in connection.execute(query):
        first = parse_iso(row.first_at)
        of = seen.setdefault((row.receiver_group, row.number), {})
        of[row.key] = min(first, of.get(row.key, first))
    return seen


def record_uses(connection: Connection, uses: Iterable[KeyUse]) -> None:
    """Add what frames showed to what was known; in one order, so that no two wait on each other."""
    rows = [_values(use) for use in sorted(uses, key=_place)]
    if not rows:
        return
    statement = inserting(connection, key_uses)
    new, old = statement.excluded, key_uses.c
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["receiver_group", "number", "what", "key"],
            set_={
                "count": old.count + new["count"],
                "first_at": sa.case(
                    (new.first_at < old.first_at, new.first_at), else_=old.first_at
                ),
                "last_at": sa.case((new.last_at > old.last_at, new.last_at), else_=old.last_at),
            },
        ),
        rows,
    )


def read_uses(connection: Connection, *, since: str, limit: int | None = None) -> list[KeyUse]:
    """Return what is wrong with panels' keys: what the frames showed since then, newest first."""
    query = (
        sa.select(key_uses)
        .where(key_uses.c.what.not_in(_FIRST), key_uses.c.last_at >= since)
        .order_by(key_uses.c.last_at.desc(), key_uses.c.receiver_group, key_uses.c.number)
        .limit(limit)
    )
    return [_use(row) for row in connection.execute(query)]


def digest_keys(connection: Connection) -> str:
    """Return a text that changes with the keys of groups, and with each change that is seen."""
    groups = [tuple(row) for row in connection.execute(sa.select(group_keys))]
    changes = sa.select(sa.func.count(), sa.func.max(key_uses.c.first_at)).where(
        key_uses.c.what == What.CHANGED.value
    )
    return repr((sorted(groups), tuple(connection.execute(changes).one())))


def _place(use: KeyUse) -> tuple[str, str, str, str]:
    return use.group, use.number, use.what, use.key


def _values(use: KeyUse) -> dict[str, object]:
    return {
        "receiver_group": use.group,
        "number": use.number,
        "what": use.what.value,
        "key": use.key,
        "count": use.count,
        "first_at": use.first_at,
        "last_at": use.last_at,
    }


def _use(row: Any) -> KeyUse:  # noqa: ANN401  (a row has the shape of its query)
    return KeyUse(
        group=row.receiver_group,
        number=row.number,
        what=What(row.what),
        key=row.key,
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
    )
