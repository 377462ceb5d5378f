"""Steps of the clock, and the kernel's word on it."""

import pytest

from stationd.supervision.wall_clock import (
    DOUBT_NS,
    JUMP_NS,
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


SYNCED, UNSYNCED, UNKNOWN = (Reading(state, 0) for state in ClockState)


@pytest.mark.parametrize(
    ("readings", "trusted"),
    [
        ([], True),
        ([SYNCED], True),
        ([UNSYNCED], True),
        ([UNKNOWN], True),
        ([SYNCED, UNSYNCED], False),
        ([SYNCED, UNKNOWN], True),
        ([SYNCED, UNSYNCED, UNSYNCED], False),
        ([UNSYNCED, SYNCED, UNSYNCED, SYNCED], True),
    ],
)
def test_a_clock_that_was_in_step_and_no_longer_is_is_not_given_to_others(
    readings: list[Reading], trusted: bool
) -> None:
    clock = WallClock()
    for reading in readings:
        clock.hear(reading)
    assert clock.is_trusted(0) is trusted


@pytest.mark.parametrize(
    ("step", "reading", "trusted"),
    [
        (JUMP_NS, UNSYNCED, False),
        (-JUMP_NS, UNKNOWN, False),
        (JUMP_NS - 1, UNSYNCED, True),
        (JUMP_NS, SYNCED, True),
    ],
)
def test_a_jump_is_held_against_a_clock_that_nobody_vouches_for_and_for_a_while(
    step: int, reading: Reading, trusted: bool
) -> None:
    clock = WallClock()
    clock.hear(reading)
    clock.look(0, 0)
    clock.look(step, 0)
    assert clock.is_trusted(DOUBT_NS - 1) is trusted
    assert clock.is_trusted(DOUBT_NS)
