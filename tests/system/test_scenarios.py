"""Every scenario, scaled down, against a real daemon: nothing acknowledged may be missing."""

import csv
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from receivers.session import Account
from stationd.journal.model import Kind
from stationd.roster import file as roster_file
from stationd.roster.model import Roster
from stationd.sealing import Sealer, new_sealing_key
from stationd.simulate import dc09
from stationd.simulate.scenarios import SCENARIOS

pytestmark = pytest.mark.system

FIRST = 0x100000
ACCOUNTS = 200
EVENT = re.compile(rb"#([0-9A-F]+)\|Nri1/[A-Z]{2}[0-9]{3}\^([0-9]+)\^")

PLAYED = {
    "quiet": ("--speed", "28800"),
    "storm": ("--speed", "600"),
    "path-return": ("--duration", "3"),
    "runaway": ("--duration", "3", "--rate", "40"),
    "failover": ("--duration", "3", "--rate", "150"),
    "noisy-line": ("--duration", "3", "--rate", "100", "--wait", "0.5", "--receiver-wait", "3"),
    "slow-reader": ("--duration", "3", "--rate", "80", "--wait", "2"),
}


@dataclass(frozen=True, slots=True)
class Listeners:
    """The ports of a daemon that listens for everybody."""

    tcp: int
    udp: int
    surgard: int
    second: int


@pytest.fixture
def served(station: Any) -> Listeners:
    secret = new_sealing_key()
    (station.folder / "roster.key").write_bytes(secret)
    numbers = [f"{FIRST + account:X}" for account in range(ACCOUNTS)]
    roster = Roster({("main", number): Account(number) for number in numbers})
    roster_file.write(station.folder / "roster.json", roster, Sealer(secret))
    # The station's file ends with the table of the roster, to which this line belongs.
    station.listeners = f'key = "{station.folder}/roster.key"\n'
    return Listeners(
        station.listen("tcp", "dc09"),
        station.listen("udp", "dc09"),
        station.listen("tcp", "surgard"),
        station.listen("tcp", "surgard", name="second"),
    )


def play(station: Any, served: Listeners, scenario: str, *more: str) -> tuple[int, Any]:
    """Play a scenario; return the exit code and the report."""
    command = [
        sys.executable, "-m", "stationd.simulate", "--scenario", scenario,
        "--accounts", str(ACCOUNTS), "--connections", "20", "--receivers", "4",
        "--dc09-tcp", f"127.0.0.1:{served.tcp}", "--dc09-udp", f"127.0.0.1:{served.udp}",
        "--surgard-call", f"127.0.0.1:{served.surgard}",
        "--surgard-second", f"127.0.0.1:{served.second}", "--heartbeat", "1", "--pause", "1",
        "--linger", "40", "--report", str(station.folder / "report.json"),
        "--acknowledged", str(station.folder / "acknowledged.csv"), *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads((station.folder / "report.json").read_text())


def events(station: Any) -> list[tuple[str, int]]:
    """Return account and number of each event in the journal, copies included."""
    found = (EVENT.search(raw) for raw in station.frames())
    return [(match[1].decode(), int(match[2])) for match in found if match]


def acknowledged(station: Any) -> Iterator[tuple[str, int]]:
    """Yield account and number of each event that the simulator saw acknowledged."""
    with (station.folder / "acknowledged.csv").open(newline="") as file:
        for line in csv.DictReader(file):
            for number in range(1, int(line["acknowledged"]) + 1):
                yield line["account"], number


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_everything_is_acknowledged_and_what_was_is_in_the_journal(
    station: Any, served: Listeners, scenario: str
) -> None:
    station.start()
    code, report = play(station, served, scenario, *PLAYED[scenario])
    assert station.stop() == 0
    assert (code, report["lost"], report["wrong"]) == (0, 0, 0), report["strange_answers"]
    assert report["events"] == report["sent"] == report["acknowledged"] > 50
    said = set(acknowledged(station))
    assert len(said) == report["acknowledged"]
    kept = events(station)
    assert said <= set(kept)
    peculiar(scenario, station, report, kept)


def peculiar(scenario: str, station: Any, report: Any, kept: list[tuple[str, int]]) -> None:
    """Look at what is the point of each scenario."""
    surgard, tcp = report["ways"]["surgard"], report["ways"]["tcp"]
    if scenario == "failover":
        assert surgard["twice"] == 4
        assert len(kept) >= len(set(kept)) + 4
        assert {e.listener for e in station.entries(Kind.FRAME)} >= {"tcp-surgard", "second"}
        assert tcp["connections"]["made"] == 40
    elif scenario == "noisy-line":
        assert report["repeats"] > 0
        assert {json.loads(e.note)["fault"] for e in station.entries(Kind.GARBLED)} >= {
            "checksum",
            "noise",
        }
    elif scenario == "slow-reader":
        downs = [json.loads(e.note)["cause"] for e in station.entries(Kind.LINK_DOWN)]
        assert downs.count("does not read our answers") == tcp["connections"]["lost"] == 2
        assert tcp["latency_ms"]["max"] > 1000 > report["ways"]["udp"]["latency_ms"]["p50"]
    elif scenario == "runaway":
        most = max(number for _, number in kept)
        assert most >= 60
    else:
        assert len(kept) == report["events"] + report["repeats"]


def test_what_is_not_acknowledged_is_told_and_ends_in_1(station: Any, served: Listeners) -> None:
    station.start()
    station.process.send_signal(signal.SIGSTOP)
    try:
        code, report = play(
            station, served, "path-return", "--duration", "0.2", "--linger", "1.5", "--wait", "0.5"
        )
    finally:
        station.process.send_signal(signal.SIGCONT)
    assert (code, report["acknowledged"], report["lost"]) == (1, 0, 2 * ACCOUNTS)
    assert report["ways"]["udp"]["repeats"] > 0


def test_a_daemon_killed_in_the_middle_has_all_that_it_acknowledged(
    station: Any, served: Listeners
) -> None:
    station.start()
    command = [
        sys.executable, "-m", "stationd.simulate", "--scenario", "path-return", "--duration", "4",
        "--accounts", str(ACCOUNTS), "--rate", "200", "--wait", "0.5",
        "--dc09-tcp", f"127.0.0.1:{served.tcp}", "--dc09-udp", f"127.0.0.1:{served.udp}",
        "--surgard-call", f"127.0.0.1:{served.surgard}", "--connections", "20",
        "--receivers", "4", "--heartbeat", "0.5", "--pause", "0.5", "--linger", "40",
        "--acknowledged", str(station.folder / "acknowledged.csv"),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE) as simulator:
        station.until(lambda: len(station.frames()) > 100, "a part was played")
        station.kill()
        station.start()
        out, _ = simulator.communicate(timeout=90)
    station.stop()
    report = json.loads(out)
    assert (simulator.returncode, report["lost"], report["wrong"]) == (0, 0, 0)
    assert report["repeats"] > 0
    assert report["ways"]["tcp"]["connections"]["lost"] == 20
    said = set(acknowledged(station))
    assert len(said) == report["events"] == 800
    assert said <= set(events(station))


def test_datagrams_that_come_while_the_daemon_is_held_up_are_kept_by_the_kernel(
    station: Any, served: Listeners
) -> None:
    frames = [dc09.frame(b'"SIA-DCS"%04dL0#100000[#100000|NBA1]' % n) for n in range(1, 401)]
    station.start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as panel:
        panel.settimeout(20)
        # This process may be held up as well.
        panel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        panel.connect(("127.0.0.1", served.udp))
        station.process.send_signal(signal.SIGSTOP)
        for frame in frames:
            panel.send(frame)
        station.process.send_signal(signal.SIGCONT)
        answers = {panel.recv(4096)[14:18] for _ in frames}
    assert len(answers) == len(frames)


def test_calls_that_come_while_the_daemon_is_held_up_wait_to_be_taken(
    station: Any, served: Listeners
) -> None:
    frame = dc09.frame(b'"SIA-DCS"0001L0#100000[#100000|NBA1]')
    station.start()
    station.process.send_signal(signal.SIGSTOP)
    with ExitStack() as calls:
        panels = [
            calls.enter_context(socket.create_connection(("127.0.0.1", served.tcp), timeout=0.9))
            for _ in range(700)
        ]
        station.process.send_signal(signal.SIGCONT)
        for panel in panels:
            panel.settimeout(20)
            panel.sendall(frame)
        assert all(b'"ACK"' in panel.recv(4096) for panel in panels)
