import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationd.desk import Desk
from stationd.hooks import service
from stationd.pager import Pager
from stationd.schedule.checks import Check, record_check
from stationd.settings import Settings, load


@pytest.fixture
def config(worker_config: Path, tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    with worker_config.open("a") as file:
        file.write(f'[[hooks]]\nkind = "folder"\nname = "drop"\npath = "{tmp_path}/drop"\n')
    return worker_config


@pytest.fixture
def settings(config: Path) -> Settings:
    return load(config)


@pytest.fixture
def pager(worker_desk: Desk, settings: Settings, config: Path) -> Iterator[Pager]:
    made = Pager(worker_desk, settings, config=config, woken=lambda: None)
    yield made
    made.stop()


def test_a_child_tells_what_is_so_and_is_started_for_nothing_else(
    pager: Pager, worker_desk: Desk, tmp_path: Path
) -> None:
    pager.look()
    assert pager._assistant._process is None
    with worker_desk.database.writing() as connection:
        at = worker_desk.clock.now()
        record_check(connection, Check(name="anchors", outcome="failed", detail="late", at=at))
    pause = threading.Event()
    for _ in range(100):
        pager._next = 0
        pager.look()
        if not service.is_waiting(worker_desk) and list((tmp_path / "drop").glob("*.json")):
            break
        pause.wait(0.1)
    (file,) = (tmp_path / "drop").glob("*.json")
    assert json.loads(file.read_bytes())["kind"] == "anchors_late"
