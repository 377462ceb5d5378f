"""Whose fault a silence was, as far as it can be proved."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.clock import iso, parse_iso, to_ns
from stationd.gaps.accounts import Facts, account_gaps, import_boundary, nobody_heard
from stationd.gaps.model import Cause, Gap
from stationd.supervision.model import Silence, Way

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = to_ns(START) // (60 * 10**9)

POLLS = Silence(
    acct="1",
    way=Way.POLLS,
    group="main",
    number="01A4",
    began_at=START,
    missed_at=START + timedelta(seconds=75),
    ended_at=START + 30 * MINUTE,
    listener="ip",
    interval=60,
    patience=75,
)


def at(minutes: float) -> datetime:
    return START + minutes * MINUTE


def down(
    began: float, ended: float | None, cause: Cause = Cause.RECEIVER_LINK, listener: str = "ip"
) -> Gap:
    return Gap(
        id=f"{cause}{began}",
        listener=listener,
        node="n1",
        cause=cause,
        began_at=iso(at(began)),
        ended_at=None if ended is None else iso(at(ended)),
        detail="",
    )


def facts(
    heard: Iterable[int] = range(-60, 300), gaps: Iterable[Gap] = (), until: float = 300
) -> Facts:
    return Facts(
        gaps=[*gaps],
        nodes={"ip": "n1"},
        minutes={"ip": sorted(FIRST + minute for minute in heard)},
        followed={"n1": at(until)},
        until=at(until),
    )


def told(gaps: list[Gap]) -> list[tuple[str, float, float | None]]:
    return [
        (gap.cause, minutes(gap.began_at), None if gap.ended_at is None else minutes(gap.ended_at))
        for gap in gaps
    ]


def minutes(text: str) -> float:
    return (parse_iso(text) - START) / MINUTE


def test_an_account_that_is_silent_while_others_are_heard_has_a_gap_of_its_own() -> None:
    (gap,) = account_gaps([POLLS], facts())
    assert gap == Gap(
        id="1:polls:main:01A4:2026-03-02T12:00:00.000000Z",
        listener="ip",
        node="n1",
        cause=Cause.ACCOUNT_PATH,
        began_at=iso(START),
        ended_at=iso(at(30)),
        detail="no poll of 01A4 since 2026-03-02T12:00:00.000000Z; others were heard on ip",
        acct="1",
    )


def test_a_silence_that_lasts_is_a_gap_that_is_open() -> None:
    lasting = replace(POLLS, ended_at=None)
    assert told(account_gaps([lasting], facts())) == [("account_path", 0, None)]


@pytest.mark.parametrize(
    ("gaps", "found"),
    [
        # The line goes down later: the account was proved to be gone, and still is after it.
        ([down(10, 20)], [("account_path", 0, 10), ("account_path", 20, 30)]),
        # It went down before the account could be missed: nothing is known before it was up.
        ([down(1, 20)], [("account_path", 20, 30)]),
        # Up and down again, never long enough to miss anybody.
        ([down(1, 15), down(16, 40)], []),
        ([down(-5, 40)], []),
        ([down(10, None)], [("account_path", 0, 10)]),
        # Of the whole node, of another node, of another listener.
        ([down(10, 20, Cause.HOST_DOWN, "")], [("account_path", 0, 10), ("account_path", 20, 30)]),
        ([replace(down(10, 20, Cause.HOST_DOWN, ""), node="n2")], [("account_path", 0, 30)]),
        ([down(10, 20, listener="com1")], [("account_path", 0, 30)]),
        # A clock that is not synchronised hears as well as another.
        ([down(0, 30, Cause.CLOCK, "")], [("account_path", 0, 30)]),
    ],
)
def test_while_the_line_was_down_nothing_is_said_of_the_account(
    gaps: list[Gap], found: list[tuple[str, float, float | None]]
) -> None:
    assert told(account_gaps([POLLS], facts(gaps=gaps))) == found


@pytest.mark.parametrize(
    ("heard", "found"),
    [
        # Only its own last poll, and its return.
        ([0, 30], [("receiver_link", 0, 30)]),
        # Others until minute 10, and from 20 on.
        (
            [*range(11), *range(20, 31)],
            [("account_path", 0, 11), ("receiver_link", 11, 20), ("account_path", 20, 30)],
        ),
        # A minute that nobody used is no silence of the line.
        ([*range(11), *range(12, 31)], [("account_path", 0, 30)]),
    ],
)
def test_where_nobody_was_heard_the_gap_is_the_receivers(
    heard: list[int], found: list[tuple[str, float, float | None]]
) -> None:
    assert told(account_gaps([POLLS], facts(heard))) == found


@pytest.mark.parametrize(
    ("heard_s", "cause"),
    [
        # The account was due after 60 s, and is missed after 75.
        (60, Cause.RECEIVER_LINK),
        (66, Cause.RECEIVER_LINK),
        (67, Cause.ACCOUNT_PATH),
        (74, Cause.ACCOUNT_PATH),
    ],
)
def test_a_short_silence_is_the_accounts_if_others_were_heard_while_it_was_overdue(
    heard_s: int, cause: Cause
) -> None:
    short = replace(
        POLLS,
        ended_at=START + timedelta(seconds=90),
        alive_at=START + timedelta(seconds=heard_s),
    )
    (gap,) = account_gaps([short], facts(range(-5, 2)))
    assert (gap.cause, minutes(gap.began_at), minutes(gap.ended_at or "")) == (cause, 0, 1.5)


@pytest.mark.parametrize("second", [0, 20, 45])
def test_a_miss_proves_what_the_minutes_have_not_summed_up_yet(second: int) -> None:
    began = START + timedelta(seconds=second)
    quick = replace(
        POLLS,
        began_at=began,
        ended_at=None,
        interval=1,
        patience=11,
        alive_at=began + timedelta(seconds=10),
    )
    (gap,) = account_gaps([quick], facts([0], until=(second + 12) / 60))
    assert (gap.cause, gap.ended_at) == (Cause.ACCOUNT_PATH, None)


@pytest.mark.parametrize("dies", range(0, 60, 7))
@pytest.mark.parametrize("lasts", [80, 119])
def test_when_a_line_dies_unnoticed_its_accounts_are_not_blamed(dies: int, lasts: int) -> None:
    # All that is known are minutes, and there is none in which nobody was heard.
    died = START + timedelta(seconds=dies)
    back = died + timedelta(seconds=lasts)
    silence = replace(POLLS, began_at=died - timedelta(seconds=59), ended_at=back, alive_at=died)
    found = account_gaps([silence], facts(range(-60, 60)))
    assert [gap.cause for gap in found] == [Cause.RECEIVER_LINK]


def test_an_account_that_stays_away_when_its_line_is_back_is_proved_to_be_gone() -> None:
    silence = replace(POLLS, alive_at=at(0), ended_at=at(30))
    heard = [*range(-5, 1), *range(10, 31)]
    assert told(account_gaps([silence], facts(heard))) == [
        ("receiver_link", 0, 10),
        ("account_path", 10, 30),
    ]


def test_a_daily_test_that_fell_into_an_outage_of_ours_says_nothing_of_the_account() -> None:
    day = 24 * 60
    tests = replace(
        POLLS, way=Way.TESTS, interval=86400, patience=26 * 3600, ended_at=at(2 * day), number=""
    )
    heard = range(-60, 2 * day + 60)
    lived = facts(heard, [down(day - 10, day + 10, Cause.HOST_DOWN, "")], until=3 * day)
    assert account_gaps([tests], lived) == []
    (gap,) = account_gaps([tests], facts(heard, until=3 * day))
    assert (gap.cause, gap.detail.split(";")[0]) == (
        Cause.ACCOUNT_PATH,
        "no test since 2026-03-02T12:00:00.000000Z",
    )


def test_an_account_that_is_heard_on_no_line_proves_nothing() -> None:
    assert account_gaps([replace(POLLS, listener="")], facts()) == []


def test_accounts_whom_nobody_could_hear_are_one_gap_of_their_line() -> None:
    silences = [
        replace(POLLS, acct=str(number), began_at=at(number), ended_at=at(30 + number))
        for number in range(3)
    ]
    lasting = replace(POLLS, acct="9", began_at=at(60), ended_at=None)
    lines = nobody_heard(account_gaps([*silences, lasting], facts([], until=90)))
    assert told(lines) == [("receiver_link", 0, 32), ("receiver_link", 60, None)]
    assert {gap.acct for gap in lines} == {""}
    joined = nobody_heard(account_gaps([*silences, replace(lasting, began_at=at(9))], facts([])))
    assert told(joined) == [("receiver_link", 0, None)]
    assert nobody_heard(account_gaps(silences, facts())) == []


@pytest.mark.parametrize(
    ("served", "installed", "count"),
    [
        ("2026-01-01", "2026-02-01", 1),
        ("2026-03-01", "2026-02-01", 0),
        (None, "x", 0),
        ("x", None, 0),
    ],
)
def test_what_came_before_we_were_here_is_a_gap(
    served: str | None, installed: str | None, count: int
) -> None:
    found = import_boundary("1", served_at=served, installed_at=installed)
    assert [(gap.began_at, gap.ended_at) for gap in found] == [(served, installed)] * count


_DOWN = st.lists(
    st.tuples(
        st.integers(-20, 100), st.none() | st.integers(0, 40), st.sampled_from(["ip", "", "com1"])
    ),
    max_size=5,
)


@settings(max_examples=200)
@given(
    _DOWN,
    st.sets(st.integers(-5, 100)),
    st.integers(0, 3000),
    st.none() | st.integers(1, 6000),
)
def test_no_gap_of_an_account_lies_where_its_line_was_down(
    spans: list[tuple[int, int | None, str]], heard: set[int], begins: int, lasts: int | None
) -> None:
    gaps = [
        down(start, None if length is None else start + length, listener=listener)
        for start, length, listener in spans
    ]
    began = START + timedelta(seconds=begins)
    ended = None if lasts is None else began + timedelta(seconds=lasts)
    silence = replace(POLLS, began_at=began, ended_at=ended)
    found = account_gaps([silence], facts(heard, gaps, until=100))
    for gap in found:
        start, end = minutes(gap.began_at), minutes(gap.ended_at or iso(at(100)))
        assert start < end
        assert start >= minutes(iso(began))
        for other in gaps:
            if other.listener in ("ip", ""):
                first = minutes(other.began_at)
                last = 100 if other.ended_at is None else minutes(other.ended_at)
                assert end <= first or last <= start or first == last
    for one, other in pairwise(found):
        assert one.ended_at is not None
        assert one.ended_at <= other.began_at
