"""Every simulated receiver plays a day against a real daemon and worker; everything goes wrong once.

All of them are attached at once, by a pty or by TCP in either direction.  Every seventh answer is
lost on its way, the first frame of each arrives damaged, the daemon is killed and started again in
the middle, and later stands still for longer than a receiver waits.  Then each receiver's part is
looked at by itself, from what it counts as acknowledged to the chains of its accounts.
"""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from archive.ceremony import make_keys
from receivers.registry import RECEIVERS
from stationd.clock import SystemClock
from stationd.db import schema
from stationd.db.revision import migrate
from stationd.desk import Desk, open_desk
from stationd.ids import SystemIds
from stationd.journal.model import Entry, Kind
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.simulate.simulated import SIMULATED
from tests.system.conftest import Station
from tests.system.test_both_killed import MORE, Worker, give

pytestmark = [pytest.mark.system, pytest.mark.slow]

PTY = ("surgard-mlr2", "ademco685", "caps", "mx8000", "d6500", "cp220", "iti", "dmp")
LISTENS = ("surgard-system", "sk9000", "aes7705", "d6500-sia")
# Nothing in these frames says whose they are.
UNREAD = {"iti", "osborne-hoffman", "dmp", "raw", "raw-echo"}
# These have a number in each frame: a repeat is known also after our answer.
NUMBERED = {"dc09", "dc07", "mx8000", "d6500-sia"}
REFUSES = {
    name
    for name, row in SIMULATED.items()
    if row.options.get("nak") == "damaged" or row.receiver in {"mx8000", "sk9000", "galaxy"}
} - {"caps", "surgard-mlr2"}
ONE_WAY = {"ademco685-one-way", "cp220-one-way"}
ANSWERED = sorted(set(SIMULATED) - ONE_WAY)


@dataclass
class Played:
    """What came of the day: the simulator's report and record, the journal, the chains."""

    report: Any
    acknowledged: dict[str, list[list[bytes]]]
    entries: list[Entry]
    chains: dict[str, list[Any]] = field(default_factory=dict)

    def frames(self, name: str) -> list[Entry]:
        return [one for one in self.of(name) if one.kind is Kind.FRAME]

    def of(self, name: str) -> list[Entry]:
        return [one for one in self.entries if one.listener == name]

    def counts(self, name: str, what: str) -> int:
        accounts = self.report["accounts"]
        return sum(accounts[number][what] for number in SIMULATED[name].numbers)


def way_of(name: str) -> str:
    if name in PTY:
        return "pty"
    return "listen" if name in LISTENS else "call"


def attach(station: Station, name: str, listens: dict[str, Any]) -> str:
    """Add a receiver's listener to the station; return what the simulator is told."""
    row = SIMULATED[name]
    said: dict[str, object] = {"name": name, "group": name}
    if (way := way_of(name)) == "pty":
        where = str(station.folder / name)
        station.listen("serial", row.receiver, device=where, reopen_every="1s", **said)
    elif way == "listen":
        where = "127.0.0.1:0"
        if name in listens:
            host, port = listens[name]
            station.listen("tcp_client", row.receiver, host=host, port=port, most_wait="1s", **said)
    else:
        where = f"127.0.0.1:{station.listen('tcp', row.receiver, **said)}"
    options = ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.options.items())
    if options and (way != "listen" or name in listens):
        station.listeners += f"options = {{ {options} }}\n"
    return f"{name}:{way}:{where}"


def prepare(station: Station, keys: Path) -> None:
    """Write the parts of the configuration that come before the listeners."""
    ceremony = make_keys(keys, station="station-1", now=datetime.now(UTC), serials=count(1))
    key = station.folder / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    station.listeners = f'key = "{key}"\n'
    station.listeners += MORE.format(folder=station.folder, log_key=ceremony.log_key)


def furnish(station: Station) -> Desk:
    """Make the station's database with two accounts for each receiver."""
    desk = open_desk(load(station.config), clock=SystemClock(), ids=SystemIds())
    migrate(desk.database, copy_to=None)
    for name, row in SIMULATED.items():
        for number in row.numbers[:2]:
            give(desk, number, group=name)
    return desk


def chains_of(desk: Desk) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    with desk.database.reading() as connection:
        for row in connection.execute(sa.select(schema.records)):
            found.setdefault(row.acct, []).append(row)
    return found


def taken(desk: Desk) -> int:
    with desk.database.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.max(schema.entries.c.position))) or 0)


def disturb(station: Station) -> None:
    """Kill the daemon in the middle of the day, start it, and let it stand still once."""
    station.until(lambda: len(station.frames()) > 150, "the day has begun")
    station.kill()
    station.start()
    before = len(station.frames())
    station.until(lambda: len(station.frames()) > before + 150, "the day goes on")
    assert station.process is not None
    station.process.send_signal(signal.SIGSTOP)
    # How long it stands still is what is tried: longer than a wait, and than two.
    time.sleep(2.5)
    station.process.send_signal(signal.SIGCONT)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("rehearsal")
    station = Station(folder)
    prepare(station, folder / "keys")
    first = [attach(station, name, {}) for name in SIMULATED if name not in LISTENS]
    first += [attach(station, name, {}) for name in LISTENS]
    command = [
        sys.executable, "-m", "stationd.simulate", *(f"--receiver={each}" for each in first),
        "--speed", "7200", "--wait", "1", "--heartbeat", "1", "--lose", "7", "--hold",
        "--linger", "60", "--report", folder / "report.json", "--record", folder / "record",
    ]  # fmt: skip
    worker = Worker(station.config, folder / "worker.log")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as simulator:
        try:
            assert simulator.stdout is not None
            ready = json.loads(simulator.stdout.readline())
            for name in LISTENS:
                attach(station, name, ready["listens"])
            station.start()
            desk = furnish(station)
            worker.start()
            assert simulator.stdin is not None
            simulator.stdin.write(b"\n")
            simulator.stdin.close()
            disturb(station)
            assert simulator.wait(90) == 0, (folder / "report.json").read_text()
            assert station.stop() == 0
            entries = station.entries()
            station.until(lambda: taken(desk) == len(entries), "the worker took them", 60)
            assert worker.end(signal.SIGTERM) == 0
            yield Played(
                json.loads((folder / "report.json").read_text()),
                acknowledged(folder / "record"),
                entries,
                chains_of(desk),
            )
            desk.database.close()
        finally:
            simulator.kill()
            worker.end(signal.SIGKILL)
            station.kill()


def acknowledged(record: Path) -> dict[str, list[list[bytes]]]:
    """Return the frames of the events that the simulator counts as acknowledged, by number."""
    found: dict[str, list[list[bytes]]] = {}
    for line in record.read_text().splitlines():
        said = json.loads(line)
        frames = [bytes.fromhex(frame) for frame in said["frames"]]
        found.setdefault(said["number"], []).append(frames)
    return found


EVERY = pytest.mark.parametrize("name", SIMULATED)


def test_every_receiver_of_the_registry_is_simulated() -> None:
    assert {row.receiver for row in SIMULATED.values()} == set(RECEIVERS)


@EVERY
def test_everything_that_happened_was_sent_and_acknowledged(played: Played, name: str) -> None:
    events = played.counts(name, "events")
    assert events > 20
    assert played.counts(name, "sent") == events
    ended = played.counts(name, "unasked" if name in ONE_WAY else "acknowledged")
    assert ended == events


def chain_of(name: str, number: str) -> str:
    """Return the chain in which a receiver's events of a number must stand."""
    if name in UNREAD:
        return f"line:{name}"
    known = number in SIMULATED[name].numbers[:2]
    return f"A-{number}" if known else f"unknown:{name}:{number}"


@pytest.mark.parametrize("name", ANSWERED)
def test_every_event_acknowledged_stands_in_the_history_of_its_account(
    played: Played, name: str
) -> None:
    raws = {one.position: one.raw for one in played.of(name)}
    # A block of a call that is about no event stands in the line's chain.
    about_the_call = Counter(raws.get(row.position) for row in played.chains[f"line:{name}"])
    for number in SIMULATED[name].numbers:
        rows = played.chains[chain_of(name, number)]
        kept = Counter(raws.get(row.position) for row in rows) + about_the_call
        wanted = Counter(frame for event in played.acknowledged[number] for frame in event)
        assert len(played.acknowledged[number]) > 0
        assert wanted - kept == Counter()
        if name not in UNREAD:
            events = Counter(event[min(1, len(event) - 1)] for event in played.acknowledged[number])
            assert events - Counter(raws.get(row.position) for row in rows) == Counter()


@pytest.mark.parametrize("name", ANSWERED)
def test_a_lost_answer_brings_the_frame_again_and_it_is_kept_again(
    played: Played, name: str
) -> None:
    assert played.counts(name, "repeats") > 0
    sent = sum(len(event) for number in SIMULATED[name].numbers for event in
               played.acknowledged[number])  # fmt: skip
    assert len(played.frames(name)) > sent


@pytest.mark.parametrize("name", ANSWERED)
def test_a_repeat_is_marked_where_the_protocol_can_tell(played: Played, name: str) -> None:
    frames = played.frames(name)
    repeats = [one for one in frames if one.note and json.loads(one.note).get("repeat")]
    assert len(repeats) > 0
    if name in NUMBERED:
        whole = [one for one in frames if not (one.note and json.loads(one.note).get("fault"))]
        events = [one for one in whole if b"NULL" not in one.raw]
        assert len(events) - len({one.raw for one in events}) == len(repeats)


@pytest.mark.parametrize(
    "name", [name for name in ANSWERED if SIMULATED[name].voice is None
             or SIMULATED[name].voice.checks]  # fmt: skip
)
def test_a_damaged_frame_is_kept_as_such_and_sent_again(played: Played, name: str) -> None:
    assert played.counts(name, "damaged") >= 1
    faults = [
        one for one in played.of(name)
        if one.kind is Kind.GARBLED or (one.note and "fault" in json.loads(one.note))
    ]  # fmt: skip
    assert any(b"\x00" in one.raw or name == "dc09" for one in faults)


@pytest.mark.parametrize("name", sorted(REFUSES))
def test_a_refused_frame_is_sent_again_and_taken(played: Played, name: str) -> None:
    assert played.counts(name, "refused") >= 1


@EVERY
def test_the_line_lived_on_both_sides_of_the_crash(played: Played, name: str) -> None:
    starts = [one.position for one in played.entries if one.kind is Kind.STARTED]
    assert len(starts) == 2
    places = [one.position for one in played.frames(name)]
    assert min(places) < starts[1] < max(places)


def test_no_answer_was_one_that_a_panel_would_not_believe(played: Played) -> None:
    assert played.report["lost_answers"] > 0
    assert [text for text in played.report["strange_answers"] if "no answer" in text] == []
