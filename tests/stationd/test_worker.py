import fcntl
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.ceremony import Ceremony
from stationd import worker
from stationd.acting import Acting
from stationd.desk import Desk
from stationd.following import Following
from stationd.net.notify import Notifier
from stationd.sealing import Sealer, new_sealing_key
from stationd.settings import Settings
from stationd.worker import main


@pytest.fixture
def config(worker_config: Path) -> Path:
    return worker_config


@pytest.fixture
def settings(worker_settings: Settings) -> Settings:
    return worker_settings


@pytest.fixture
def desk(worker_desk: Desk) -> Desk:
    return worker_desk


@pytest.fixture
def acting(desk: Desk, config: Path, settings: Settings) -> Iterator[Acting]:
    sealer = Sealer(new_sealing_key())
    following = Following(desk, settings, sealer)
    made = Acting(desk, settings, following=following, config=config, sealer=sealer)
    yield made
    made.stop()


def test_a_wrong_configuration_ends_with_2(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "name the file with --config" in capfd.readouterr().err


def test_a_database_that_was_not_migrated_ends_with_2(
    config: Path, database_url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    other = f"sqlite:///{tmp_path / 'another.sqlite3'}"
    config.write_text(config.read_text().replace(database_url, other))
    assert main(["--config", str(config)]) == 2
    assert "stationctl migrate" in capfd.readouterr().err


def test_a_missing_log_key_is_told(
    config: Path, desk: Desk, keys: Ceremony, capfd: pytest.CaptureFixture[str]
) -> None:
    keys.log_key.unlink()
    assert main(["--config", str(config)]) == 2
    assert "log.key.pem" in capfd.readouterr().err


@pytest.mark.usefixtures("desk")
def test_a_second_worker_is_turned_away(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "worker.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert main(["--config", str(config)]) == 5
    assert "Another stationd-worker runs" in capfd.readouterr().err


def test_the_worker_tells_systemd_and_stops_on_a_signal(
    config: Path, desk: Desk, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "stationd.worker", "--config", str(config)], stderr=log
        )
    pause = threading.Event()
    while "acting" not in (tmp_path / "log").read_text():
        assert process.poll() is None
        pause.wait(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    lines = [json.loads(one) for one in (tmp_path / "log").read_text().splitlines()]
    assert [lines[0]["event"], lines[-1]["event"]] == ["started", "stopped"]


def test_a_database_that_is_away_is_waited_for(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()

    def away(_database: object) -> None:
        stopping.set()
        raise worker.DatabaseUnavailableError("away")

    monkeypatch.setattr(worker, "check_revision", away)
    assert not worker._wait_for_database(desk, stopping)


def test_the_loop_outlives_what_fails(acting: Acting, monkeypatch: pytest.MonkeyPatch) -> None:
    stopping = threading.Event()
    errors = [worker.UnavailableError("away"), ZeroDivisionError(), None]

    def look() -> bool:
        error = errors.pop(0)
        if error is not None:
            raise error
        stopping.set()
        return True

    monkeypatch.setattr(acting, "look", look)
    monkeypatch.setattr(worker, "_rest", lambda *_: None)
    worker._loop(acting, acting._following, stopping, Notifier({}))
    assert errors == []


def test_a_rest_ends_when_woken_or_told_to_stop() -> None:
    woken, stopping = threading.Event(), threading.Event()
    woken.set()
    worker._rest(woken, stopping, 60)
    woken.clear()
    stopping.set()
    worker._rest(woken, stopping, 60)


@pytest.mark.usefixtures("desk")
def test_a_folder_that_cannot_be_written_ends_with_a_sentence(
    config: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = config.read_text().replace(f'sealed = "{tmp_path}/sealed"', 'sealed = "/proc/x/sealed"')
    config.write_text(text)
    assert main(["--config", str(config)]) == 2
    told = capfd.readouterr().err
    assert "/proc/x: No such file or directory" in told
    assert "owner, mode and free space" in told
