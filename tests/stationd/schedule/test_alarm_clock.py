import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from stationd.schedule.alarm_clock import AlarmClock

FAR = timedelta(days=1)


@pytest.fixture
def rang() -> threading.Event:
    return threading.Event()


@pytest.fixture
def alarm(rang: threading.Event) -> Iterator[AlarmClock]:
    made = AlarmClock(rang.set, every=FAR)
    made.start()
    yield made
    made.stop()


def test_it_rings_at_the_instant(alarm: AlarmClock, rang: threading.Event) -> None:
    alarm.set(datetime.now(UTC) + timedelta(milliseconds=50))
    assert rang.wait(10)


def test_an_instant_that_has_passed_rings_at_once(alarm: AlarmClock, rang: threading.Event) -> None:
    alarm.set(datetime.now(UTC) - timedelta(days=2))
    assert rang.wait(10)


def test_it_rings_every_so_often(rang: threading.Event) -> None:
    often = AlarmClock(rang.set, every=timedelta(milliseconds=50))
    often.start()
    assert rang.wait(10)
    often.stop()


def test_a_new_instant_takes_the_place_of_the_one_before(
    alarm: AlarmClock, rang: threading.Event
) -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=300)
    alarm.set(soon)
    alarm.set(soon)
    alarm.set(soon + FAR)
    assert len(alarm._scheduler.get_jobs()) == 2
    assert not rang.wait(0.6)


def test_no_instant_leaves_only_the_rhythm(alarm: AlarmClock) -> None:
    alarm.set(None)
    alarm.set(datetime.now(UTC) + FAR)
    alarm.set(None)
    assert len(alarm._scheduler.get_jobs()) == 1
    alarm.set(datetime.now(UTC) + FAR)
    alarm._scheduler.remove_job("next")
    alarm.set(None)
    assert len(alarm._scheduler.get_jobs()) == 1
