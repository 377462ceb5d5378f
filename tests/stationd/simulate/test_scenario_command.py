"""The command line of a scenario; whole runs are in tests/system/test_scenarios.py."""

import resource
import subprocess
import sys

import pytest

from stationd.simulate import scenario_command
from stationd.simulate.scenario_command import asks_for_scenario, main
from stationd.simulate.scenarios import SCENARIOS, Transport

TCP = ("--dc09-tcp", "127.0.0.1:1")


class Reactor:
    """A reactor that runs what it is given, on the stand-in network, until it is stopped."""

    def __init__(self, net, seconds=8.0):
        self.net = net
        self.seconds = seconds
        self.stopped = False
        self.first = ()

    def __getattr__(self, name):
        return getattr(self.net, name)

    def callWhenRunning(self, *call):
        self.first = call

    def run(self):
        call, *arguments = self.first
        call(*arguments)
        self.net.pass_(self.seconds)
        assert self.stopped

    def stop(self):
        self.stopped = True


@pytest.fixture(autouse=True)
def limits(monkeypatch, net):
    """Leave this process's limit alone, and let its time be that of the stand-in network."""
    raised = []
    monkeypatch.setattr(resource, "setrlimit", lambda *limit: raised.append(limit))

    class Clock:
        ticks = staticmethod(net.ticks)

    monkeypatch.setattr(scenario_command, "SystemClock", Clock)
    return raised


def played(net, *words):
    return main(Reactor(net), ["--scenario", "storm", "--accounts", "40", *words])


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        (["--scenario", "storm"], True),
        (["--scenario=storm"], True),
        (["--speed", "2"], False),
        ([], False),
    ],
)
def test_a_scenario_is_played_where_it_is_asked_for(words, asks):
    assert asks_for_scenario(words) is asks


def test_a_scenario_is_played_and_reported(net, capsys, tmp_path, limits):
    acknowledged = tmp_path / "acknowledged.csv"
    code = played(
        net, *TCP, "--dc09-udp", "127.0.0.1:1", "--surgard-call", "127.0.0.1:1", "--speed", "1800",
        "--acknowledged", str(acknowledged), "--first-account", "ab00",
    )  # fmt: skip
    out = capsys.readouterr().out
    assert code == 0
    assert '"scenario": "storm"' in out
    assert '"acknowledged": 40' in out
    assert '"processor_s"' in out
    header, *lines = acknowledged.read_text().split()
    assert header == "account,acknowledged"
    assert len(lines) == 10
    assert all(line.startswith("AB") and line.endswith(",4") for line in lines)
    assert limits[0][0] == resource.RLIMIT_NOFILE


def test_what_is_lost_ends_in_1_and_the_report_goes_to_a_file(net, capsys, tmp_path):
    net.answering = False
    report = tmp_path / "report.json"
    code = played(
        net, *TCP, "--speed", "1800", "--linger", "1", "--mix", "tcp=1", "--report", str(report)
    )
    assert (code, capsys.readouterr().out) == (1, "")
    assert '"lost": 40' in report.read_text()


def test_only_ways_that_the_station_has_are_played(net, capsys):
    assert played(net, *TCP, "--speed", "1800") == 0
    out = capsys.readouterr().out
    assert '"anew"' in out
    assert '"udp"' not in out


def test_a_fault_of_the_program_is_told_and_ends_in_1(net, capsys, tmp_path):
    nowhere = tmp_path / "none" / "report.json"
    assert played(net, *TCP, "--speed", "1800", "--report", str(nowhere)) == 1
    assert str(nowhere) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name at least one of --dc09-tcp, --dc09-udp, --surgard-call"),
        ((*TCP, "--mix", "udp=1"), "nobody takes part"),
        ((*TCP, "--mix", "tcp"), "tcp is no WAY=SHARE; the ways are tcp, anew, udp, surgard"),
        ((*TCP, "--mix", "pigeon=1"), "pigeon=1 is no WAY=SHARE"),
        ((*TCP, "--rate", "0"), "0 is no number above 0"),
        ((*TCP, "--accounts", "many"), "many is no number above 0"),
        ((*TCP, "--first-account", "XYZ"), "XYZ is no hexadecimal number"),
        (("--dc09-tcp", "127.0.0.1"), "127.0.0.1 is no HOST:PORT"),
        (("--dc09-tcp", "127.0.0.1:65536"), "127.0.0.1:65536 is no HOST:PORT"),
        ((*TCP, "--scenario", "flood"), "invalid choice: 'flood'"),
    ],
)
def test_a_command_line_that_cannot_be_is_told(net, capsys, words, said):
    try:
        code = played(net, *words)
    except SystemExit as end:
        code = end.code
    assert code == 2
    assert said in capsys.readouterr().err


def test_a_mix_may_name_some_ways(net, capsys):
    assert played(net, *TCP, "--mix", "tcp=3,anew=1", "--speed", "1800") == 0
    assert set(Transport) >= {"tcp", "anew"}
    assert '"anew"' in capsys.readouterr().out


@pytest.mark.system
def test_the_help_names_every_scenario():
    command = [sys.executable, "-m", "stationd.simulate", "--scenario", "storm", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    text = " ".join(done.stdout.split())
    assert all(f"{name}: " in text for name in SCENARIOS)
