"""When a receiver's silence is a fault."""

import pytest

from stationd.supervision.heartbeat import PERIODS, Change, Heartbeat


def test_three_silent_periods_are_a_fault_told_once() -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    assert heartbeat.look(PERIODS * 10) is None
    assert heartbeat.look(PERIODS * 10 + 1) is Change.LOST
    assert heartbeat.look(1000) is None


def test_the_first_sign_of_life_brings_it_back_once() -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    heartbeat.look(31)
    assert heartbeat.hear(50) is Change.RETURNED
    assert heartbeat.hear(51) is None
    assert heartbeat.look(81) is None
    assert heartbeat.look(82) is Change.LOST


@pytest.mark.parametrize("at", [1, 30])
def test_a_sign_of_life_in_time_changes_nothing(at: int) -> None:
    heartbeat = Heartbeat(period=10, heard=0)
    assert heartbeat.hear(at) is None
    assert heartbeat.look(at + 30) is None
