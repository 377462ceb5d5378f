"""Real frames, received, taken over, read anew and corrected: all through the programs."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from archive.ceremony import Ceremony
from stationd.sealing import new_sealing_key

pytestmark = pytest.mark.system

PASSWORD = "correct horse battery\n"
FRAMES = 9
# The daemon's settings are the station's; the worker and stationctl need these besides.
MORE = """
key = "{folder}/roster.key"
[database]
url = "sqlite:///{folder}/station.sqlite3"
[keys]
seal_key = "{keys}/seal.key.pem"
seal_certificate = "{keys}/seal.pem"
root = "{keys}/root.pem"
log_key = "{keys}/log.key.pem"
[policies]
runaway_signals = 5
runaway_quiet = "1h"
[worker]
follow_every = "1s"
"""
OWN = """
name = "south"
[[codes]]
format = "contact-id"
code = "7A1"
class = "alarm"
name = "vault, glass broken"
"""
ACCOUNT = "account,customer,address,zone,group,number\n4821,Adler,12 Main St,UTC,main,1234\n"


class Ctl:
    """`stationctl` of one station, as a user calls it."""

    def __init__(self, folder: Path, config: Path) -> None:
        self._program = [str(Path(sys.executable).parent / "stationctl"), "--config", str(config)]
        self._environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state")}

    def __call__(self, *words: str, text: str = "") -> str:
        done = subprocess.run(
            [*self._program, *words],
            input=text,
            capture_output=True,
            text=True,
            env=self._environment,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def value(self, *words: str) -> Any:
        """Return what a command prints for programs."""
        return json.loads(self("--json", *words))


@pytest.fixture
def port(station: Any, keys: Ceremony) -> int:
    """Start the daemon with one receiver's port, and all that the worker needs."""
    (station.folder / "roster.key").write_bytes(new_sealing_key())
    (station.folder / "roster.key").chmod(0o600)
    station.listeners = MORE.format(folder=station.folder, keys=keys.root.parent)
    taken: int = station.listen("tcp", "surgard")
    station.start()
    return taken


@pytest.fixture
def ctl(station: Any, port: int) -> Ctl:
    """Return a station with an administrator and one account."""
    made = Ctl(station.folder, station.config)
    made("migrate")
    made(
        "staff", "add", "anna", "--name", "Anna", "--role", "AD", "--password-stdin", text=PASSWORD
    )
    made("login", "anna", "--password-stdin", text=PASSWORD)
    (station.folder / "accounts.csv").write_text(ACCOUNT)
    made("account", "import", str(station.folder / "accounts.csv"))
    return made


def receive(port: int) -> None:
    """Send signals of a code that no table explains; each must be acknowledged."""
    with socket.create_connection(("127.0.0.1", port)) as receiver:
        receiver.settimeout(20)
        for zone in (1,) * (FRAMES - 1) + (2,):
            receiver.sendall(f"5011 181234E7A101{zone:03}".encode() + b"\x14")
            assert receiver.recv(16) == b"\x06"


def taken_over(station: Any) -> int:
    """Return how many signals the account has by now."""
    with closing(sqlite3.connect(station.folder / "station.sqlite3")) as database:
        query = "SELECT count(*) FROM signals WHERE acct = '4821'"
        return int(database.execute(query).fetchone()[0])


def test_signals_are_read_anew_and_both_meanings_are_seen(
    station: Any, port: int, ctl: Ctl
) -> None:
    receive(port)
    log = (station.folder / "worker.log").open("wb")
    worker = subprocess.Popen(
        [sys.executable, "-m", "stationd.worker", "--config", str(station.config)], stderr=log
    )
    try:
        station.until(lambda: taken_over(station) == FRAMES, "all are taken over", 120.0)
        (station.folder / "codes.toml").write_text(OWN)
        with station.config.open("a") as config:
            config.write(f'\n[codes]\nfile = "{station.folder}/codes.toml"\n')
        assert "Nothing is written yet" in ctl("redecode")
        done = ctl.value("redecode", "--apply")
        assert done["counts"]["corrected"] == FRAMES
    finally:
        worker.terminate()
        assert worker.wait(60) == 0
        log.close()
    rows = ctl.value("account", "history", "4821")
    assert [row["signal_class"] for row in rows] == ["alarm"] * FRAMES
    assert all(row["name"] == "vault, glass broken" for row in rows)
    assert all("corrected" in row["marks"] and row["was"].startswith("status 7A1") for row in rows)
    assert "runaway_folded" in rows[-1]["marks"]
    shown = ctl("account", "history", "4821").splitlines()
    assert f"x {FRAMES - 1} between" in shown[1]
    assert len(shown) == 3
    assert len(ctl("account", "history", "4821", "--all").splitlines()) == FRAMES + 1
    assert [one["count"] for one in ctl.value("status")["runaways"]] == [FRAMES]
