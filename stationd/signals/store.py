"""The SQL of signals: the index over records, and the parking place."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from stationd.db.engine import Connection, execute_rows, storable
from stationd.db.schema import corrections, journals, parked, records, runaways, signals
from stationd.signals.model import COLUMNS, Parked, ParkedSum, SignalRow, Summary

__all__ = [
    "read_ends",
    "read_folded",
    "read_history",
    "read_parked",
    "read_parked_signals",
    "read_summary",
    "read_tail",
    "read_unsettled",
    "record_parked",
    "record_settled",
    "record_signals",
    "signal_values",
    "with_originals",
]

_PLACE = ("acct", "epoch", "seq")
_ROW = [signals.c[name] for name in (*_PLACE, *COLUMNS)]
_position = sa.tuple_(signals.c.epoch, signals.c.seq)
_place = itemgetter(*_PLACE)
_SLICE = 300
_CALLS = ("alarm", "duress", "medical")
_NEWEST = 1000
_CORRECTED = "corrected"
_SAID = ("signal_class", "code", "name")
_WHERE = ("zone", "user", "area", "number")
_INSERT = sa.insert(signals)
_INSERT_PARKED = sa.insert(parked)

# What a column does not hold is cut: the record has all of it.
_WIDTHS = {
    name: column.type.length
    for name in COLUMNS
    if isinstance(column := signals.c[name], sa.Column)
    and isinstance(column.type, sa.String)
    and column.type.length
}


def signal_values(fields: Mapping[str, Any], marks: Sequence[str]) -> dict[str, str]:
    """Return the index columns of a signal record's ``fields``."""
    return {
        "received_at": fields["rx"],
        "listener": fields.get("listener", ""),
        "receiver_group": fields.get("group", ""),
        "number": fields.get("number", ""),
        "signal_class": fields.get("class", ""),
        "code": _cut(fields.get("code", ""), _WIDTHS["code"]),
        "name": _cut(fields.get("name", "")),
        "zone": _cut(fields.get("zone", ""), _WIDTHS["zone"]),
        "user": _cut(fields.get("user", ""), _WIDTHS["user"]),
        "area": _cut(fields.get("area", ""), _WIDTHS["area"]),
        "text": _cut(fields.get("text", "")),
        "marks": ",".join(marks),
    }


def _cut(text: str, width: int | None = None) -> str:
    return storable(text)[:width] if text else text


def record_signals(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put signals into the index; each row has its record's place and `signal_values`."""
    # In the order of the table, so that rows of one account touch the same pages.
    execute_rows(connection, _INSERT, sorted(rows, key=_place))


def read_unsettled(connection: Connection, acct: str, since: str) -> tuple[str, str] | None:
    """Return when and what the newest alarm since then was that nothing settled; None: none was.

    A restore of its zone settles an alarm, and so does any cancel.
    """
    query = (
        sa.select(signals.c.received_at, signals.c.signal_class, signals.c.name, signals.c.zone)
        .where(
            signals.c.acct == acct,
            signals.c.received_at >= since,
            signals.c.signal_class.in_((*_CALLS, "restore", "cancel")),
        )
        .order_by(signals.c.epoch.desc(), signals.c.seq.desc())
        .limit(_NEWEST)
    )
    restored: set[str] = set()
    for row in connection.execute(query):
        if row.signal_class == "cancel":
            return None
        if row.signal_class == "restore":
            restored.add(row.zone)
        elif row.zone not in restored:
            return row.received_at, row.name
    return None


def record_parked(connection: Connection, new: Iterable[Parked]) -> None:
    """Park frames that were not decoded, or events that were not assigned."""
    execute_rows(connection, _INSERT_PARKED, [asdict(one) for one in new])


def record_settled(connection: Connection, settled: Iterable[Parked], at: str) -> None:
    """Note that parked events have found their account."""
    statement = (
        sa.update(parked)
        .where(
            parked.c.journal == sa.bindparam("at_journal"),
            parked.c.position == sa.bindparam("at_position"),
            parked.c.part == sa.bindparam("at_part"),
        )
        .values(settled_at=at)
    )
    rows = [
        {"at_journal": one.journal, "at_position": one.position, "at_part": one.part}
        for one in settled
    ]
    if rows:
        connection.execute(statement, rows)


def read_history(  # noqa: PLR0913  (the filters of a history)
    connection: Connection,
    acct: str,
    *,
    since: str | None = None,
    until: str | None = None,
    classes: Collection[str] = (),
    code: str | None = None,
    after: tuple[int, int] | None = None,
    limit: int = 1000,
) -> list[SignalRow]:
    """Return signals of ``acct`` in the order of its chain; ``after`` is (epoch, seq)."""
    query = sa.select(*_ROW).where(*_conditions(acct, since, until, classes, code))
    if after is not None:
        epoch, seq = after
        # As a pair, which the table's key finds; an OR would read the chain from its start.
        query = query.where(_position > sa.tuple_(sa.literal(epoch), sa.literal(seq)))
    query = query.order_by(signals.c.epoch, signals.c.seq).limit(limit)
    return with_originals(connection, [SignalRow(*row) for row in connection.execute(query)])


def read_folded(  # noqa: PLR0913  (the filters of a history)
    connection: Connection,
    acct: str,
    *,
    since: str | None = None,
    until: str | None = None,
    classes: Collection[str] = (),
    code: str | None = None,
    limit: int = 1000,
) -> list[SignalRow]:
    """Return signals as `read_history` does, those of a runaway folded to one row a kind.

    A kind is class, code, words and place, so that what is unlike the rest is seen.
    """
    conditions = _conditions(acct, since, until, classes, code)
    inside = sa.and_(
        runaways.c.acct == signals.c.acct,
        signals.c.received_at.between(runaways.c.began_at, runaways.c.last_at),
    )
    plain = (
        sa.select(*_ROW)
        .where(*conditions, ~sa.exists().where(inside))
        .order_by(signals.c.epoch, signals.c.seq)
        .limit(limit)
    )
    groups = _groups(connection, conditions, inside, limit)
    rows = [SignalRow(*row) for row in connection.execute(plain)]
    rows += _firsts(connection, acct, groups)
    rows.sort(key=lambda row: (row.epoch, row.seq))
    return with_originals(connection, rows[:limit])


_Groups = dict[tuple[int, int], tuple[int, str]]


def _groups(
    connection: Connection,
    conditions: Sequence[sa.ColumnElement[bool]],
    inside: sa.ColumnElement[bool],
    limit: int,
) -> _Groups:
    """Return how many each kind of a runaway has, and till when, by its first signal's place."""
    first = sa.func.min(signals.c.seq)
    kind = [signals.c[name] for name in ("signal_class", "code", "name", "zone", "user", "area")]
    query = (
        sa.select(signals.c.epoch, first, sa.func.count(), sa.func.max(signals.c.received_at))
        .join(runaways, inside)
        .where(*conditions)
        .group_by(runaways.c.began_at, signals.c.epoch, *kind)
        .order_by(signals.c.epoch, first)
        .limit(limit)
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in connection.execute(query)}


def _firsts(connection: Connection, acct: str, groups: _Groups) -> list[SignalRow]:
    """Return the first signal of each group, standing for all of it."""
    places = list(groups)
    rows: list[SignalRow] = []
    for start in range(0, len(places), _SLICE):
        query = sa.select(*_ROW).where(
            signals.c.acct == acct, _position.in_(places[start : start + _SLICE])
        )
        rows += [SignalRow(*row) for row in connection.execute(query)]
    return [
        replace(row, count=count, last_at=last_at) if count > 1 else row
        for row in rows
        for count, last_at in [groups[row.epoch, row.seq]]
    ]


def with_originals(connection: Connection, rows: Sequence[SignalRow]) -> list[SignalRow]:
    """Return ``rows`` with what corrected ones said at first."""
    places = [(row.acct, row.epoch, row.seq) for row in rows if _CORRECTED in row.marks]
    originals: dict[tuple[str, int, int], str] = {}
    for start in range(0, len(places), _SLICE):
        query = sa.select(corrections).where(
            sa.tuple_(*(corrections.c[name] for name in _PLACE)).in_(places[start : start + _SLICE])
        )
        for found in connection.execute(query):
            said = json.loads(found.original)
            words = [str(said[name]) for name in _SAID if said.get(name)]
            words += [f"{name} {said[name]}" for name in _WHERE if said.get(name)]
            originals[found.acct, found.epoch, found.seq] = " ".join(words)
    return [
        replace(row, was=originals[place])
        if (place := (row.acct, row.epoch, row.seq)) in originals
        else row
        for row in rows
    ]


def read_summary(
    connection: Connection, acct: str, *, since: str | None = None, until: str | None = None
) -> Summary:
    """Count the signals of ``acct`` in a period by class."""
    query = (
        sa.select(
            signals.c.signal_class,
            sa.func.count().label("count"),
            sa.func.min(signals.c.received_at).label("first"),
            sa.func.max(signals.c.received_at).label("last"),
        )
        .where(*_conditions(acct, since, until, (), None))
        .group_by(signals.c.signal_class)
        .order_by(signals.c.signal_class)
    )
    rows = list(connection.execute(query).mappings())
    return Summary(
        count=sum(row["count"] for row in rows),
        first_at=min((row["first"] for row in rows), default=None),
        last_at=max((row["last"] for row in rows), default=None),
        classes={row["signal_class"]: row["count"] for row in rows},
    )


def read_ends(connection: Connection) -> dict[str, int]:
    """Return how far each journal has been taken: where a tail begins."""
    return {row.id: row.position for row in connection.execute(sa.select(journals))}


def read_tail(
    connection: Connection, journal: str, after: int, limit: int
) -> list[tuple[int, SignalRow]]:
    """Return signals of one journal behind position ``after``, each with its position."""
    query = (
        sa.select(records.c.position, *_ROW)
        .join(
            signals,
            sa.and_(*(signals.c[name] == records.c[name] for name in _PLACE)),
        )
        .where(records.c.journal == journal, records.c.position > after)
        .order_by(records.c.position, records.c.part, records.c.acct)
        .limit(limit)
    )
    found = [(row[0], SignalRow(*row[1:])) for row in connection.execute(query)]
    rows = with_originals(connection, [row for _, row in found])
    return [(position, row) for (position, _), row in zip(found, rows, strict=True)]


def read_parked(connection: Connection) -> list[ParkedSum]:
    """Return what is still parked, summed by number, reason and listener."""
    by = (parked.c.receiver_group, parked.c.number, parked.c.reason, parked.c.listener)
    query = (
        sa.select(
            *by,
            sa.func.max(parked.c.peer).label("peer"),
            sa.func.count().label("count"),
            sa.func.min(parked.c.received_at).label("first_at"),
            sa.func.max(parked.c.received_at).label("last_at"),
        )
        .where(parked.c.settled_at.is_(None))
        .group_by(*by)
        .order_by(*by)
    )
    return [ParkedSum(**row) for row in connection.execute(query).mappings()]


def read_parked_signals(  # noqa: PLR0913  (which number, which reason, which period)
    connection: Connection,
    group: str,
    number: str,
    reason: str,
    *,
    since: str | None,
    until: str | None,
    limit: int,
) -> list[Parked]:
    """Return events of a number that are still parked, in the order they were taken."""
    query = (
        sa.select(parked)
        .where(
            parked.c.receiver_group == group,
            parked.c.number == number,
            parked.c.reason == reason,
            parked.c.settled_at.is_(None),
        )
        .order_by(parked.c.journal, parked.c.position, parked.c.part)
        .limit(limit)
    )
    if since is not None:
        query = query.where(parked.c.received_at >= since)
    if until is not None:
        query = query.where(parked.c.received_at < until)
    return [
        Parked(**{name: row[name] for name in Parked.__dataclass_fields__})
        for row in connection.execute(query).mappings()
    ]


def _conditions(
    acct: str,
    since: str | None,
    until: str | None,
    classes: Collection[str],
    code: str | None,
) -> list[sa.ColumnElement[bool]]:
    found = [signals.c.acct == acct]
    if since is not None:
        found.append(signals.c.received_at >= since)
    if until is not None:
        found.append(signals.c.received_at < until)
    if classes:
        found.append(signals.c.signal_class.in_(sorted(classes)))
    if code is not None:
        found.append(signals.c.code == code)
    return found
