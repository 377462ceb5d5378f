"""Polls of an account: from entries to how it stands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.supervision.account_polls import PollNews, begin, expect, heard_after_start, take
from stationd.supervision.model import Expected, Silence, State, Supervised, Way
from stationd.supervision.polls import Cause

START = datetime(2026, 3, 2, tzinfo=UTC)
EXPECTED = Expected(acct="1", way=Way.POLLS, group="main", number="01A4", interval=60, grace=15)
ROW = begin(EXPECTED, START)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def news(cause: Cause, minutes: float, **more: object) -> PollNews:
    plain = PollNews(
        acct="1",
        group="main",
        number="01A4",
        listener="ip",
        cause=cause,
        at=at(minutes),
        first=None,
        last=None,
        longest=0,
        silent=0,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def missed(minutes: float = 10) -> tuple[Supervised, Silence]:
    told = news(Cause.MISSED, minutes, last=at(minutes - 1.25), silent=75, longest=70)
    row, silence = take(ROW, None, told)
    assert row is not None
    assert silence is not None
    return row, silence


def test_a_miss_is_a_silence_since_the_last_poll() -> None:
    row, silence = missed()
    assert (row.state, row.since, row.heard_at, row.longest) == (
        State.MISSED,
        at(10),
        at(8.75),
        70,
    )
    assert (silence.began_at, silence.missed_at, silence.ended_at) == (at(8.75), at(10), None)
    assert (silence.listener, silence.interval, silence.patience) == ("ip", 60, 75)


def test_who_was_never_heard_is_silent_since_we_listen() -> None:
    row, silence = take(ROW, None, news(Cause.MISSED, 10, silent=75))
    assert silence is not None
    assert silence.began_at == at(8.75)
    assert row is not None
    assert row.heard_at is None


def test_a_miss_told_by_an_older_release_has_the_patience_of_its_row() -> None:
    _, silence = take(ROW, None, news(Cause.MISSED, 10))
    assert silence is not None
    assert (silence.began_at, silence.patience) == (at(10), 75)


def test_a_miss_that_is_told_again_after_a_start_began_before_it() -> None:
    row, silence = missed()
    again, none = take(row, silence, news(Cause.MISSED, 20, silent=75))
    assert none is None
    assert again == replace(row, told_at=at(20))


def test_a_return_ends_the_silence() -> None:
    row, silence = take(*missed(), news(Cause.RETURNED, 30, last=at(8.75), longest=1275))
    assert row is not None
    assert (row.state, row.since, row.heard_at) == (State.RETURNED, at(30), at(30))
    assert row.longest == 1275
    assert silence is not None
    assert silence.ended_at == at(30)


@pytest.mark.parametrize("cause", [Cause.DAY, Cause.STOPPED])
def test_a_span_with_polls_in_it_says_that_all_is_well(cause: Cause) -> None:
    returned, _ = take(*missed(), news(Cause.RETURNED, 30))
    row, silence = take(returned, None, news(cause, 90, first=at(31), last=at(89)))
    assert silence is None
    assert row is not None
    assert (row.state, row.since, row.heard_at) == (State.OK, at(90), at(89))
    later, _ = take(row, None, news(cause, 190, first=at(90), last=at(189)))
    assert later is not None
    assert (later.since, later.heard_at) == (at(90), at(189))


def test_a_span_without_polls_says_nothing() -> None:
    row, silence = missed()
    after, none = take(row, silence, news(Cause.STOPPED, 20))
    assert (after, none) == (replace(row, told_at=at(20)), None)


def test_a_span_after_a_miss_tells_of_the_return_that_no_entry_told() -> None:
    row, silence = take(*missed(), news(Cause.STOPPED, 90, first=at(50), last=at(89)))
    assert row is not None
    assert (row.state, row.since, row.heard_at) == (State.RETURNED, at(50), at(89))
    assert silence is not None
    assert silence.ended_at == at(50)


def test_who_is_supervised_no_more_has_no_row_and_no_open_silence() -> None:
    row, silence = take(*missed(), news(Cause.UNSUPERVISED, 20))
    assert row is None
    assert silence is not None
    assert silence.ended_at == at(20)


def test_an_entry_makes_the_row_of_an_account_the_scan_has_not_seen() -> None:
    row, _ = take(None, None, news(Cause.DAY, 20, first=at(1), last=at(19)))
    assert row is not None
    assert (row.state, row.expected.interval) == (State.OK, 0)
    assert expect(row, EXPECTED).expected == EXPECTED


def test_who_is_not_missed_again_after_a_start_was_heard_by_then() -> None:
    row, silence = missed()
    back, ended = heard_after_start(row, silence, at(60))
    assert (back.state, back.since) == (State.RETURNED, at(61.25))
    assert ended is not None
    assert ended.ended_at == at(61.25)
    assert heard_after_start(row, None, at(60))[1] is None
