"""The units: clean, closed as far as they can be, and working inside what they close."""

import configparser
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from stationd import settings
from stationd.journal.model import Kind
from stationd.journal.reader import JournalReader

FOLDER = Path(__file__).parent.parent / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
UNITS = [*SERVICES, *sorted(FOLDER.glob("*.target"))]

analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here"
)


class Many(dict):
    """Keep every value of a key that is given more than once."""

    def __setitem__(self, key, value):
        if isinstance(value, list) and isinstance(self.get(key), list):
            value = self[key] + value
        super().__setitem__(key, value)


def unit(path):
    parser = configparser.RawConfigParser(dict_type=Many, strict=False)
    parser.optionxform = str
    parser.read(path)
    return {
        (section, key): value.split("\n")
        for section in parser.sections()
        for key, value in parser[section].items()
    }


@pytest.fixture
def installed(tmp_path):
    """Copy the units to a folder where their programs exist."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("stationd", "stationd-worker", "stationd-relay", "stationctl"):
        (programs / name).symlink_to(sys.executable)
    copies = []
    for path in UNITS:
        text = path.read_text(encoding="utf-8").replace("/opt/stationd/bin", str(programs))
        copies.append(tmp_path / path.name)
        copies[-1].write_text(text, encoding="utf-8")
    return copies


@analyze
def test_the_units_have_no_fault_systemd_can_find(installed):
    command = ["systemd-analyze", "verify", "--man=no", *installed]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    ours = [line for line in done.stderr.splitlines() if "stationd" in line]
    assert ours == []
    assert done.returncode == 0


@analyze
@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_little_is_left_open(path):
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    (exposure,) = re.findall(r"Overall exposure level for \S+: (\d+\.\d+)", done.stdout)
    assert float(exposure) < 2.0
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert f"{exposure} for `{path.stem}`" in readme


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_never_gives_up_and_is_watched(path):
    lines = unit(path)
    assert lines["Service", "Type"] == ["notify"]
    assert lines["Service", "Restart"] == ["always"]
    assert lines["Unit", "StartLimitIntervalSec"] == ["0"]
    assert int(lines["Service", "WatchdogSec"][0]) > 0


@pytest.mark.parametrize("path", SERVICES, ids=lambda path: path.name)
def test_a_unit_reads_the_configuration_where_the_programs_look_for_it(path):
    assert unit(path)["Service", "ExecStart"][0].endswith(f"--config {settings.DEFAULT_PATH}")


def credentials(name):
    lines = unit(FOLDER / name)["Service", "LoadCredential"]
    return {line.split(":")[0] for line in lines}


def test_each_process_gets_the_credentials_the_settings_name_and_no_other():
    keys = settings.KeySettings()
    roster = settings.RosterSettings().key
    assert credentials("stationd.service") == {roster}
    assert credentials("stationd-worker.service") == {
        roster,
        keys.seal_key,
        keys.seal_certificate,
        keys.root,
        keys.log_key,
    }


def test_serial_ports_stay_reachable_and_no_other_device():
    lines = unit(FOLDER / "stationd.service")
    assert ("Service", "PrivateDevices") not in lines
    assert ("Service", "ProtectClock") not in lines
    assert lines["Service", "DevicePolicy"] == ["closed"]
    assert all(re.fullmatch(r"char-tty\w+ rw", line) for line in lines["Service", "DeviceAllow"])
    assert lines["Service", "CapabilityBoundingSet"] == [""]


def test_every_default_path_lies_in_a_folder_its_process_may_write():
    assert settings.JournalSettings().path.parent == Path("/var/lib/stationd")
    assert settings.RosterSettings().path.parent == Path("/var/lib/stationd")
    worker = unit(FOLDER / "stationd-worker.service")
    assert worker["Service", "StateDirectory"] == ["stationd-worker"]
    assert worker["Service", "ReadWritePaths"] == ["-/var/lib/stationd"]


@pytest.mark.parametrize("program", ["systemd-sysusers", "systemd-tmpfiles"])
def test_users_and_folders_can_be_made(program, tmp_path):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    (tmp_path / "etc").mkdir()
    users = ["systemd-sysusers", f"--root={tmp_path}", FOLDER / "stationd.sysusers"]
    subprocess.run(users, check=True, timeout=60)
    assert "stationd-worker:" in (tmp_path / "etc" / "passwd").read_text(encoding="utf-8")
    if program == "systemd-tmpfiles" and os.getuid() == 0:
        folders = [program, f"--root={tmp_path}", "--create", FOLDER / "stationd.tmpfiles"]
        subprocess.run(folders, check=True, timeout=60)
        journal = tmp_path / "var" / "lib" / "stationd"
        assert oct(journal.stat().st_mode & 0o7777) == "0o2770"


CONFINED = """
import ctypes, os, sys
PR_SET_MDWE = 65
# What MemoryDenyWriteExecute= forbids; an older kernel has no such switch.
ctypes.CDLL(None).prctl(PR_SET_MDWE, 1, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def confined(*command):
    """Run without any capability, without new rights, without writable code."""
    drop = ["--bounding-set=-all", "--inh-caps=-all"] if os.getuid() == 0 else []
    inside = [sys.executable, "-c", CONFINED, *map(str, command)]
    return ["setpriv", *drop, "--no-new-privs", *inside]


needs_setpriv = pytest.mark.skipif(
    shutil.which("setpriv") is None, reason="setpriv is not installed here"
)


@needs_setpriv
def test_the_clock_can_be_read_without_any_capability_and_not_set():
    program = (
        "import time, sys\n"
        "from stationd.net.kernel_clock import read_kernel_clock\n"
        "print(read_kernel_clock().state.value)\n"
        "try: time.clock_settime(time.CLOCK_REALTIME, time.time())\n"
        "except PermissionError: print('refused')\n"
    )
    done = subprocess.run(
        confined(sys.executable, "-c", program),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    state, setting = done.stdout.split()
    assert state in {"synced", "unsynced"}
    assert setting == "refused"


CONFIG = """
[station]
station = "s-1"
node = "n-1"
[ledger]
origin = "log.example.com/s-1"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
[[listeners]]
kind = "serial"
name = "line"
receiver = "surgard"
device = "{folder}/line"
reopen_every = "1s"
"""


@pytest.fixture
def simulator(tmp_path):
    """A simulated receiver on a pty, ready and waiting to begin."""
    command = [
        sys.executable, "-m", "stationd.simulate", "--pty", tmp_path / "line", "--hold",
        "--speed", "86400", "--wait", "1", "--heartbeat", "2", "--report", tmp_path / "report.json",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert json.loads(process.stdout.readline())["ready"]
        yield process
        process.kill()


@pytest.mark.system
@needs_setpriv
def test_a_serial_line_is_served_inside_the_limits_of_the_unit(tmp_path, simulator):
    (tmp_path / "stationd.toml").write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    (tmp_path / "roster.key").write_bytes(Fernet.generate_key())
    daemon = [sys.executable, "-m", "stationd.daemon", "--config", tmp_path / "stationd.toml"]
    with subprocess.Popen(confined(*daemon), stderr=subprocess.PIPE) as process:
        try:
            simulator.communicate(b"\n", timeout=60)
        finally:
            process.send_signal(signal.SIGTERM)
        log = process.communicate(timeout=30)[1].decode()
    assert simulator.returncode == 0, log
    total = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["total"]
    assert total["sent"] == total["acknowledged"] > 0
    events = [json.loads(line) for line in log.splitlines()]
    assert {event["state"] for event in events if event["event"] == "clock"} <= {
        "synced",
        "unsynced",
    }


def started(folder):
    """Start the daemon, and return it when it serves."""
    command = [sys.executable, "-m", "stationd.daemon", "--config", folder / "stationd.toml"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    patience = threading.Timer(60, process.kill)
    patience.start()
    for line in process.stderr:
        if json.loads(line)["event"] == "ready":
            break
    patience.cancel()
    assert process.poll() is None, "the daemon ended before it served"
    return process


def stopped(process):
    """Stop the daemon as systemd does, and return its exit code."""
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    return process.returncode


@pytest.mark.system
def test_a_restart_loses_no_frame(tmp_path, simulator):
    (tmp_path / "stationd.toml").write_text(CONFIG.format(folder=tmp_path), encoding="utf-8")
    (tmp_path / "roster.key").write_bytes(Fernet.generate_key())
    process = started(tmp_path)
    simulator.stdin.write(b"\n")
    simulator.stdin.flush()
    for _ in range(3):
        assert stopped(process) == 0
        process = started(tmp_path)
    simulator.wait(timeout=90)
    assert stopped(process) == 0
    assert simulator.returncode == 0
    with contextlib.closing(JournalReader(tmp_path / "journal.sqlite3")) as journal:
        frames = [entry for entry in journal.read(0, 10_000) if entry.kind is Kind.FRAME]
    total = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["total"]
    assert len({entry.raw for entry in frames}) > 0
    assert len(frames) >= total["acknowledged"] == total["sent"]


WORKER = """
[station]
station = "s-1"
node = "n-1"
[ledger]
origin = "log.example.com/s-1"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
[database]
url = "sqlite:///{folder}/station.sqlite3"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "directory"
path = "{folder}/bundles"
[[authorities]]
name = "tsa-1"
url = "http://127.0.0.1:1/tsr"
trust = "root.pem"
"""


@pytest.mark.system
@needs_setpriv
def test_the_worker_serves_inside_the_limits_of_its_unit(tmp_path):
    config = tmp_path / "stationd.toml"
    config.write_text(WORKER.format(folder=tmp_path), encoding="utf-8")
    secrets = tmp_path / "credentials"
    # As systemd does, the environment names the folder of the credentials and the socket.
    told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    told.bind(str(tmp_path / "notify"))
    told.settimeout(60)
    environment = os.environ | {
        "CREDENTIALS_DIRECTORY": str(secrets),
        "NOTIFY_SOCKET": str(tmp_path / "notify"),
    }
    stationctl = [Path(sys.executable).with_name("stationctl"), "--config", config]
    for command in (["keys", "init", secrets], ["migrate"]):
        subprocess.run([*stationctl, *command], check=True, timeout=60, stdout=subprocess.DEVNULL)
    worker = confined(sys.executable, "-m", "stationd.worker", "--config", config)
    with told, subprocess.Popen(worker, env=environment, stderr=subprocess.PIPE) as process:
        try:
            assert b"READY=1" in told.recv(4096)
        finally:
            process.send_signal(signal.SIGTERM)
            log = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 0, log
