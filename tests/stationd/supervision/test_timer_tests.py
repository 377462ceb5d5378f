"""Timer tests: from what was heard, and the time, to how an account stands."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.supervision.model import (
    Counts,
    Expected,
    Heard,
    Silence,
    State,
    Supervised,
    Way,
    grace,
)
from stationd.supervision.timer_tests import Look, begin, expect, look

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAILY = Expected(acct="1", way=Way.TESTS, interval=86400, grace=7200, counts=Counts.TEST)


def at(hours: float) -> datetime:
    return START + hours * HOUR


def heard(*hours: float) -> list[Heard]:
    return [Heard(1, seq, at(hour), "ip") for seq, hour in enumerate(hours, start=1)]


def daily(*hours: float, now: float) -> Look:
    return look(begin(DAILY, START, None), heard(*hours), at(now))


@pytest.mark.parametrize(
    ("hours", "now", "state", "since"),
    [
        ([], 1, State.OK, 0),
        ([], 23.99, State.OK, 0),
        ([], 24, State.LATE, 24),
        ([], 26, State.MISSED, 26),
        ([5], 29, State.LATE, 29),
        ([5], 31, State.MISSED, 31),
        ([5, 28], 31, State.OK, 0),
        # Late, but in time.
        ([5, 30], 31, State.OK, 30),
        # Missed and back; one more in time and all is well.
        ([5, 40], 41, State.RETURNED, 40),
        ([5, 40, 63], 64, State.OK, 63),
        ([5, 40], 70, State.MISSED, 66),
    ],
)
def test_how_an_account_stands_follows_from_its_tests_and_the_time(
    hours: list[float], now: float, state: State, since: float
) -> None:
    found = daily(*hours, now=now)
    assert (found.row.state, found.row.since) == (state, at(since))


def test_a_miss_is_a_silence_from_the_last_test_on_and_a_return_ends_it() -> None:
    missed = daily(5, now=31)
    (silence,) = missed.silences
    assert silence == Silence(
        acct="1",
        way=Way.TESTS,
        group="",
        number="",
        began_at=at(5),
        missed_at=at(31),
        ended_at=None,
        listener="ip",
        interval=86400,
        patience=93600,
    )
    back = look(missed.row, [Heard(1, 2, at(40), "com1")], at(41))
    assert [one.ended_at for one in back.silences] == [at(40)]
    assert [one.began_at for one in back.silences] == [at(5)]
    assert (back.row.listener, back.row.longest) == ("com1", 35 * 3600)
    causes = [news.cause for news in (*missed.news, *back.news)]
    assert causes == [State.MISSED, State.RETURNED]
    assert back.news[0].heard_at == at(5)


def test_nobody_is_missed_for_a_time_before_it_was_supervised() -> None:
    row = begin(DAILY, START, Heard(3, 9, at(-500), "ip"))
    assert (row.heard_at, row.epoch, row.seq, row.due_at) == (at(-500), 3, 9, at(24))
    assert look(row, [], at(23)).row.state is State.OK


def test_what_is_taken_over_late_changes_nothing_but_the_place() -> None:
    row = daily(5, now=6).row
    late = look(row, [Heard(1, 7, at(4), "com1")], at(6)).row
    assert (late.seq, late.heard_at, late.listener) == (7, at(5), "ip")


def test_it_is_looked_at_again_when_it_may_stand_otherwise() -> None:
    assert daily(5, now=6).row.due_at == at(29)
    assert daily(5, now=29).row.due_at == at(31)
    # Missing: nothing more can come of time alone.
    assert daily(5, now=31).row.due_at is None


@pytest.mark.parametrize(("now", "hours", "state"), [(25, 48, State.OK), (3, 1, State.LATE)])
def test_other_periods_count_at_once(now: float, hours: int, state: State) -> None:
    row = daily(now=now).row
    wanted = Expected(acct="1", way=Way.TESTS, interval=hours * 3600, grace=7200)
    again = expect(row, wanted)
    assert again.due_at is not None
    assert again.due_at <= at(now)
    assert look(again, [], at(2 if state is State.LATE else now)).row.state is state


@pytest.mark.parametrize(("interval", "seconds"), [(60, 600), (14400, 3600), (864000, 21600)])
def test_where_no_grace_is_set_it_is_a_quarter_within_bounds(interval: int, seconds: int) -> None:
    assert grace(interval) == seconds


_HOURS = st.lists(st.integers(0, 400), max_size=12, unique=True).map(sorted)


@given(_HOURS, st.lists(st.integers(0, 420), max_size=8))
def test_it_comes_to_the_same_however_often_it_is_looked_at(
    hours: list[int], looks: list[int]
) -> None:
    whole = daily(*hours, now=420)
    silences: dict[datetime, Silence] = {}
    row, news = begin(DAILY, START, None), []
    numbered = list(zip(count(1), hours, strict=False))
    for now in sorted({*looks, 420}):
        new = [Heard(1, seq, at(hour), "ip") for seq, hour in numbered if row.seq < seq]
        found = look(row, [one for one in new if one.at <= at(now)], at(now))
        row = found.row
        silences |= {one.began_at: one for one in found.silences}
        news += found.news
    assert row == whole.row
    assert news == whole.news
    assert silences == {one.began_at: one for one in whole.silences}


@given(_HOURS)
def test_silences_lie_apart_and_only_the_last_may_last(hours: list[int]) -> None:
    found = daily(*hours, now=420)
    kept = sorted({one.began_at: one for one in found.silences}.values(), key=lambda s: s.began_at)
    ends = [one.ended_at for one in kept]
    assert all(end is not None for end in ends[:-1])
    assert (found.row.state is State.MISSED) == bool(ends and ends[-1] is None)
    for one, later in pairwise(kept):
        assert one.ended_at is not None
        assert one.ended_at <= later.began_at


def test_a_row_says_since_when_nothing_was_heard() -> None:
    row: Supervised = daily(5, now=31).row
    assert row.why == "nothing heard since 2026-03-02T05:00:00.000000Z"
