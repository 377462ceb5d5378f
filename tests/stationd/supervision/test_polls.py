"""Accounts that poll: heard, missed, back again; one span for many polls."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.supervision.polls import DAY_NS, Cause, Minute, Polls, Span, grace

S = 10**9
KEY = ("main", "1234")
LISTENERS = {"main": "ip"}


class Watch:
    """Supervised accounts, and a second hand."""

    def __init__(self, intervals: Mapping[tuple[str, str], int] | None = None) -> None:
        self.polls = Polls()
        self.ticks = 0
        self.ended = self.polls.supervise(intervals or {KEY: 60}, LISTENERS, 0)
        self.polls.look(0)

    def wait(self, seconds: int) -> list[Span]:
        """Look each second."""
        ended = []
        for _ in range(seconds):
            self.ticks += S
            ended += self.polls.look(self.ticks)
        return ended

    def hear(self, key: tuple[str, str] = KEY, *, listener: str = "ip", poll: bool = True):
        return self.polls.hear(key, listener, at=self.ticks + 5, ticks=self.ticks, poll=poll)


@pytest.mark.parametrize(
    ("interval", "expected"), [(10, 10), (60, 15), (90, 22.5), (3600, 300), (90_000, 300)]
)
def test_a_poll_may_be_late_by_a_quarter_within_bounds(interval: int, expected: float) -> None:
    assert grace(interval * S) == expected * S


def test_who_is_never_heard_is_missed_once() -> None:
    watch = Watch()
    assert watch.wait(75) == []
    assert watch.wait(1) == [Span("1234", "ip", Cause.MISSED, 0, None, None, 0, 76 * S, 76 * S)]
    assert watch.wait(1000) == []


def test_who_polls_in_time_is_one_span_with_its_longest_silence() -> None:
    watch = Watch()
    for pause in (10, 60, 74, 60):
        assert watch.wait(pause) == []
        assert watch.hear() == (True, None)
    (span,) = watch.polls.stop(watch.ticks)
    assert span == Span("1234", "ip", Cause.STOPPED, 4, 10 * S + 5, 204 * S + 5, 74 * S)
    assert next(watch.polls.stop(watch.ticks), None) is None


def test_a_miss_ends_the_span_and_a_return_says_how_long_it_was() -> None:
    watch = Watch()
    watch.wait(5)
    watch.hear()
    missed = Span("1234", "ip", Cause.MISSED, 1, 5 * S + 5, 5 * S + 5, 0, 76 * S, 76 * S)
    assert watch.wait(76) == [missed]
    watch.wait(24)
    assert watch.hear() == (True, Span("1234", "ip", Cause.RETURNED, 0, None, 5 * S + 5, 100 * S))
    assert watch.hear() == (True, None)
    assert [span.cause for span in watch.wait(77)] == [Cause.MISSED]


def test_a_miss_says_when_others_were_heard_last() -> None:
    watch = Watch({KEY: 60, ("main", "9"): 60})
    watch.wait(50)
    watch.hear(("main", "9"))
    (missed,) = watch.wait(26)
    assert (missed.number, missed.silent, missed.quiet) == (KEY[1], 76 * S, 26 * S)
    # Whoever it is: a number that nobody supervises proves that the line lives as well.
    watch.hear(("main", "unknown"))
    (other,) = watch.wait(50)
    assert (other.number, other.quiet) == ("9", 50 * S)


def test_any_frame_is_a_sign_of_life_but_no_poll() -> None:
    watch = Watch()
    watch.wait(70)
    assert watch.hear(poll=False) == (True, None)
    assert watch.wait(70) == []
    assert list(watch.polls.stop(watch.ticks)) == []
    assert watch.polls.heard("ip") == 0
    (missed,) = watch.wait(10)
    assert (missed.count, missed.first) == (0, None)


def test_an_account_nobody_supervises_is_not_heard() -> None:
    watch = Watch()
    assert watch.hear(("main", "9")) == (False, None)
    assert not watch.polls.supervises("main", "9")
    assert watch.polls.supervises(*KEY)


def test_a_day_ends_a_span() -> None:
    watch = Watch({KEY: 3600})
    spans = []
    for _ in range(30):
        watch.hear()
        spans += watch.wait(3600)
    assert [span.cause for span in spans] == [Cause.DAY]
    assert spans[0].first == 5
    assert watch.ticks >= DAY_NS


def test_a_minute_says_how_many_were_due_and_heard() -> None:
    watch = Watch({("main", str(number)): 60 for number in range(5)})
    for number in range(3):
        watch.hear(("main", str(number)))
    watch.wait(80)
    # Nobody came again: three are missed for the second time, two for the first.
    assert watch.polls.minute("ip") == Minute("ip", due=8, heard=3, missing=5)
    assert watch.polls.minute("ip") == Minute("ip", due=0, heard=0, missing=5)
    assert watch.polls.minute("other") is None
    for number in range(5):
        watch.hear(("main", str(number)))
    assert watch.polls.minute("ip") == Minute("ip", due=5, heard=5, missing=0)
    assert watch.polls.minute("ip") is None


def test_an_account_counts_where_it_was_heard_last() -> None:
    watch = Watch()
    watch.hear(listener="udp")
    (missed,) = watch.wait(80)
    assert missed.listener == "udp"
    minute = watch.polls.minute("udp")
    assert minute is not None
    assert minute.missing == 1
    watch.hear(listener="ip")
    assert watch.polls.minute("udp") is None


def test_nobody_is_missed_while_we_did_not_listen() -> None:
    watch = Watch()
    watch.hear()
    watch.ticks += 600 * S
    assert watch.wait(75) == []
    assert [span.cause for span in watch.wait(2)] == [Cause.MISSED]


def test_nobody_is_missed_on_a_listener_that_is_down() -> None:
    watch = Watch()
    for _ in range(600):
        watch.polls.deaf("ip", watch.ticks)
        assert watch.wait(1) == []
    assert [span.cause for span in watch.wait(77)] == [Cause.MISSED]


def test_a_new_roster_adds_changes_and_ends() -> None:
    other = ("main", "5")
    watch = Watch({KEY: 3600, other: 60})
    watch.hear()
    watch.wait(10)
    ended = watch.polls.supervise({KEY: 30, ("far", "1"): 60}, LISTENERS, watch.ticks)
    assert [(span.number, span.cause) for span in ended] == [("5", Cause.UNSUPERVISED)]
    assert len(watch.polls) == 1
    assert [(s.number, s.cause, s.count) for s in watch.wait(4000)] == [("1234", Cause.MISSED, 1)]


def test_who_is_missing_stays_so_in_a_new_roster_and_is_forgotten_with_it() -> None:
    watch = Watch()
    watch.wait(80)
    watch.polls.supervise({KEY: 90}, LISTENERS, watch.ticks)
    assert watch.wait(200) == []
    minute = watch.polls.minute("ip")
    assert minute is not None
    assert minute.missing == 1
    watch.polls.supervise({}, LISTENERS, watch.ticks)
    assert watch.polls.minute("ip") is None
    assert watch.wait(200) == []


def test_the_wheel_holds_each_account_once() -> None:
    watch = Watch({("main", str(number)): 10 for number in range(50)})
    for _ in range(40):
        for number in range(50):
            watch.hear(("main", str(number)))
        watch.wait(7)
    assert sum(map(len, watch.polls._wheel.values())) == 50


@settings(max_examples=60, deadline=None)
@given(
    interval=st.integers(1, 200),
    pauses=st.lists(st.integers(1, 400), min_size=1, max_size=30),
)
def test_every_poll_is_in_one_span_and_every_long_silence_a_miss(
    interval: int, pauses: list[int]
) -> None:
    watch = Watch({KEY: interval})
    late = interval * S + grace(interval * S)
    spans, expected = [], []
    for pause in pauses:
        spans += watch.wait(pause)
        _, returned = watch.hear()
        if returned is not None:
            spans.append(returned)
        # A look a second: between the deadline and the look after it both are right.
        if pause * S >= late + 2 * S:
            expected.append((pause, True))
        elif pause * S < late:
            expected.append((pause, False))
    spans += watch.polls.stop(watch.ticks)
    assert sum(span.count for span in spans) == len(pauses)
    misses = sum(span.cause is Cause.MISSED for span in spans)
    returns = [span.longest for span in spans if span.cause is Cause.RETURNED]
    assert misses == len(returns)
    assert {p * S for p, missed in expected if missed} <= set(returns)
    assert all(p * S not in returns for p, missed in expected if not missed)
    longest = max((s.longest for s in spans if s.cause is not Cause.RETURNED), default=0)
    assert longest < late + 2 * S
