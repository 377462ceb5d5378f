"""Polls of an account: from what the daemon's `polls` entries tell to how the account stands.

Pure; the row after an entry depends on the row before and on the entry alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from stationd.supervision.model import Expected, Silence, State, Supervised, Way
from stationd.supervision.polls import Cause

__all__ = ["AFTER_START", "PollNews", "begin", "expect", "heard_after_start", "take"]

AFTER_START = timedelta(seconds=60)
"""How much longer than its interval and grace an account is waited for after a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollNews:
    """What an entry tells of an account's polls; ``first`` and ``last`` None: nothing was heard.

    ``silent`` is for how many seconds it had not been heard at a miss, ``longest`` its longest
    silence.  ``others`` is when anybody else was heard last before a miss; None: not told.
    """

    acct: str
    group: str
    number: str
    listener: str
    cause: Cause
    at: datetime
    first: datetime | None
    last: datetime | None
    longest: int
    silent: int
    others: datetime | None = None

    @property
    def key(self) -> tuple[str, Way, str, str]:
        """What the account's row is known by."""
        return self.acct, Way.POLLS, self.group, self.number


def begin(expected: Expected, now: datetime) -> Supervised:
    """Return the row of an account whose polls are supervised and of which nothing was told."""
    return Supervised(
        expected=expected,
        state=State.OK,
        since=now,
        why="supervised from here on",
        supervised_at=now,
    )


def expect(row: Supervised, expected: Expected) -> Supervised:
    """Return ``row`` with other periods."""
    return replace(row, expected=expected)


def take(
    row: Supervised | None, silence: Silence | None, news: PollNews
) -> tuple[Supervised | None, Silence | None]:
    """Take an entry; return the row (None: supervised no more) and the silence it changes.

    ``silence`` is the one that lasts, if one does.
    """
    row = row or begin(_expected(news), news.at)
    row = replace(row, told_at=news.at, listener=news.listener or row.listener)
    row = replace(row, longest=max(row.longest, news.longest))
    if news.cause is Cause.UNSUPERVISED:
        return None, _over(silence, news.at)
    if news.cause is Cause.MISSED:
        return _missed(row, news)
    if news.cause is Cause.RETURNED:
        return _back(row, news.at, news.at), _over(silence, news.at)
    return _span_over(row, silence, news)


def heard_after_start(
    row: Supervised, silence: Silence | None, up: datetime
) -> tuple[Supervised, Silence | None]:
    """Return row and silence of a missing account that was not missed again after a start.

    The daemon does not know then that it was missing, so its return is no entry; that it is not
    missed ``patience`` after the line is ``up`` again says that it was heard until then.
    """
    by = up + timedelta(seconds=row.expected.interval + row.expected.grace)
    why = f"not missed again on {row.listener} after the start"
    back = replace(row, state=State.RETURNED, since=by, heard_at=by, why=why)
    return back, _over(silence, by)


def _missed(row: Supervised, news: PollNews) -> tuple[Supervised, Silence | None]:
    if row.state is State.MISSED:
        # Told again after a start; it has been away all the time.
        return row, None
    listened = news.at - timedelta(seconds=news.silent)
    began = min(news.last or listened, news.at)
    missed = replace(
        row,
        state=State.MISSED,
        since=news.at,
        why=f"no poll on {news.listener}",
        heard_at=news.last or row.heard_at,
    )
    expected = row.expected
    return missed, Silence(
        acct=news.acct,
        way=Way.POLLS,
        group=news.group,
        number=news.number,
        began_at=began,
        missed_at=news.at,
        ended_at=None,
        listener=news.listener,
        interval=expected.interval or news.silent,
        patience=news.silent or expected.interval + expected.grace,
        alive_at=news.others,
    )


def _span_over(
    row: Supervised, silence: Silence | None, news: PollNews
) -> tuple[Supervised, Silence | None]:
    """Take a span that ended because a day or the daemon's work was over."""
    if news.last is None or news.first is None:
        return row, None
    if row.state is State.MISSED:
        return _back(row, news.first, news.last), _over(silence, news.first)
    if row.state is not State.OK:
        row = replace(row, state=State.OK, since=news.at, why=f"polls on {news.listener}")
    return replace(row, heard_at=news.last), None


def _back(row: Supervised, since: datetime, heard_at: datetime) -> Supervised:
    why = f"polls again on {row.listener}"
    return replace(row, state=State.RETURNED, since=since, heard_at=heard_at, why=why)


def _over(silence: Silence | None, at: datetime) -> Silence | None:
    return None if silence is None else replace(silence, ended_at=max(at, silence.began_at))


def _expected(news: PollNews) -> Expected:
    # Its periods are in the masters; the hourly scan puts them in.
    return Expected(
        acct=news.acct,
        way=Way.POLLS,
        group=news.group,
        number=news.number,
        interval=0,
        grace=0,
    )
