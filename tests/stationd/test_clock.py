"""Time, and the clock that tests hold in their hands."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.clock import SetClock, SystemClock, from_ns, iso, parse_iso, to_ns

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOMENTS = st.datetimes(
    min_value=datetime(1971, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
    max_value=datetime(2199, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)


def test_the_machine_tells_aware_utc():
    clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert abs(to_ns(clock.now()) - clock.now_ns()) < 5_000_000_000


def test_ticks_only_grow():
    clock = SystemClock()
    ticks = [clock.ticks() for _ in range(100)]
    assert ticks == sorted(ticks)


def test_a_set_clock_stands_still():
    clock = SetClock(NOON)
    assert (clock.now(), clock.now_ns(), clock.ticks()) == (NOON, to_ns(NOON), 0)


def test_a_set_clock_keeps_utc_whatever_it_was_given():
    clock = SetClock(NOON.astimezone(timezone(timedelta(hours=5))))
    assert clock.now().tzinfo is UTC
    assert clock.now() == NOON


def test_time_that_passes_is_counted():
    clock = SetClock(NOON)
    clock.advance(timedelta(seconds=1.5))
    assert clock.now() == NOON + timedelta(seconds=1.5)
    assert clock.ticks() == 1_500_000_000


def test_a_clock_that_is_set_counts_nothing():
    clock = SetClock(NOON)
    clock.step(-timedelta(hours=1))
    assert clock.now() == NOON - timedelta(hours=1)
    assert clock.ticks() == 0


@given(MOMENTS)
def test_nanoseconds_and_back_is_the_same_moment(moment):
    assert from_ns(to_ns(moment)) == moment


@given(MOMENTS)
def test_text_and_back_is_the_same_moment(moment):
    assert parse_iso(iso(moment)) == moment


@given(st.lists(MOMENTS, min_size=2))
def test_texts_sort_as_their_moments(moments):
    assert sorted(map(iso, moments)) == list(map(iso, sorted(moments)))


def test_a_text_always_has_six_digits():
    assert iso(NOON) == "2026-03-01T12:00:00.000000Z"


def test_a_nanosecond_is_cut_and_not_rounded():
    assert from_ns(to_ns(NOON) + 999) == NOON


@pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01T12:00:00Z", "yesterday"])
def test_other_texts_are_no_moments(text):
    with pytest.raises(ValueError, match="does not match"):
        parse_iso(text)
