"""SQL of purges and their items."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from archive.canonical import encode
from stationd.clock import iso, parse_iso
from stationd.db.engine import Connection
from stationd.db.schema import purge_items, purges
from stationd.errors import NotFoundError
from stationd.purges.model import Item, ItemState, Purge, PurgeState
from stationd.retention.model import DataClass
from stationd.staff.model import Role
from stationd.tombstones.model import START, Cursor

__all__ = [
    "find_due",
    "read_items",
    "read_next_item",
    "read_purge",
    "read_purges",
    "read_taken",
    "record_purge",
    "update_item",
    "update_purge",
]

_OPEN = (PurgeState.PROPOSED.value, PurgeState.APPROVED.value)
_LEFT = (ItemState.LISTED.value, ItemState.RUNNING.value)


def record_purge(connection: Connection, purge: Purge, items: Sequence[Item]) -> None:
    """Add a purge that was proposed, with its items."""
    connection.execute(
        sa.insert(purges).values(
            id=purge.id,
            state=purge.state.value,
            ground=purge.ground,
            list=purge.listed,
            list_sha256=purge.list_sha256,
            proposed_by=purge.proposed_by,
            proposed_role=purge.proposed_role.value,
            proposed_at=iso(purge.proposed_at),
            why=purge.why,
        )
    )
    connection.execute(
        sa.insert(purge_items),
        [
            {
                "purge_id": one.purge_id,
                "acct": one.acct,
                "data_class": one.data_class.value,
                "place": one.place,
                "state": one.state.value,
                "why": one.why,
                "counts": "{}",
            }
            for one in items
        ],
    )


def read_purge(connection: Connection, purge_id: str) -> Purge:
    """Return a purge, or raise `NotFoundError`."""
    row = connection.execute(sa.select(purges).where(purges.c.id == purge_id)).one_or_none()
    if row is None:
        msg = f"There is no purge {purge_id}. `stationctl retention purges` shows those there are."
        raise NotFoundError(msg)
    return _purge(row)


def read_purges(connection: Connection) -> list[Purge]:
    """Return purges, the newest first."""
    query = sa.select(purges).order_by(purges.c.proposed_at.desc(), purges.c.id)
    return [_purge(row) for row in connection.execute(query)]


def find_due(connection: Connection, now: datetime) -> Purge | None:
    """Return the purge that goes on now, the one that waited longest; None: none does."""
    query = (
        sa.select(purges)
        .where(
            purges.c.state == PurgeState.APPROVED.value,
            purges.c.due_at <= iso(now),
            sa.or_(purges.c.retry_at.is_(None), purges.c.retry_at <= iso(now)),
        )
        .order_by(purges.c.due_at, purges.c.id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _purge(row)


def update_purge(connection: Connection, purge_id: str, **values: object) -> None:
    """Set columns of a purge; moments are given as moments."""
    connection.execute(sa.update(purges).where(purges.c.id == purge_id).values(**_told(values)))


def read_items(connection: Connection, purge_id: str) -> list[Item]:
    """Return the items of a purge in the order in which they go."""
    query = sa.select(purge_items).where(purge_items.c.purge_id == purge_id)
    return [_item(row) for row in connection.execute(query.order_by(purge_items.c.place))]


def read_next_item(connection: Connection, purge_id: str) -> Item | None:
    """Return the first item that is neither done nor refused; None: the purge is through."""
    query = (
        sa.select(purge_items)
        .where(purge_items.c.purge_id == purge_id, purge_items.c.state.in_(_LEFT))
        .order_by(purge_items.c.place)
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else _item(row)


def read_taken(connection: Connection, accts: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return which classes of ``accts`` stand in a purge that is not over, and in which."""
    query = (
        sa.select(purge_items.c.acct, purge_items.c.data_class, purge_items.c.purge_id)
        .join(purges, purges.c.id == purge_items.c.purge_id)
        .where(purges.c.state.in_(_OPEN), purge_items.c.state.in_(_LEFT))
    )
    wanted = set(accts)
    return {
        (row.acct, row.data_class): row.purge_id
        for row in connection.execute(query)
        if row.acct in wanted
    }


def update_item(
    connection: Connection,
    item: Item,
    *,
    counts: Mapping[str, int] | None = None,
    cursor: Cursor | None = None,
    **values: object,
) -> None:
    """Set columns of an item; ``counts`` are added to what has gone before."""
    told = _told(values)
    if counts is not None:
        before = dict(item.counts)
        more = {kind: before.get(kind, 0) + count for kind, count in counts.items()}
        told["counts"] = encode({**before, **more}).decode()
    if cursor is not None:
        told["cursor"] = encode(list(cursor)).decode()
    connection.execute(
        sa.update(purge_items)
        .where(
            purge_items.c.purge_id == item.purge_id,
            purge_items.c.acct == item.acct,
            purge_items.c.data_class == item.data_class.value,
        )
        .values(**told)
    )


def _told(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()
    }


def _purge(row: Any) -> Purge:  # noqa: ANN401  (a row has the shape of its query)
    return Purge(
        id=row.id,
        state=PurgeState(row.state),
        ground=row.ground,
        listed=row.list,
        list_sha256=row.list_sha256,
        proposed_by=row.proposed_by,
        proposed_role=Role(row.proposed_role),
        proposed_at=parse_iso(row.proposed_at),
        approved_by=row.approved_by,
        approved_role=None if row.approved_role is None else Role(row.approved_role),
        approved_at=_moment(row.approved_at),
        due_at=_moment(row.due_at),
        retry_at=_moment(row.retry_at),
        why=row.why,
        ended_at=_moment(row.ended_at),
        ended_by=row.ended_by,
        certificate=row.certificate,
        certificate_text=row.certificate_text,
    )


def _item(row: Any) -> Item:  # noqa: ANN401  (a row has the shape of its query)
    epoch, seq = START if row.cursor is None else json.loads(row.cursor)
    return Item(
        purge_id=row.purge_id,
        acct=row.acct,
        data_class=DataClass(row.data_class),
        place=row.place,
        state=ItemState(row.state),
        why=row.why,
        began_at=_moment(row.began_at),
        ended_at=_moment(row.ended_at),
        cursor=(epoch, seq),
        counts=json.loads(row.counts),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_iso(text)
