"""What an offset says of a clock."""

import pytest

from stationd.timekeeping.model import ClockState, state_of


@pytest.mark.parametrize(
    ("seconds", "state"),
    [
        (0, ClockState.RIGHT),
        (60, ClockState.RIGHT),
        (-60, ClockState.RIGHT),
        (60.001, ClockState.WRONG),
        (1800, ClockState.WRONG),
        (3600, ClockState.HOURS),
        (-3660, ClockState.HOURS),
        (-3661, ClockState.WRONG),
        (7 * 3600 + 59, ClockState.HOURS),
    ],
)
def test_a_minute_is_right_and_whole_hours_are_a_matter_of_the_zone(
    seconds: float, state: ClockState
) -> None:
    assert state_of(round(seconds * 1000)) is state
