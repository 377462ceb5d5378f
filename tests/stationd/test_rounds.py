import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationd.clock import iso
from stationd.desk import Desk
from stationd.rounds import Rounds
from stationd.schedule.rounds import Kept
from stationd.schedule.store import read_rounds
from stationd.settings import Settings


@pytest.fixture
def rounds(worker_desk: Desk, worker_settings: Settings, worker_config: Path) -> Iterator[Rounds]:
    made = Rounds(worker_desk, worker_settings, config=worker_config, woken=lambda: None)
    yield made
    made.stop()


def kept(desk: Desk) -> dict[str, Kept]:
    with desk.database.reading() as connection:
        return {one.name: one for one in read_rounds(connection)}


def make_due(desk: Desk, name: str) -> None:
    with desk.database.writing() as connection:
        connection.exec_driver_sql(
            f"UPDATE rounds SET next_at = '{iso(desk.clock.now())}' WHERE name = '{name}'"
        )


def look_until_tried(rounds: Rounds, desk: Desk, name: str) -> Kept:
    pause = threading.Event()
    for _ in range(100):
        rounds._next = 0
        rounds.look()
        found = kept(desk)[name]
        if found.said:
            return found
        pause.wait(0.1)
    pytest.fail("the round was not made")


@pytest.mark.both_databases
def test_a_round_that_is_due_is_made_by_a_child(rounds: Rounds, worker_desk: Desk) -> None:
    rounds.look()
    assert rounds._given is None
    make_due(worker_desk, "hold.review")
    found = look_until_tried(rounds, worker_desk, "hold.review")
    assert (found.tries, found.said) == (
        0,
        "0 task(s) were made, 0 hold(s) have a new day of review",
    )


def test_a_round_that_ends_its_process_rests(rounds: Rounds, worker_desk: Desk) -> None:
    rounds.look()
    make_due(worker_desk, "hold.review")
    rounds._next = 0
    rounds.look()
    process = rounds._assistant._process
    assert process is not None
    process.kill()
    process.wait()
    found = look_until_tried(rounds, worker_desk, "hold.review")
    assert (found.tries, found.said) == (1, "its process ended with code -9; see the log")
