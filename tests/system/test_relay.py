"""A line through the relay: it goes on whatever becomes of stationd, and what passed is kept."""

import json
import os
import pty
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from stationd.journal.model import Kind
from tests.system.nursery import Nursery, Program

pytestmark = pytest.mark.system

ACK = b"\x06"


def surgard(number: int) -> bytes:
    """Return a Sur-Gard frame that no other number gives."""
    return b"5011 18%04dE130%02d%03d\x14" % (
        1000 + number // 100000,
        number // 1000 % 100,
        number % 1000,
    )


class Receiver:
    """A receiver's automation port: takes one call after the other, keeps what it is told."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def answer(self) -> socket.socket:
        """Return the next call."""
        self._listening.settimeout(20)
        connection, _ = self._listening.accept()
        connection.settimeout(20)
        return connection

    def close(self) -> None:
        self._listening.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Line:
    """A relay process, and both ends of its line."""

    def __init__(self, station: Any, relays: Nursery, *, buffer: int = 2**25) -> None:
        self.station = station
        self._relays = relays
        self.receiver = Receiver()
        self.port = free_port()
        self.log = station.folder / "relay.log"
        station.listeners += f"""
[[listeners]]
kind = "relay"
name = "line"
receiver = "surgard"
socket = "{station.folder}/line.socket"
buffer = {buffer}
[listeners.between]
kind = "tcp"
port = {self.port}
host = "127.0.0.1"
host_port = {self.receiver.port}
"""
        self.process: Program | None = None
        self.ends: list[socket.socket] = []
        self.starts = 0

    def start(self) -> None:
        if not self.station.config.exists():
            self.station.config.write_text(self.station.listeners, encoding="utf-8")
        self.process = relay(self._relays, self.station.config, self.log)
        self.starts += 1
        self.station.until(lambda: self.logged("ready") >= self.starts, "the relay is ready")

    def logged(self, event: str) -> int:
        return self.log.read_text().count(f'"event": "{event}"')

    def call(self) -> tuple[socket.socket, socket.socket]:
        """Return the receiver's and the automation's end of a new conversation."""
        automation = socket.create_connection(("127.0.0.1", self.port))
        automation.settimeout(20)
        receiver = self.receiver.answer()
        self.ends += [receiver, automation]
        return receiver, automation

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        code = 0
        if self.process is not None:
            self.process.send_signal(number)
            code = self.process.wait(20)
            self.process = None
        return code

    def close(self) -> None:
        self.end(signal.SIGKILL)
        self.receiver.close()
        for end in self.ends:
            end.close()


def relay(relays: Nursery, config: Path, log: Path) -> Program:
    return relays.start(["line", "--config", str(config)], log)


@pytest.fixture
def line(station: Any, relays: Nursery) -> Iterator[Line]:
    made = Line(station, relays)
    yield made
    made.close()


def talk(receiver: socket.socket, automation: socket.socket, numbers: range) -> None:
    """Let the receiver send and the automation acknowledge, byte for byte."""
    for number in numbers:
        frame = surgard(number)
        receiver.sendall(frame)
        assert automation.recv(100) == frame
        automation.sendall(ACK)
        assert receiver.recv(100) == ACK


def kept(station: Any, count: int) -> Any:
    """Wait for ``count`` different frames in the journal."""
    station.until(lambda: len(set(station.frames())) >= count, f"{count} frames are in the journal")
    return station.frames()


class TestPassing:
    """What goes in on one side comes out on the other."""

    def test_both_directions_are_kept_with_their_times(self, station: Any, line: Line) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(10))
        frames = kept(station, 10)
        assert frames == [surgard(number) for number in range(10)]
        station.until(lambda: len(station.entries(Kind.ANSWER)) == 10, "the answers are kept")
        talked = [e for e in station.entries() if e.kind in (Kind.FRAME, Kind.ANSWER)]
        assert [entry.kind for entry in talked] == [Kind.FRAME, Kind.ANSWER] * 10
        assert [entry.ticks for entry in talked] == sorted(entry.ticks for entry in talked)
        assert {entry.raw for entry in talked if entry.kind is Kind.ANSWER} == {ACK}

    def test_no_byte_is_added_dropped_or_reordered(self, station: Any, line: Line) -> None:
        draw = random.Random(1)
        there, back = draw.randbytes(3_000_000), draw.randbytes(3_000_000)
        line.start()
        receiver, automation = line.call()
        heard: dict[str, bytes] = {}

        def say(side: socket.socket, data: bytes) -> None:
            at = 0
            while at < len(data):
                size = draw.choice([1, 7, 100, 5000, 70_000])
                side.sendall(data[at : at + size])
                at += size
            side.shutdown(socket.SHUT_WR)

        def hear(name: str, side: socket.socket) -> None:
            with side.makefile("rb") as stream:
                heard[name] = stream.read()

        work = [
            threading.Thread(target=say, args=(receiver, there)),
            threading.Thread(target=say, args=(automation, back)),
            threading.Thread(target=hear, args=("automation", automation)),
            threading.Thread(target=hear, args=("receiver", receiver)),
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join(60)
        assert heard == {"automation": there, "receiver": back}

    @pytest.mark.parametrize("gone", ["receiver", "automation"])
    def test_when_one_side_is_gone_the_other_is_dropped(
        self, station: Any, line: Line, gone: str
    ) -> None:
        line.start()
        receiver, automation = line.call()
        left, stays = (receiver, automation) if gone == "receiver" else (automation, receiver)
        left.sendall(b"last words")
        left.close()
        assert stays.recv(100) == b"last words"
        assert stays.recv(100) == b""

    def test_a_receiver_that_does_not_answer_is_not_spoken_for(
        self, station: Any, line: Line
    ) -> None:
        line.receiver.close()
        line.start()
        with socket.create_connection(("127.0.0.1", line.port)) as automation:
            automation.settimeout(20)
            assert automation.recv(100) == b""


class TestWithoutStationd:
    """What becomes of stationd does not reach the line."""

    def test_it_passes_before_stationd_was_ever_there(self, station: Any, line: Line) -> None:
        line.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(50))
        station.start()
        assert kept(station, 50) == [surgard(number) for number in range(50)]

    def test_it_passes_while_stationd_is_killed_and_started(self, station: Any, line: Line) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        for turn in range(4):
            talk(receiver, automation, range(turn * 50, turn * 50 + 25))
            station.kill()
            talk(receiver, automation, range(turn * 50 + 25, turn * 50 + 50))
            station.start()
        frames = kept(station, 200)
        first = list(dict.fromkeys(frames))
        assert first == [surgard(number) for number in range(200)]
        # Only what was handed over without word of its commit may stand there twice.
        assert len(frames) <= 200 + 4 * 25

    def test_a_restart_of_stationd_doubles_nothing(self, station: Any, line: Line) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        for turn in range(3):
            talk(receiver, automation, range(turn * 10, turn * 10 + 10))
            kept(station, turn * 10 + 10)
            assert station.stop() == 0
            station.start()
        talk(receiver, automation, range(30, 31))
        assert kept(station, 31) == [surgard(number) for number in range(31)]

    def test_a_frame_begun_before_a_kill_and_ended_after_it_is_one_frame(
        self, station: Any, line: Line
    ) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(1))
        kept(station, 1)
        receiver.sendall(surgard(1)[:9])
        assert automation.recv(100) == surgard(1)[:9]
        station.kill()
        receiver.sendall(surgard(1)[9:])
        assert automation.recv(100) == surgard(1)[9:]
        station.start()
        assert surgard(1) in kept(station, 2)

    def test_it_passes_while_the_journal_is_locked(self, station: Any, line: Line) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(5))
        kept(station, 5)
        lock = sqlite3.connect(station.journal, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        talk(receiver, automation, range(5, 300))
        assert len(set(station.frames())) == 5
        lock.execute("ROLLBACK")
        lock.close()
        assert list(dict.fromkeys(kept(station, 300))) == [surgard(n) for n in range(300)]

    def test_it_passes_while_stationd_stands_still_and_tells_of_the_hole(
        self, station: Any, line: Line, relays: Nursery
    ) -> None:
        line.close()
        line = Line(station, relays, buffer=2**16)
        station.listeners = station.listeners[station.listeners.rindex("\n[[listeners]]") :]
        try:
            line.start()
            station.start()
            receiver, automation = line.call()
            talk(receiver, automation, range(5))
            kept(station, 5)
            station.process.send_signal(signal.SIGSTOP)
            talk(receiver, automation, range(5, 3000))
            assert line.logged("copies_lost") == 1
            station.process.send_signal(signal.SIGCONT)
            station.until(lambda: station.entries(Kind.HOLE), "the hole is told of")
            talk(receiver, automation, range(3000, 3010))
            station.until(lambda: surgard(3009) in station.frames(), "it is kept again")
            holes = [json.loads(entry.note) for entry in station.entries(Kind.HOLE)]
            talked = [e for e in station.entries() if e.kind in (Kind.FRAME, Kind.ANSWER)]
            assert len(talked) + sum(hole["count"] for hole in holes) == 2 * 3010
        finally:
            line.close()

    def test_it_passes_while_the_disk_is_full(
        self, station: Any, line: Line, small_disk: Path
    ) -> None:
        station.folder = small_disk
        station.journal = small_disk / "journal.sqlite3"
        filler = small_disk / "filler"
        station.start()
        line.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(5))
        kept(station, 5)
        fill(filler)
        for number in range(5, 20_000):
            talk(receiver, automation, range(number, number + 1))
            if number % 50 == 0 and station.logged("journal_unavailable"):
                break
        assert station.logged("journal_unavailable") >= 1
        talk(receiver, automation, range(20_000, 20_050))
        filler.unlink()
        sent = [surgard(n) for n in (*range(number + 1), *range(20_000, 20_050))]
        assert list(dict.fromkeys(kept(station, len(sent)))) == sent

    def test_the_relay_itself_stops_and_comes_back(self, station: Any, line: Line) -> None:
        line.start()
        station.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(5))
        assert line.end() == 0
        assert receiver.recv(100) == b""
        assert automation.recv(100) == b""
        line.start()
        receiver, automation = line.call()
        talk(receiver, automation, range(5, 10))
        assert kept(station, 10) == [surgard(number) for number in range(10)]
        kinds = [entry.kind for entry in station.entries() if entry.listener == "line"]
        assert kinds.count(Kind.LINK_DOWN) >= 2


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def fill(filler: Path) -> None:
    """Leave no room on the disk of ``filler``."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


@pytest.fixture
def ptys(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Return our ends of two serial lines, which lie at `receiver` and `automation`."""
    ends = []
    slaves = []
    for name in ("receiver", "automation"):
        ours, theirs = pty.openpty()
        tty.setraw(theirs)
        (tmp_path / name).symlink_to(os.ttyname(theirs))
        ends.append(ours)
        slaves.append(theirs)
    yield ends[0], ends[1]
    for number in (*ends, *slaves):
        os.close(number)


def serial_line(station: Any, mode: str) -> None:
    station.listeners += f"""
[[listeners]]
kind = "relay"
name = "line"
receiver = "surgard"
mode = "{mode}"
socket = "{station.folder}/line.socket"
[listeners.between]
kind = "serial"
receiver_device = "{station.folder}/receiver"
automation_device = "{station.folder}/automation"
"""


class TestSerial:
    """Two devices instead of two connections."""

    def test_bytes_go_through_in_both_directions(
        self, station: Any, relays: Nursery, ptys: tuple[int, int]
    ) -> None:
        receiver, automation = ptys
        serial_line(station, "proxy")
        station.start()
        log = station.folder / "relay.log"
        process = relay(relays, station.config, log)
        station.until(lambda: '"how": "open"' in log.read_text(), "the devices are open")
        try:
            for number in range(20):
                os.write(receiver, surgard(number))
                heard = b""
                while len(heard) < len(surgard(number)):
                    heard += os.read(automation, 100)
                assert heard == surgard(number)
                os.write(automation, ACK)
                assert os.read(receiver, 100) == ACK
            assert kept(station, 20) == [surgard(number) for number in range(20)]
            assert [e.raw for e in station.entries(Kind.ANSWER)][:19] == [ACK] * 19
        finally:
            process.kill()
            process.wait(20)

    def test_two_wires_are_only_listened_to(
        self, station: Any, relays: Nursery, ptys: tuple[int, int]
    ) -> None:
        receiver, automation = ptys
        serial_line(station, "tap")
        station.start()
        log = station.folder / "relay.log"
        process = relay(relays, station.config, log)
        station.until(lambda: '"how": "open"' in log.read_text(), "the devices are open")
        try:
            os.write(receiver, surgard(1))
            assert kept(station, 1) == [surgard(1)]
            os.write(automation, ACK)
            station.until(lambda: station.entries(Kind.ANSWER), "the answer is kept")
            for end in ptys:
                os.set_blocking(end, False)
                with pytest.raises(BlockingIOError):
                    os.read(end, 100)
        finally:
            process.kill()
            process.wait(20)


@contextmanager
def locked(station: Any) -> Iterator[None]:
    lock = sqlite3.connect(station.journal, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    yield
    lock.execute("ROLLBACK")
    lock.close()


@contextmanager
def killed(station: Any) -> Iterator[None]:
    station.kill()
    yield
    station.start()


@contextmanager
def stopped(station: Any) -> Iterator[None]:
    assert station.stop() == 0
    yield
    station.start()


@contextmanager
def standing_still(station: Any) -> Iterator[None]:
    station.process.send_signal(signal.SIGSTOP)
    yield
    station.process.send_signal(signal.SIGCONT)


@contextmanager
def disk_full(station: Any) -> Iterator[None]:
    filler = station.folder / "filler"
    fill(filler)
    yield
    station.until(lambda: station.logged("journal_unavailable"), "the journal is refused room")
    filler.unlink()


class TestTwoWires:
    """A tap on both wires of a pair that talks on, whatever becomes of stationd."""

    @pytest.mark.parametrize("trouble", [locked, killed, stopped, standing_still, disk_full])
    def test_what_the_wires_carried_meanwhile_is_kept_and_the_tap_says_nothing(
        self,
        trouble: Callable[[Any], AbstractContextManager[None]],
        station: Any,
        ptys: tuple[int, int],
        request: pytest.FixtureRequest,
        relays: Nursery,
    ) -> None:
        if trouble is disk_full:
            disk = request.getfixturevalue("small_disk")
            for name in ("receiver", "automation"):
                (disk / name).symlink_to((station.folder / name).readlink())
            station.folder, station.journal = disk, disk / "journal.sqlite3"
        serial_line(station, "tap")
        station.start()
        log = station.folder / "relay.log"
        process = relay(relays, station.config, log)
        station.until(lambda: '"how": "open"' in log.read_text(), "the devices are open")
        try:
            self.talk(ptys, range(5))
            kept(station, 5)
            with trouble(station):
                self.talk(ptys, range(5, 105))
            self.talk(ptys, range(105, 110))
            kept(station, 110)
            # What the journal had no room for comes again, behind what it had room for: each has
            # the time at which it was on the wire.
            wire = sorted(station.entries(Kind.FRAME), key=lambda entry: entry.ticks)
            frames = dict.fromkeys(entry.raw for entry in wire)
            assert list(frames) == [surgard(number) for number in range(110)]
            # Answers that follow each other without a pause are one entry.
            station.until(lambda: self.answered(station) >= 110, "the answers are kept")
            for end in ptys:
                os.set_blocking(end, False)
                with pytest.raises(BlockingIOError):
                    os.read(end, 100)
        finally:
            process.kill()
            process.wait(20)

    def answered(self, station: Any) -> int:
        return sum(entry.raw.count(ACK) for entry in station.entries(Kind.ANSWER))

    def talk(self, ptys: tuple[int, int], numbers: range) -> None:
        receiver, automation = ptys
        for number in numbers:
            os.write(receiver, surgard(number))
            os.write(automation, ACK)
