"""Every simulated receiver plays a day against a real daemon; everything goes wrong once.

All of them are attached at once, by a pty or by TCP in either direction.  Every fifth answer is
lost on its way, the first frame of each arrives damaged, and the daemon is killed and started again
in the middle.  On a second day it stands still for longer than a receiver waits.  Then each
receiver's part is looked at by itself, from what it counts as acknowledged to the chains of its
accounts.
"""

import json
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
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
from stationd.journal.reader import JournalReader
from stationd.sealing import new_sealing_key
from stationd.settings import load
from stationd.simulate.simulated import SIMULATED
from tests.system.conftest import Station
from tests.system.nursery import Nursery
from tests.system.whole_station import MORE, Worker, give

pytestmark = [pytest.mark.system, pytest.mark.slow]

PTY = ("surgard-mlr2", "ademco685", "caps", "mx8000", "d6500", "cp220", "iti", "dmp")
LISTENS = ("surgard-system", "sk9000", "aes7705", "d6500-sia")
# Nothing in these frames says whose they are: they are parked, or a status of nobody.
UNREAD = {name: f"line:{name}" for name in ("osborne-hoffman", "dmp", "raw", "raw-echo")}
UNREAD["iti"] = "unknown:iti:"
# Where a silence ends a frame, copies that waited in the daemon's way are one frame.
JOINED = {"surgard-ipro", "raw-echo"}
# These have a number in each frame: a repeat is known also after our answer.
NUMBERED = {"dc09", "dc07", "mx8000", "d6500-sia"}
REFUSES = {
    name
    for name, row in SIMULATED.items()
    if row.options.get("nak") == "damaged" or row.receiver in {"mx8000", "sk9000", "galaxy"}
} - {"caps", "surgard-mlr2"}
ONE_WAY = {"ademco685-one-way", "cp220-one-way"}
ANSWERED = sorted(set(SIMULATED) - ONE_WAY)
CHECKED = [name for name in ANSWERED if (voice := SIMULATED[name].voice) is None or voice.checks]

FIRST_DAY = ("--speed=7200", "--wait=2", "--heartbeat=2", "--lose=5")
SECOND_DAY = ("--speed=86400", "--wait=1", "--heartbeat=8")


@dataclass
class Played:
    """What came of it: the simulator's report and record, the journal, the chains.

    ``second`` is the journal's position where the second day begins.
    """

    report: Any
    acknowledged: dict[str, list[list[bytes]]]
    entries: list[Entry]
    chains: dict[str, list[Any]]
    second: int

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
        host, port = listens[name]
        where = f"{host}:{port}"
        station.listen("tcp_client", row.receiver, host=host, port=port, most_wait="1s", **said)
    else:
        where = f"127.0.0.1:{station.listen('tcp', row.receiver, **said)}"
    options = ", ".join(f"{key} = {json.dumps(value)}" for key, value in row.options.items())
    if options:
        station.listeners += f"options = {{ {options} }}\n"
    return f"{name}:{way}:{where}"


def prepare(station: Station, keys: Path) -> None:
    """Write the parts of the configuration that come before the listeners."""
    ceremony = make_keys(keys, station="station-1", now=datetime.now(UTC), serials=count(1))
    key = station.folder / "roster.key"
    key.write_bytes(new_sealing_key())
    key.chmod(0o600)
    station.listeners = f'key = "{key}"\n'
    url = f"sqlite:///{station.folder}/station.sqlite3"
    station.listeners += MORE.format(folder=station.folder, log_key=ceremony.log_key, url=url)


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


class Simulator:
    """The simulator in a process of its own, held until it is told to begin."""

    def __init__(self, folder: Path, receivers: list[str], *more: str) -> None:
        self.folder = folder
        folder.mkdir()
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "stationd.simulate", "--hold",
                *(f"--receiver={each}" for each in receivers), *more,
                "--report", folder / "report.json", "--record", folder / "record",
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.listens = json.loads(self._process.stdout.readline())["listens"]
        self._process.stdout.close()

    def begin(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
        self._process.stdin.close()

    def end(self) -> Any:
        code = self._process.wait(90)
        report = json.loads((self.folder / "report.json").read_text())
        assert code == 0, report
        return report

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def listeners(station: Station, kind: Kind, after: int) -> set[str]:
    """Return whose entries of a kind stand behind a position of the journal."""
    reader = JournalReader(station.journal)
    try:
        return {one.listener for one in reader.read(after, 10_000) if one.kind is kind}
    finally:
        reader.close()


def heard(station: Station, after: int) -> bool:
    """Tell whether a frame came from every receiver since a position of the journal."""
    return listeners(station, Kind.FRAME, after) >= set(SIMULATED)


def attached(station: Station, after: int) -> bool:
    """Tell whether the daemon has opened every line that it must open itself."""
    return listeners(station, Kind.LINK_UP, after) >= {*PTY, *LISTENS}


def intact(path: Path) -> Path:
    """Write a site for each receiver whose first frame does not arrive damaged."""
    rows = [f"{row.numbers[0]},{name},contact_id,unknown" for name, row in SIMULATED.items()]
    path.write_text("\n".join(["number,way,form,plot", *rows, ""]))
    return path


def first_day(station: Station, simulator: Simulator) -> Any:
    """Kill the daemon in the middle of a day."""
    simulator.begin()
    station.until(lambda: heard(station, 0), "every receiver has spoken")
    station.kill()
    station.start()
    return simulator.end()


def second_day(station: Station, simulator: Simulator, after: int) -> None:
    """Let the daemon stand still at the beginning of a day, which is soon over."""
    station.until(lambda: attached(station, after), "every line is open")
    assert station.process is not None
    station.process.send_signal(signal.SIGSTOP)
    simulator.begin()
    # How long it stands still is what is tried: longer than a receiver waits, and than twice.
    time.sleep(4.2)
    station.process.send_signal(signal.SIGCONT)
    simulator.end()


@pytest.fixture(scope="module")
def played(
    tmp_path_factory: pytest.TempPathFactory, daemons: Nursery, workers: Nursery
) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("rehearsal")
    station = Station(folder, daemons)
    prepare(station, folder / "keys")
    calls = [attach(station, name, {}) for name in SIMULATED if name not in LISTENS]
    listens = [f"{name}:listen:127.0.0.1:0" for name in LISTENS]
    worker = Worker(station.config, folder / "worker.log", workers)
    with ExitStack() as stack:
        station.configure()
        desk = furnish(station)
        stack.callback(desk.database.close)
        stack.callback(station.kill)
        stack.callback(worker.end, signal.SIGKILL)
        simulator = Simulator(folder / "first", calls + listens, *FIRST_DAY)
        stack.callback(simulator.kill)
        listens = [attach(station, name, simulator.listens) for name in LISTENS]
        station.start()
        worker.start()
        report = first_day(station, simulator)

        second = len(station.entries())
        sites = intact(folder / "sites")
        simulator = Simulator(folder / "second", calls + listens, *SECOND_DAY, f"--sites={sites}")
        stack.callback(simulator.kill)
        second_day(station, simulator, second)

        assert station.stop() == 0
        entries = station.entries()
        station.until(lambda: taken(desk) == len(entries), "the worker took them", 60)
        assert worker.end(signal.SIGTERM) == 0
        days = [acknowledged(folder / day / "record") for day in ("first", "second")]
        both = {number: days[0][number] + days[1].get(number, []) for number in days[0]}
        yield Played(report, both, entries, chains_of(desk), second)


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
        return UNREAD[name]
    known = number in SIMULATED[name].numbers[:2]
    return f"A-{number}" if known else f"unknown:{name}:{number}"


@pytest.mark.parametrize("name", sorted(set(ANSWERED) - JOINED))
def test_every_event_acknowledged_stands_in_the_history_of_its_account(
    played: Played, name: str
) -> None:
    for number in SIMULATED[name].numbers:
        events = played.acknowledged[number]
        assert len(events) > 0
        kept = kept_in(played, name, chain_of(name, number))
        assert Counter(map(event_of, events)) - kept == Counter()
        # A block of a call that is about no event stands in the line's chain.
        kept += kept_in(played, name, f"line:{name}")
        assert Counter(frame for event in events for frame in event) - kept == Counter()


@pytest.mark.parametrize("name", sorted(JOINED))
def test_where_a_silence_ends_a_frame_every_event_is_kept_though_perhaps_with_another(
    played: Played, name: str
) -> None:
    for number in SIMULATED[name].numbers:
        own = kept_in(played, name, chain_of(name, number))
        kept = [*own, *kept_in(played, name, f"line:{name}")]
        events = {frame for event in played.acknowledged[number] for frame in event}
        assert len(own) > 0
        assert {one for one in events if not any(one in raw for raw in kept)} == set()


@pytest.mark.parametrize("name", sorted(ONE_WAY))
def test_what_a_one_way_receiver_sent_while_we_listened_stands_in_its_accounts(
    played: Played, name: str
) -> None:
    kept: Counter[bytes] = Counter()
    for number in SIMULATED[name].numbers:
        kept += kept_in(played, name, chain_of(name, number))
    assert kept == Counter(one.raw for one in played.frames(name))
    assert kept.total() > 0


def event_of(frames: list[bytes]) -> bytes:
    """Return the frame that tells of the event: the second of a call in blocks."""
    return frames[min(1, len(frames) - 1)]


def kept_in(played: Played, name: str, chain: str) -> Counter[bytes]:
    """Count the frames of a receiver in a chain."""
    raws = {one.position: one.raw for one in played.of(name)}
    rows = played.chains.get(chain, [])
    return Counter(raws[row.position] for row in rows if row.position in raws)


def single(raw: bytes) -> bytes:
    """Return what ``raw`` is whole copies of."""
    return raw[: (raw + raw).find(raw, 1)] if raw else raw


@pytest.mark.parametrize("name", ANSWERED)
def test_a_lost_answer_brings_the_frame_again_and_it_is_kept_again(
    played: Played, name: str
) -> None:
    assert played.counts(name, "repeats") > 0
    sent = sum(len(event) for number in SIMULATED[name].numbers for event in
               played.acknowledged[number])  # fmt: skip
    assert len(played.frames(name)) > sent


def marked(entries: list[Entry]) -> list[Entry]:
    return [one for one in entries if one.note and json.loads(one.note).get("repeat")]


@pytest.mark.parametrize("name", sorted(NUMBERED))
def test_a_frame_with_a_number_is_known_again_after_a_lost_answer(
    played: Played, name: str
) -> None:
    crash = [one.position for one in played.entries if one.kind is Kind.STARTED][1]
    # Not every protocol remembers over a crash; a damaged frame is not remembered at all.
    whole = [
        one for one in played.frames(name) if b"NULL" not in one.raw and b"\x00" not in one.raw
    ]
    later = [one for one in whole if crash < one.position <= played.second]
    assert len(marked(later)) > 0
    known = {one.position for one in marked(whole)}
    assert [one for one in again(later) if one.position not in known] == []
    assert known <= {one.position for one in again(whole)}


def again(entries: list[Entry]) -> list[Entry]:
    """Return the entries whose bytes stand in one before."""
    first = {one.raw: one.position for one in reversed(entries)}
    return [one for one in entries if one.position != first[one.raw]]


@pytest.mark.parametrize("name", sorted(set(ANSWERED) - JOINED))
def test_a_repeat_that_came_before_our_answer_is_marked(played: Played, name: str) -> None:
    frames = [one for one in played.frames(name) if one.position > played.second]
    assert len(marked(frames)) > 0
    first = {one.raw for one in frames if one not in marked(frames)}
    assert {one.raw for one in marked(frames)} <= first


@pytest.mark.parametrize("name", sorted(JOINED))
def test_copies_that_no_silence_parts_are_kept_as_one(played: Played, name: str) -> None:
    frames = [one.raw for one in played.frames(name) if one.position > played.second]
    assert any(single(raw) != raw for raw in frames)


@pytest.mark.parametrize("name", CHECKED)
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


@pytest.mark.parametrize("name", ["mx8000", "iti", "iti-interface"])
def test_after_two_silences_nothing_but_heartbeats_comes_until_one_is_answered(
    played: Played, name: str
) -> None:
    later = [one for one in played.of(name) if one.position > played.second]
    kinds = [one.kind for one in later if one.kind in {Kind.FRAME, Kind.HEARTBEAT}]
    first = kinds.index(Kind.FRAME)
    assert kinds[first : first + 4] == [Kind.FRAME, Kind.FRAME, Kind.HEARTBEAT, Kind.FRAME]


@pytest.mark.parametrize("name", ["mx8000", "sk9000"])
def test_computer_trouble_is_told_of_once_the_computer_is_back(played: Played, name: str) -> None:
    frames = [one for one in played.frames(name) if one.position > played.second]
    own = [chr(one.raw[-3]) for one in frames if one.raw[0] in {1, 2}]
    assert own == ["{", "}"]
    told = {row.position for row in played.chains[f"line:{name}"]}
    assert {one.position for one in frames if one.raw[0] in {1, 2}} <= told


def test_a_receiver_that_wants_to_be_asked_is_asked_and_says_okay(played: Played) -> None:
    said = {one.raw for one in played.of("ademco685-polled") if one.kind is Kind.HEARTBEAT}
    assert said == {b"\n00 OKAY @\r"}


def test_heartbeats_are_acknowledged(played: Played) -> None:
    beats = played.report["heartbeats"]
    assert beats["acknowledged"] > 0
    assert beats["refused"] == 0


@EVERY
def test_the_line_lived_on_both_sides_of_the_crash(played: Played, name: str) -> None:
    starts = [one.position for one in played.entries if one.kind is Kind.STARTED]
    assert len(starts) == 2
    places = [one.position for one in played.frames(name)]
    assert min(places) < starts[1] < max(places)


def test_no_answer_was_one_that_a_panel_would_not_believe(played: Played) -> None:
    assert played.report["lost_answers"] > 0
    # On a busy machine an answer may come late, and then answers what is no longer in flight.
    late = re.compile("with nothing in flight|which is no answer| answers ")
    assert [text for text in played.report["strange_answers"] if not late.search(text)] == []
