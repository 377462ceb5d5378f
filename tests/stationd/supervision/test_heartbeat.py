"""When a receiver's silence is a fault."""

import pytest

from stationd.supervision.heartbeat import PERIODS, WARN_PERIODS, Change, Heartbeat


def test_two_silent_periods_are_a_warning_and_three_a_fault_each_told_once() -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    assert heartbeat.look(WARN_PERIODS * 10) is None
    assert heartbeat.look(WARN_PERIODS * 10 + 1) is Change.LATE
    assert heartbeat.look(PERIODS * 10) is None
    assert heartbeat.look(PERIODS * 10 + 1) is Change.LOST
    assert heartbeat.look(1000) is None


def test_the_first_sign_of_life_brings_it_back_once() -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    heartbeat.look(31)
    assert heartbeat.hear(50) is Change.RETURNED
    assert heartbeat.hear(51) is None
    assert heartbeat.look(72) is Change.LATE
    assert heartbeat.look(82) is Change.LOST


def test_a_warning_is_given_anew_after_it_was_heard() -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    assert heartbeat.look(21) is Change.LATE
    assert heartbeat.hear(22) is None
    assert heartbeat.look(43) is Change.LATE


@pytest.mark.parametrize("at", [1, 30])
def test_a_sign_of_life_in_time_changes_nothing(at: int) -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    assert heartbeat.hear(at) is None
    assert heartbeat.look(at + 20) is None
