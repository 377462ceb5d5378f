"""Timer tests of an account: from what was heard, and the time, to how it stands.

Pure, and the same whenever it is asked: what happened between two looks is found from the times
of what was heard, not from having been looked at.  So a worker may have been away for a week.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from stationd.clock import iso
from stationd.supervision.model import (
    Expected,
    Heard,
    News,
    Silence,
    State,
    Supervised,
)

__all__ = ["Look", "begin", "expect", "look"]


@dataclass(slots=True)
class Look:
    """What a look came to: the row, silences that began or ended, and what the chain is told."""

    row: Supervised
    silences: list[Silence] = field(default_factory=list)
    news: list[News] = field(default_factory=list)


def begin(expected: Expected, now: datetime, last: Heard | None) -> Supervised:
    """Return the row of an account whose tests are supervised from ``now`` on.

    Nobody is missed for a time before; ``last`` is the last that was heard, as far as it is known.
    """
    row = Supervised(
        expected=expected,
        state=State.OK,
        since=now,
        why="supervised from here on",
        supervised_at=now,
        heard_at=None if last is None else last.at,
        listener="" if last is None else last.listener,
        epoch=0 if last is None else last.epoch,
        seq=0 if last is None else last.seq,
    )
    return replace(row, due_at=_late_at(row))


def expect(row: Supervised, expected: Expected) -> Supervised:
    """Return ``row`` with other periods, to be looked at anew at once."""
    return replace(row, expected=expected, due_at=row.since)


def look(row: Supervised, heard: Iterable[Heard], now: datetime) -> Look:
    """Take what was ``heard`` since the last look, in the chain's order, and the time."""
    found = Look(row)
    for one in heard:
        _hear(found, one)
    _wait(found, now)
    return found


def _hear(found: Look, one: Heard) -> None:
    row = found.row
    if row.heard_at is not None and one.at <= row.heard_at:
        # Taken over late, or the clock was set back: it says nothing new.
        found.row = replace(row, epoch=one.epoch, seq=one.seq)
        return
    since_before, late = _from(row), _late_at(row)
    missed = late + timedelta(seconds=row.expected.grace)
    if row.state is State.MISSED or one.at > missed:
        _miss(found, missed)
        _return(found, one)
        state, since, why = State.RETURNED, one.at, f"heard again on {one.listener}"
    elif one.at > late or row.state is not State.OK:
        state, since, why = State.OK, one.at, f"heard on {one.listener}"
    else:
        state, since, why = row.state, row.since, row.why
    found.row = replace(
        row,
        state=state,
        since=since,
        why=why,
        heard_at=one.at,
        listener=one.listener,
        longest=max(row.longest, _seconds(one.at - since_before)),
        epoch=one.epoch,
        seq=one.seq,
    )


def _wait(found: Look, now: datetime) -> None:
    """Take note that nothing more was heard by ``now``."""
    row = found.row
    late, missed = _late_at(row), _missed_at(row)
    if now >= missed:
        _miss(found, missed)
        found.row = replace(found.row, due_at=None)
    elif now >= late:
        why = f"nothing heard since {iso(_from(row))}"
        if row.state is not State.LATE:
            row = replace(row, state=State.LATE, since=late, why=why)
        found.row = replace(row, due_at=missed)
    else:
        if row.state is State.LATE:
            # It is expected later than it was.
            row = replace(row, state=State.OK, since=_from(row), why="expected later now")
        if row.due_at != late:
            found.row = replace(row, due_at=late)
        elif row is not found.row:
            found.row = row


def _miss(found: Look, at: datetime) -> None:
    row = found.row
    if row.state is State.MISSED:
        return
    expected = row.expected
    found.row = replace(
        row, state=State.MISSED, since=at, why=f"nothing heard since {iso(_from(row))}"
    )
    found.silences.append(_silence(found.row, None))
    found.news.append(_news(expected, State.MISSED, at, row.heard_at))


def _return(found: Look, one: Heard) -> None:
    row = found.row
    found.silences.append(_silence(row, max(one.at, _from(row))))
    found.news.append(_news(row.expected, State.RETURNED, one.at, row.heard_at))


def _silence(row: Supervised, ended_at: datetime | None) -> Silence:
    expected = row.expected
    return Silence(
        acct=expected.acct,
        way=expected.way,
        group=expected.group,
        number=expected.number,
        began_at=_from(row),
        missed_at=row.since,
        ended_at=ended_at,
        listener=row.listener,
        interval=expected.interval,
        patience=expected.interval + expected.grace,
    )


def _news(expected: Expected, cause: State, at: datetime, heard_at: datetime | None) -> News:
    return News(
        acct=expected.acct,
        cause=cause,
        at=at,
        heard_at=heard_at,
        interval=expected.interval,
        grace=expected.grace,
        counts=expected.counts,
    )


def _from(row: Supervised) -> datetime:
    """Return since when something is waited for."""
    return row.supervised_at if row.heard_at is None else max(row.heard_at, row.supervised_at)


def _late_at(row: Supervised) -> datetime:
    return _from(row) + timedelta(seconds=row.expected.interval)


def _missed_at(row: Supervised) -> datetime:
    return _late_at(row) + timedelta(seconds=row.expected.grace)


def _seconds(period: timedelta) -> int:
    return int(period.total_seconds())
