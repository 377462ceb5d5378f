"""Steps of the clock, and the kernel's word on it."""

import pytest

from stationd.supervision.wall_clock import (
    STEP_NS,
    ClockNews,
    ClockState,
    Reading,
    WallClock,
)


@pytest.mark.parametrize("step", [STEP_NS, -STEP_NS, 3600 * 10**9])
def test_a_step_is_told_with_its_size_and_once(step: int) -> None:
    clock = WallClock()
    assert clock.look(1000, 0) is None
    assert clock.look(1000 + step + 7, 7) == ClockNews(ClockState.UNKNOWN, step, 0)
    assert clock.look(1000 + step + 9, 9) is None


def test_slewing_is_no_step() -> None:
    clock = WallClock()
    clock.look(0, 0)
    assert clock.look(10**9 + STEP_NS - 1, 10**9) is None


def test_the_kernels_word_is_told_at_first_and_when_it_changes() -> None:
    clock = WallClock()
    synced = Reading(ClockState.SYNCED, 5)
    unsynced = Reading(ClockState.UNSYNCED, 9)
    told = [clock.hear(reading) for reading in (synced, synced, unsynced, synced)]
    assert told == [
        ClockNews(ClockState.SYNCED, 0, 5),
        None,
        ClockNews(ClockState.UNSYNCED, 0, 9),
        ClockNews(ClockState.SYNCED, 0, 5),
    ]


def test_a_step_is_told_with_the_state_known_then() -> None:
    clock = WallClock()
    clock.hear(Reading(ClockState.SYNCED, 5))
    clock.look(0, 0)
    assert clock.look(STEP_NS, 0) == ClockNews(ClockState.SYNCED, STEP_NS, 5)
