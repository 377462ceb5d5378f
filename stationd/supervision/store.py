"""The SQL of supervision: what is expected, how accounts stand, silences."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from stationd.clock import iso
from stationd.db import schema
from stationd.db.engine import Connection, execute_rows, inserting, slices
from stationd.supervision.model import (
    Counts,
    Expected,
    Heard,
    LineHealth,
    Silence,
    State,
    Supervised,
    Way,
    grace,
)
from stationd.supervision.polls import grace as poll_grace

__all__ = [
    "Key",
    "add_rows",
    "count_states",
    "expected_tests",
    "forget_silences",
    "read_after_start",
    "read_due",
    "read_expected",
    "read_heard",
    "read_horizons",
    "read_last_heard",
    "read_lasting",
    "read_lines",
    "read_rows",
    "read_silences",
    "read_standing",
    "record_rows",
    "record_silences",
    "remove_rows",
    "wake_for_tests",
]

Key = tuple[str, Way, str, str]

_SECOND = 10**9
_rows = schema.supervision
_silences = schema.silences
_KEY = ("acct", "way", "receiver_group", "number")
_WATCHED = ("active", "suspended")
_BAD = (State.LATE.value, State.MISSED.value)

_UPDATE = sa.update(_rows).where(*(_rows.c[name] == sa.bindparam(f"key_{name}") for name in _KEY))


# --- What is expected ---


def read_expected(connection: Connection, now: datetime, acct: str | None = None) -> list[Expected]:
    """Return what is expected of accounts whose service goes on and whose record is open.

    With ``acct``: of that one.
    """
    return [*_tests(connection, acct), *_polls(connection, now, acct)]


def _tests(connection: Connection, only: str | None) -> Iterable[Expected]:
    accounts = schema.accounts
    query = sa.select(accounts.c.acct, accounts.c.details).where(
        accounts.c.service.in_(_WATCHED),
        accounts.c.record == "open",
        accounts.c.details.contains('"test_hours":'),
    )
    if only is not None:
        query = query.where(accounts.c.acct == only)
    for acct, details in connection.execute(query):
        found = expected_tests(acct, json.loads(details))
        if found is not None:
            yield found


def expected_tests(acct: str, details: Mapping[str, Any]) -> Expected | None:
    """Return which tests the details of an account ask for; None: none."""
    hours = details.get("test_hours")
    if not isinstance(hours, int) or hours <= 0:
        return None
    interval = hours * 3600
    minutes = details.get("test_grace")
    return Expected(
        acct=acct,
        way=Way.TESTS,
        interval=interval,
        grace=minutes * 60 if isinstance(minutes, int) else grace(interval),
        counts=Counts.ANY if details.get("test_by") == Counts.ANY else Counts.TEST,
    )


def _polls(connection: Connection, now: datetime, only: str | None) -> Iterable[Expected]:
    links, transmitters, accounts = (
        schema.transmitter_links,
        schema.transmitters,
        schema.accounts,
    )
    query = (
        sa.select(
            links.c.acct,
            transmitters.c.receiver_group,
            transmitters.c.number,
            transmitters.c.poll_interval,
        )
        .join(links, links.c.transmitter_id == transmitters.c.id)
        .join(accounts, accounts.c.acct == links.c.acct)
        .where(
            transmitters.c.poll_interval > 0,
            links.c.valid_from <= iso(now),
            sa.or_(links.c.valid_to.is_(None), links.c.valid_to > iso(now)),
            accounts.c.service.in_(_WATCHED),
            accounts.c.record == "open",
        )
        .distinct()
    )
    if only is not None:
        query = query.where(links.c.acct == only)
    for acct, group, number, interval in connection.execute(query):
        yield Expected(
            acct=acct,
            way=Way.POLLS,
            group=group,
            number=number,
            interval=interval,
            grace=poll_grace(interval * _SECOND) // _SECOND,
        )


# --- How accounts stand ---


def read_standing(
    connection: Connection, acct: str | None = None
) -> dict[Key, tuple[int, int, str]]:
    """Return interval, grace and what counts of every row, or of one account, by its key."""
    query = sa.select(*(_rows.c[name] for name in (*_KEY, "interval", "grace", "counts")))
    if acct is not None:
        query = query.where(_rows.c.acct == acct)
    return {
        (acct, Way(way), group, number): (interval, grace_, counts)
        for acct, way, group, number, interval, grace_, counts in connection.execute(query)
    }


def read_rows(
    connection: Connection,
    *,
    accts: Collection[str] | None = None,
    way: Way | None = None,
    states: Collection[State] | None = None,
    limit: int | None = None,
) -> list[Supervised]:
    """Return how accounts stand, by number."""
    query = sa.select(_rows).order_by(*(_rows.c[name] for name in _KEY)).limit(limit)
    if way is not None:
        query = query.where(_rows.c.way == way.value)
    if states is not None:
        query = query.where(_rows.c.state.in_([one.value for one in states]))
    if accts is None:
        return [_row(row) for row in connection.execute(query)]
    found: list[Supervised] = []
    for part in slices(sorted(accts)):
        found += map(_row, connection.execute(query.where(_rows.c.acct.in_(part))))
    return found


def count_states(connection: Connection) -> dict[State, int]:
    """Return how many rows there are of each state."""
    query = sa.select(_rows.c.state, sa.func.count()).group_by(_rows.c.state)
    return {State(state): count for state, count in connection.execute(query).all()}


def add_rows(connection: Connection, rows: Sequence[Supervised]) -> None:
    """Store how accounts stand of which there is no row yet."""
    if rows:
        statement = inserting(connection, _rows).on_conflict_do_nothing()
        connection.execute(statement, [_values(row) for row in rows])


def record_rows(connection: Connection, rows: Sequence[Supervised]) -> None:
    """Store how accounts stand."""
    named = [
        {f"key_{name}" if name in _KEY else name: value for name, value in _values(row).items()}
        for row in rows
    ]
    execute_rows(connection, _UPDATE, named)


def remove_rows(connection: Connection, keys: Sequence[Key]) -> None:
    """Supervise no more."""
    statement = sa.delete(_rows).where(
        *(_rows.c[name] == sa.bindparam(f"key_{name}") for name in _KEY)
    )
    if keys:
        named = [f"key_{name}" for name in _KEY]
        connection.execute(
            statement, [dict(zip(named, map(str, key), strict=True)) for key in keys]
        )


# --- What is due ---


def read_horizons(connection: Connection) -> list[tuple[datetime, list[str], datetime | None]]:
    """Return until when each node's journal was followed, its listeners, and its last start.

    What lies behind that moment may still stand in the journal, so nobody is missed for it.
    """
    journals, retired, starts, lines = (
        schema.journals,
        schema.retired_journals,
        schema.starts,
        schema.lines,
    )
    query = (
        sa.select(
            journals.c.node,
            sa.func.min(journals.c.taken_at).label("taken_at"),
            sa.func.max(starts.c.started_at).label("started_at"),
        )
        .join(starts, starts.c.journal == journals.c.id, isouter=True)
        .where(~sa.exists().where(retired.c.journal == journals.c.id))
        .group_by(journals.c.node)
        .order_by(journals.c.node)
    )
    named: dict[str, list[str]] = {}
    for node, listener in connection.execute(
        sa.select(lines.c.node, lines.c.listener).order_by(lines.c.listener)
    ):
        named.setdefault(node, []).append(listener)
    return [
        (_moment(row.taken_at), named.get(row.node, []), _maybe(row.started_at))
        for row in connection.execute(query)
    ]


def read_due(
    connection: Connection, by: datetime, limit: int, *, listeners: Sequence[str], others: bool
) -> list[Supervised]:
    """Return rows of tests that are to be looked at: last heard on ``listeners``, or ``others``."""
    accounts = schema.accounts
    heard_there = _rows.c.listener.in_(listeners)
    query = (
        sa.select(_rows)
        .join(accounts, accounts.c.acct == _rows.c.acct)
        .where(
            _rows.c.due_at <= iso(by),
            _rows.c.way == Way.TESTS.value,
            ~heard_there if others else heard_there,
            # A record behind a `close` would begin another epoch.
            accounts.c.service.in_(_WATCHED),
            accounts.c.record == "open",
        )
        .order_by(_rows.c.acct)
        .limit(limit)
    )
    return [_row(row) for row in connection.execute(query)]


def read_after_start(
    connection: Connection, started: datetime, listeners: Sequence[str], limit: int
) -> list[tuple[Supervised, datetime]]:
    """Return rows of polls missed before ``started`` and not told of since.

    With each comes since when the line is up on which it was heard.
    """
    lines = schema.lines
    query = (
        sa.select(_rows, lines.c.since.label("up_since"))
        .join(lines, lines.c.listener == _rows.c.listener)
        .where(
            _rows.c.way == Way.POLLS.value,
            _rows.c.state == State.MISSED.value,
            _rows.c.told_at < iso(started),
            # One whose period is not known yet cannot be said to be heard within it.
            _rows.c.interval > 0,
            _rows.c.listener.in_(listeners),
            lines.c.up.is_(True),
        )
        .limit(limit)
    )
    return [(_row(row), _moment(row.up_since)) for row in connection.execute(query)]


def wake_for_tests(connection: Connection, accts: Collection[str]) -> None:
    """Let those of ``accts`` be looked at that are late or missed: something was heard."""
    for part in slices(sorted(accts)):
        connection.execute(
            sa.update(_rows)
            .where(
                _rows.c.acct.in_(part),
                _rows.c.way == Way.TESTS.value,
                _rows.c.state.in_(_BAD),
            )
            .values(due_at=_rows.c.since)
        )


def read_lines(connection: Connection) -> list[LineHealth]:
    """Return how every listener's link stands."""
    lines = schema.lines
    return [
        LineHealth(
            listener=row.listener,
            node=row.node,
            state="up" if row.up else "down",
            since=row.since,
            why=row.why,
            heard_at=row.heard_at,
        )
        for row in connection.execute(sa.select(lines).order_by(lines.c.listener))
    ]


# --- What was heard ---


def read_heard(connection: Connection, rows: Sequence[Supervised]) -> dict[str, list[Heard]]:
    """Return what counts as a test and came after the last look, by account, in chain order."""
    signals = schema.signals
    later = sa.tuple_(signals.c.epoch, signals.c.seq) > sa.tuple_(_rows.c.epoch, _rows.c.seq)
    found: dict[str, list[Heard]] = {}
    for part in slices([row.expected.acct for row in rows]):
        query = (
            sa.select(
                signals.c.acct,
                signals.c.epoch,
                signals.c.seq,
                signals.c.received_at,
                signals.c.listener,
            )
            .select_from(_rows.join(signals, signals.c.acct == _rows.c.acct))
            .where(
                _rows.c.acct.in_(part),
                _rows.c.way == Way.TESTS.value,
                later,
                sa.or_(_rows.c.counts == Counts.ANY.value, signals.c.signal_class == "test"),
            )
            .order_by(signals.c.acct, signals.c.epoch, signals.c.seq)
        )
        for acct, epoch, seq, at, listener in connection.execute(query):
            found.setdefault(acct, []).append(Heard(epoch, seq, _moment(at), listener))
    return found


def read_last_heard(connection: Connection, wanted: Sequence[Expected]) -> dict[str, Heard]:
    """Return the last signal of accounts that counts as a test, with the end of their chains."""
    signals, accounts = schema.signals, schema.accounts
    found: dict[str, Heard] = {}
    for counts in Counts:
        accts = [one.acct for one in wanted if one.counts is counts]
        last = sa.select(signals.c.received_at).where(signals.c.acct == accounts.c.acct)
        where = sa.select(signals.c.listener).where(signals.c.acct == accounts.c.acct)
        if counts is Counts.TEST:
            last = last.where(signals.c.signal_class == "test")
            where = where.where(signals.c.signal_class == "test")
        newest = sa.select(signals).where(signals.c.acct == accounts.c.acct)
        end = newest.order_by(signals.c.epoch.desc(), signals.c.seq.desc()).limit(1)
        by_time = signals.c.received_at.desc()
        query = sa.select(
            accounts.c.acct,
            end.with_only_columns(signals.c.epoch).scalar_subquery(),
            end.with_only_columns(signals.c.seq).scalar_subquery(),
            last.order_by(by_time).limit(1).scalar_subquery(),
            where.order_by(by_time).limit(1).scalar_subquery(),
        )
        for part in slices(accts):
            for acct, epoch, seq, at, listener in connection.execute(
                query.where(accounts.c.acct.in_(part))
            ):
                if at is not None:
                    found[acct] = Heard(epoch, seq, _moment(at), listener)
    return found


# --- Silences ---


def record_silences(connection: Connection, silences: Sequence[Silence]) -> None:
    """Store silences that began, and the ends of those that lasted."""
    if not silences:
        return
    statement = inserting(connection, _silences)
    statement = statement.on_conflict_do_update(
        index_elements=[*_KEY, "began_at"], set_={"ended_at": statement.excluded.ended_at}
    )
    connection.execute(
        statement,
        [
            {
                "acct": one.acct,
                "way": one.way.value,
                "receiver_group": one.group,
                "number": one.number,
                "began_at": iso(one.began_at),
                "missed_at": iso(one.missed_at),
                "ended_at": None if one.ended_at is None else iso(one.ended_at),
                "listener": one.listener,
                "interval": one.interval,
                "patience": one.patience,
                "alive_at": _text(one.alive_at),
            }
            for one in silences
        ],
    )


def forget_silences(connection: Connection, keys: Sequence[Key], at: datetime) -> None:
    """End the silences of what is supervised no more."""
    statement = (
        sa.update(_silences)
        .where(
            *(_silences.c[name] == sa.bindparam(f"key_{name}") for name in _KEY),
            _silences.c.ended_at.is_(None),
        )
        .values(ended_at=iso(at))
    )
    if keys:
        named = [f"key_{name}" for name in _KEY]
        connection.execute(
            statement, [dict(zip(named, map(str, key), strict=True)) for key in keys]
        )


def read_lasting(connection: Connection, accts: Collection[str], way: Way) -> dict[Key, Silence]:
    """Return the silences of ``accts`` that last, by the key of their rows."""
    found: dict[Key, Silence] = {}
    for part in slices(sorted(accts)):
        query = sa.select(_silences).where(
            _silences.c.acct.in_(part),
            _silences.c.way == way.value,
            _silences.c.ended_at.is_(None),
        )
        for row in connection.execute(query):
            one = _silence(row)
            found[one.acct, one.way, one.group, one.number] = one
    return found


def read_silences(
    connection: Connection,
    *,
    acct: str | None = None,
    listeners: Collection[str] | None = None,
    since: str | None = None,
    until: str | None = None,
) -> list[Silence]:
    """Return silences that reach into a period, by their beginning."""
    query = sa.select(_silences).order_by(
        _silences.c.began_at, *(_silences.c[name] for name in _KEY)
    )
    if acct is not None:
        query = query.where(_silences.c.acct == acct)
    if listeners is not None:
        query = query.where(_silences.c.listener.in_(sorted(listeners)))
    if since is not None:
        query = query.where(sa.or_(_silences.c.ended_at.is_(None), _silences.c.ended_at >= since))
    if until is not None:
        query = query.where(_silences.c.began_at < until)
    return [_silence(row) for row in connection.execute(query)]


def _silence(row: Any) -> Silence:  # noqa: ANN401  (a row of silences)
    return Silence(
        acct=row.acct,
        way=Way(row.way),
        group=row.receiver_group,
        number=row.number,
        began_at=_moment(row.began_at),
        missed_at=_moment(row.missed_at),
        ended_at=_maybe(row.ended_at),
        listener=row.listener,
        interval=row.interval,
        patience=row.patience,
        alive_at=_maybe(row.alive_at),
    )


def _row(row: Any) -> Supervised:  # noqa: ANN401  (a row of supervision)
    return Supervised(
        expected=Expected(
            acct=row.acct,
            way=Way(row.way),
            group=row.receiver_group,
            number=row.number,
            interval=row.interval,
            grace=row.grace,
            counts=Counts(row.counts),
        ),
        state=State(row.state),
        since=_moment(row.since),
        why=row.why,
        supervised_at=_moment(row.supervised_at),
        heard_at=_maybe(row.heard_at),
        told_at=_maybe(row.told_at),
        longest=row.longest,
        listener=row.listener,
        epoch=row.epoch,
        seq=row.seq,
        due_at=_maybe(row.due_at),
    )


def _values(row: Supervised) -> dict[str, Any]:
    expected = row.expected
    return {
        "acct": expected.acct,
        "way": expected.way.value,
        "receiver_group": expected.group,
        "number": expected.number,
        "interval": expected.interval,
        "grace": expected.grace,
        "counts": expected.counts.value,
        "state": row.state.value,
        "since": iso(row.since),
        "why": row.why,
        "supervised_at": iso(row.supervised_at),
        "heard_at": _text(row.heard_at),
        "told_at": _text(row.told_at),
        "longest": min(row.longest, 2**31 - 1),
        "listener": row.listener,
        "epoch": row.epoch,
        "seq": row.seq,
        "due_at": _text(row.due_at),
    }


def _moment(text: str) -> datetime:
    # `parse_iso` costs ten times as much, and there may be a hundred thousand of them.
    return datetime.fromisoformat(text)


def _maybe(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else iso(moment)
