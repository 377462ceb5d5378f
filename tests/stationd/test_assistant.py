import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stationd import assistant as assistant_module
from stationd.assistant import Assistant
from stationd.clock import SetClock
from stationd.schedule.checks import ARCHIVE, read_check


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def assistant(worker_config: Path, clock: SetClock, woken: threading.Event) -> Iterator[Assistant]:
    made = Assistant(worker_config, woken.set, clock)
    yield made
    made.stop()


def pid(assistant: Assistant) -> int:
    assert assistant._process is not None
    return assistant._process.pid


def wait(reached: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(600):
        if reached():
            return
        pause.wait(0.05)
    pytest.fail("the child did not come to it")


@pytest.mark.usefixtures("worker_desk")
def test_a_task_is_done_and_then_the_next_by_the_same_child(
    assistant: Assistant, woken: threading.Event
) -> None:
    assistant.give("upkeep")
    assert not assistant.free
    first = pid(assistant)
    wait(lambda: assistant.free)
    assert woken.is_set()
    assistant.give("upkeep")
    assert pid(assistant) == first


def test_a_task_leaves_its_outcome_in_the_rows(assistant: Assistant, worker_desk: object) -> None:
    assistant.give("upkeep")
    wait(lambda: assistant.free)
    with worker_desk.database.reading() as connection:  # type: ignore[attr-defined]
        found = read_check(connection, ARCHIVE)
    assert found is not None


@pytest.mark.usefixtures("worker_desk")
def test_a_child_that_falls_over_is_told_once_and_another_begins(assistant: Assistant) -> None:
    assistant.give("order", "abc")
    assert assistant._process is not None
    assistant._process.kill()
    assistant._process.wait()
    fallen = assistant.fallen()
    assert fallen is not None
    assert (fallen.code, fallen.order_id) == (-9, "abc")
    assert assistant.fallen() is None
    assert assistant.free


@pytest.mark.usefixtures("worker_desk")
def test_a_child_without_work_is_let_go(assistant: Assistant, clock: SetClock) -> None:
    assistant.give("upkeep")
    wait(lambda: assistant.free)
    assert assistant.fallen() is None
    assert assistant._process is not None
    clock.advance(timedelta(minutes=1))
    assert assistant.fallen() is None
    assert assistant._process is None


@pytest.mark.usefixtures("worker_desk")
def test_after_many_tasks_a_new_child_begins(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assistant_module, "_MOST_TASKS", 1)
    assistant.give("upkeep")
    first = pid(assistant)
    wait(lambda: assistant.free)
    assistant.give("upkeep")
    assert pid(assistant) != first


def test_stopping_ends_a_child_amid_its_task(assistant: Assistant) -> None:
    assistant.give("upkeep")
    process = assistant._process
    assert process is not None
    assistant.stop()
    assert process.poll() is not None
    assert assistant.free
