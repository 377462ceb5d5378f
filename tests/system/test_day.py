"""A simulated day against the real daemon: a serial line, TCP in both directions, and UDP."""

import json
import subprocess
import sys

import pytest

from receivers.registry import RECEIVERS
from receivers.session import Account, Key
from receivers.signals import Decoded
from stationd.journal.model import Kind
from stationd.roster import file as roster_file
from stationd.roster.model import Roster
from stationd.sealing import Sealer, new_sealing_key
from stationd.simulate.script import Act, script
from stationd.simulate.sites import SITES, Plot, Way

pytestmark = pytest.mark.system

PANELS = {
    site.number: Account(site.number, (Key(site.key),) if site.key else ())
    for site in SITES
    if site.way in {Way.DC09_TCP, Way.DC09_UDP} and site.plot is not Plot.UNKNOWN
}


@pytest.fixture
def served(station):
    """Return the ports of a daemon that knows the panels and their keys."""
    secret = new_sealing_key()
    (station.folder / "roster.key").write_bytes(secret)
    roster = Roster({("main", number): account for number, account in PANELS.items()})
    roster_file.write(station.folder / "roster.json", roster, Sealer(secret))
    # The station's file ends with the table of the roster, to which this line belongs.
    station.listeners = f'key = "{station.folder}/roster.key"\n'
    station.listen("serial", "surgard", device=station.folder / "line", reopen_every="1s")
    return {way: station.listen(way, "dc09") for way in ("tcp", "udp")}


def signals(station):
    """Return (number, code) of every signal in the journal, decoded anew."""
    said = []
    for entry in station.entries(Kind.FRAME):
        receiver = "surgard" if "surgard" in entry.listener else "dc09"
        decoded = RECEIVERS[receiver].decode(entry.raw, PANELS.get, {})
        if isinstance(decoded, Decoded):
            said += [(signal.number, signal.code) for signal in decoded.signals]
    return said


@pytest.mark.parametrize("automation", ["called", "calls"])
def test_every_event_of_a_day_is_acknowledged_kept_and_read(station, served, automation):
    receiver = ["--surgard-listen", "127.0.0.1:0"]
    if automation == "called":
        receiver = ["--surgard-call", f"127.0.0.1:{station.listen('tcp', 'surgard')}"]
    command = [
        sys.executable, "-m", "stationd.simulate", "--pty", station.folder / "line", *receiver,
        "--dc09-tcp", f"127.0.0.1:{served['tcp']}", "--dc09-udp", f"127.0.0.1:{served['udp']}",
        "--speed", "21600", "--wait", "2", "--heartbeat", "0.3", "--poll", "0.3", "--hold",
        "--report", station.folder / "report.json",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as simulator:
        listens = json.loads(simulator.stdout.readline())["listens"].get("surgard")
        if listens is not None:
            host, port = listens
            station.listen("tcp_client", "surgard", host=host, port=port, most_wait="1s")
        station.start()
        simulator.communicate(b"\n", timeout=90)
    station.stop()
    report = json.loads((station.folder / "report.json").read_text(encoding="utf-8"))
    assert simulator.returncode == 0, station.log.read_text(encoding="utf-8")
    assert report["strange_answers"] == []
    assert report["total"]["sent"] == report["total"]["acknowledged"] == len(acts())
    assert report["heartbeats"]["acknowledged"] > 0
    assert report["polls"]["acknowledged"] > 0
    assert {number for number, _ in signals(station)} >= {site.number for site in SITES}
    assert len(station.entries(Kind.GARBLED)) >= 3


def acts():
    return [act for act in script(1, SITES) if isinstance(act, Act)]
