"""Daemon and worker killed at random under load: what was acknowledged is in its account, once.

A simulated receiver sends numbered frames over several connections and notes what was answered.
At the end journal, entries, records and acknowledgements are compared, and every chain and the
checkpoint log are computed anew.
"""

import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archive.ceremony import Ceremony
from stationd.clock import SystemClock
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.settings import load
from tests.system.nursery import Nursery
from tests.system.whole_station import (
    NUMBERS,
    Sender,
    Worker,
    all_signed,
    check_chains,
    check_log,
    compare,
    give,
    prepare,
    taken,
)

pytestmark = [pytest.mark.system, pytest.mark.slow]

ROUNDS = 20


@pytest.fixture
def desk(station: Any, station_file: Path, tmp_path: Path, keys: Ceremony) -> Iterator[Desk]:
    prepare(station, tmp_path, keys, f"sqlite:///{station_file}")
    station.start()
    made = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    for number in NUMBERS:
        give(made, number)
    yield made
    made.database.close()


@pytest.fixture
def worker(station: Any, desk: Desk, workers: Nursery, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(station.config, tmp_path / "worker.log", workers)
    yield made
    made.end(signal.SIGKILL)


def test_every_acknowledged_frame_reaches_its_account_exactly_once(
    station: Any, desk: Desk, worker: Worker
) -> None:
    chance = random.Random(5)
    numbers = iter(range(1_000_000))
    senders = [Sender(station.port, numbers) for _ in range(3)]
    worker.start()
    for sender in senders:
        sender.start()

    for _ in range(ROUNDS):
        kills = [station.kill, lambda: worker.end(signal.SIGKILL)]
        chance.shuffle(kills)
        for kill in kills:
            # Long enough for the worker to come up at times, short enough to miss it at others.
            time.sleep(chance.uniform(0.02, 0.6))
            kill()
        before = station.logged("ready")
        station.start(ready=False)
        worker.start()
        if chance.random() < 0.5:
            station.until(lambda: station.logged("ready") > before, "the daemon is ready")  # noqa: B023

    station.until(lambda: station.logged("ready") > before, "the daemon is ready")
    answered = sum(len(sender.acknowledged) for sender in senders)
    station.until(
        lambda: sum(len(sender.acknowledged) for sender in senders) > answered, "it answers"
    )
    for sender in senders:
        sender.stop()
    assert station.stop() == 0
    entries = station.entries()
    station.until(lambda: taken(desk) == len(entries), "all entries are taken", 120)
    station.until(lambda: all_signed(desk), "every checkpoint has its note")
    assert worker.end(signal.SIGTERM) == 0

    acknowledged = [frame for sender in senders for frame in sender.acknowledged]
    assert len(acknowledged) > 10 * ROUNDS
    compare(desk, entries, acknowledged)
    check_chains(desk)
    check_log(desk)
