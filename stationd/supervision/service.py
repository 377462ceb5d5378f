"""Supervision of accounts: the scan, what entries tell, and asking how accounts stand.

The scan is a function of what is stored and of the time: it may be left out for a week, or done
twice, and comes to the same.  It works in slices, each a short transaction, so that signals are
followed meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stationd.db.engine import Connection, slices
from stationd.desk import Desk
from stationd.ledger.store import append
from stationd.supervision import account_polls, store, timer_tests
from stationd.supervision.account_polls import AFTER_START, PollNews
from stationd.supervision.model import Expected, LineHealth, Silence, State, Supervised, Way
from stationd.supervision.records import test_record

__all__ = [
    "Standing",
    "expect_anew",
    "lines",
    "scan",
    "standing",
    "take_polls",
    "take_signals",
]

_MOST = 250
_MOST_AFTER_START = 2000
_BAD = (State.LATE, State.MISSED)


# --- What is expected ---


def expect_anew(desk: Desk, acct: str | None = None) -> int:
    """Bring the rows in line with what is expected of accounts; return how many changed.

    Of all of them, or of ``acct``.
    """
    now = desk.clock.now()
    with desk.database.reading() as connection:
        wanted = {one.key: one for one in store.read_expected(connection, now, acct)}
        known = store.read_standing(connection, acct)
    gone = [key for key in known if key not in wanted]
    new = [one for key, one in wanted.items() if key not in known]
    other = [
        one
        for key, one in wanted.items()
        if key in known and known[key] != (one.interval, one.grace, one.counts.value)
    ]
    for keys in slices(gone, _MOST):
        with desk.database.writing() as connection:
            store.remove_rows(connection, keys)
            store.forget_silences(connection, keys, now)
    for expected in slices(new, _MOST):
        with desk.database.writing() as connection:
            _begin(connection, expected, now)
    for expected in slices(other, _MOST):
        with desk.database.writing() as connection:
            _change(connection, expected)
    return len(gone) + len(new) + len(other)


def _begin(connection: Connection, expected: Sequence[Expected], now: datetime) -> None:
    last = store.read_last_heard(connection, [one for one in expected if one.way is Way.TESTS])
    store.add_rows(
        connection,
        [
            timer_tests.begin(one, now, last.get(one.acct))
            if one.way is Way.TESTS
            else account_polls.begin(one, now)
            for one in expected
        ],
    )


def _change(connection: Connection, expected: Sequence[Expected]) -> None:
    new = {one.key: one for one in expected}
    rows = store.read_rows(connection, accts={one.acct for one in expected})
    store.record_rows(
        connection,
        [
            (timer_tests if row.expected.way is Way.TESTS else account_polls).expect(
                row, new[row.expected.key]
            )
            for row in rows
            if row.expected.key in new
        ],
    )


# --- The scan ---


def scan(desk: Desk, *, most: int = 1_000_000) -> int:
    """Look at all whose time has come; return how many rows were looked at, ``most`` or so.

    Each node counts until its journal was followed: what stands behind may hold their tests.
    """
    with desk.database.reading() as connection:
        horizons = store.read_horizons(connection)
    if not horizons:
        return 0
    now = desk.clock.now()
    count = 0
    for followed, listeners, started in horizons:
        by = min(now, followed)
        count += _look_at_due(desk, by, listeners, others=False, most=most - count)
        if started is not None:
            count += _look_after_start(desk, by, started, listeners)
    everywhere = [name for _, listeners, _ in horizons for name in listeners]
    by = min(now, *(followed for followed, _, _ in horizons))
    return count + _look_at_due(desk, by, everywhere, others=True, most=most - count)


def _look_at_due(
    desk: Desk, by: datetime, listeners: Sequence[str], *, others: bool, most: int
) -> int:
    total = 0
    while total < most:
        with desk.database.reading() as connection:
            # Most looks find nothing, and need not keep a writer waiting.
            if not store.read_due(connection, by, 1, listeners=listeners, others=others):
                break
        with desk.database.writing() as connection:
            rows = store.read_due(connection, by, _MOST, listeners=listeners, others=others)
            _look(desk, connection, rows, by)
        total += len(rows)
    return total


def _look(desk: Desk, connection: Connection, rows: Sequence[Supervised], by: datetime) -> None:
    heard = store.read_heard(connection, rows)
    looks = [timer_tests.look(row, heard.get(row.expected.acct, ()), by) for row in rows]
    store.record_rows(connection, [look.row for look in looks])
    store.record_silences(connection, [one for look in looks for one in look.silences])
    drafts = [test_record(news) for look in looks for news in look.news]
    append(connection, drafts, station=desk.station, now=desk.clock.now(), ids=desk.ids)


def _look_after_start(desk: Desk, by: datetime, started: datetime, listeners: Sequence[str]) -> int:
    """Take back in who was missing before a start and was not missed again after it."""
    with desk.database.reading() as connection:
        if not _heard_since(connection, by, started, listeners):
            return 0
    with desk.database.writing() as connection:
        heard = _heard_since(connection, by, started, listeners)
        accts = {row.expected.acct for row, _ in heard}
        lasting = store.read_lasting(connection, accts, Way.POLLS)
        back = [
            account_polls.heard_after_start(row, lasting.get(row.expected.key), up)
            for row, up in heard
        ]
        store.record_rows(connection, [row for row, _ in back])
        store.record_silences(connection, [one for _, one in back if one is not None])
    return len(back)


def _heard_since(
    connection: Connection, by: datetime, started: datetime, listeners: Sequence[str]
) -> list[tuple[Supervised, datetime]]:
    """Return the rows that were not missed again in time, and since when their line is up."""
    found = store.read_after_start(connection, started, listeners, _MOST_AFTER_START)
    since = [(row, max(started, up)) for row, up in found]
    return [(row, up) for row, up in since if by >= up + _longest(row.expected)]


def _longest(expected: Expected) -> timedelta:
    return timedelta(seconds=expected.interval + expected.grace) + AFTER_START


# --- What the follower hands on ---


def take_polls(connection: Connection, news: Sequence[PollNews]) -> None:
    """Take what entries tell of accounts' polls, in order, in the follower's transaction."""
    if not news:
        return
    accts = {one.acct for one in news}
    before = {row.expected.key: row for row in store.read_rows(connection, accts=accts)}
    rows: dict[store.Key, Supervised | None] = dict(before)
    lasting = store.read_lasting(connection, accts, Way.POLLS)
    changed: dict[tuple[store.Key, datetime], Silence] = {}
    for one in news:
        row, silence = account_polls.take(rows.get(one.key), lasting.get(one.key), one)
        rows[one.key] = row
        if silence is not None:
            changed[one.key, silence.began_at] = silence
            lasting.pop(one.key, None)
            if silence.ended_at is None:
                lasting[one.key] = silence
    store.record_silences(connection, list(changed.values()))
    _store(connection, before, rows, {one.key for one in news})


def _store(
    connection: Connection,
    before: dict[store.Key, Supervised],
    after: dict[store.Key, Supervised | None],
    keys: Collection[store.Key],
) -> None:
    told = [(key, after[key]) for key in sorted(keys)]
    store.remove_rows(connection, [key for key, row in told if row is None and key in before])
    store.add_rows(connection, [row for key, row in told if row and key not in before])
    changed = [row for key, row in told if row and key in before and row != before[key]]
    store.record_rows(connection, changed)


def take_signals(connection: Connection, accts: Collection[str]) -> None:
    """Take note that something was heard of ``accts``: who is missing is looked at at once."""
    store.wake_for_tests(connection, accts)


# --- Asking ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How accounts stand: rows as asked for, and how many there are of each state."""

    rows: Sequence[Supervised]
    counts: dict[State, int]


def standing(
    desk: Desk, *, acct: str | None = None, bad: bool = False, limit: int | None = None
) -> Standing:
    """Return how accounts stand; ``bad``: only those that are late or missed."""
    with desk.database.reading() as connection:
        return Standing(
            rows=store.read_rows(
                connection,
                accts=None if acct is None else [acct],
                states=_BAD if bad else None,
                limit=limit,
            ),
            counts=store.count_states(connection),
        )


def lines(
    desk: Desk, periods: Mapping[str, timedelta], *, warn: int, alarm: int, now: datetime
) -> list[LineHealth]:
    """Return how every listener stands.

    One whose heartbeat has a period is late after ``warn`` of them without a sign of life; after
    ``alarm`` the daemon says itself that it is down.
    """
    with desk.database.reading() as connection:
        found = store.read_lines(connection)
    return [_health(one, periods.get(one.listener), warn, alarm, now) for one in found]


def _health(
    one: LineHealth, period: timedelta | None, warn: int, alarm: int, now: datetime
) -> LineHealth:
    if period is None or one.state != "up":
        return one
    heard = datetime.fromisoformat(max(one.since, one.heard_at or ""))
    missed = (now - heard) // period
    if missed < warn:
        return one
    state = "late" if missed < alarm else "silent"
    return replace(one, state=state, why=f"{missed} heartbeats missed")
