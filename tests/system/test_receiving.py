"""A real daemon on loopback: what is acknowledged is in the journal, whatever happens."""

import os
import pty
import random
import socket
import sqlite3
import subprocess
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import fastcrc
import pytest

from stationd.journal.model import Kind

pytestmark = pytest.mark.system

ACK = b"\x06"


def surgard(number: int) -> bytes:
    """Return a Sur-Gard Contact ID frame that no other number gives."""
    return b"5011 18%04dE130%02d%03d\x14" % (
        1000 + number // 100000,
        number // 1000 % 100,
        number % 1000,
    )


def dc09(number: int, *, account: int = 4096, text: int = 0) -> bytes:
    """Return a DC-09 frame with sequence ``number``."""
    body = b'"SIA-DCS"%04dL0#%04X[#%04X|Nri1/BA%d]' % (number, account, account, text)
    return b"\n%04X%04X%s\r" % (fastcrc.crc16.arc(body), len(body), body)


def call(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.settimeout(20)
    return connection


def ask(connection: socket.socket, frame: bytes) -> bytes:
    connection.sendall(frame)
    return connection.recv(4096)


def hung_up(connection: socket.socket) -> bool:
    """Read until the other side hangs up; tell whether it did without a word."""
    try:
        return connection.recv(4096) == b""
    except ConnectionResetError:
        return True


@pytest.fixture
def sur(station: Any) -> int:
    return station.listen("tcp", "surgard")


class TestServing:
    """What an ordinary day looks like."""

    def test_frames_over_tcp_and_udp_are_kept_and_acknowledged(self, station: Any) -> None:
        tcp = station.listen("tcp", "dc09")
        udp = station.listen("udp", "dc09")
        station.start()

        with call(tcp) as panel:
            over_tcp = ask(panel, dc09(1))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as panel:
            panel.settimeout(20)
            panel.sendto(dc09(2), ("127.0.0.1", udp))
            over_udp = panel.recv(4096)

        assert (b'"ACK"0001' in over_tcp, b'"ACK"0002' in over_udp) == (True, True)
        assert station.frames() == [dc09(1), dc09(2)]

    def test_what_happened_to_us_is_in_the_journal(self, station: Any, sur: int) -> None:
        station.start()
        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK
        assert station.stop() == 0

        kinds = [entry.kind for entry in station.entries()]
        assert kinds[0] is Kind.STARTED
        assert kinds[-1] is Kind.STOPPED
        assert {Kind.CLOCK, Kind.LINK_UP, Kind.FRAME} < set(kinds)
        assert b"signal TERM" in station.entries(Kind.STOPPED)[0].note

    def test_stopping_answers_what_was_read(self, station: Any, sur: int) -> None:
        station.start()
        with call(sur) as receiver:
            receiver.sendall(b"".join(surgard(number) for number in range(50)))
            heard = receiver.recv(1)
            assert station.stop() == 0
            while data := receiver.recv(4096):
                heard += data
        assert len(heard) == len(station.frames())

    def test_a_restart_takes_less_than_three_seconds(self, station: Any, sur: int) -> None:
        station.start()
        station.kill()
        began = time.monotonic()
        station.start_from_nothing(ready=False)
        station.until(lambda: _listens(sur), "the daemon listens", 3.0)
        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK
        assert time.monotonic() - began < 3.0

    def test_a_tap_says_nothing(self, station: Any) -> None:
        port = station.listen("tcp", "surgard", mode="tap")
        station.start()
        with call(port) as copy:
            copy.sendall(surgard(1))
            station.until(lambda: station.frames() == [surgard(1)], "the frame is kept")
            copy.settimeout(0.3)
            with pytest.raises(TimeoutError):
                copy.recv(1)


class TestKilled:
    """SIGKILL at any instant."""

    ROUNDS = 100

    @pytest.mark.slow
    def test_every_acknowledged_frame_is_in_the_journal(self, station: Any) -> None:
        ports = (station.listen("tcp", "surgard"), station.listen("tcp", "dc09"))
        station.start()
        station.stop()
        chance = random.Random(2)
        load = Load(ports)

        for _ in range(self.ROUNDS):
            station.start(ready=False)
            load.run(chance.uniform(0.01, 0.25), then=station.kill)

        kept = set(station.frames())
        assert len(load.acknowledged - kept) == 0
        assert len(load.acknowledged) > self.ROUNDS


class Load:
    """Receivers and panels that send as fast as they are answered, and note what was answered."""

    IN_FLIGHT = 20

    def __init__(self, ports: tuple[int, int]) -> None:
        self._ports = ports
        self._sent = 0
        self.acknowledged: set[bytes] = set()

    def run(self, seconds: float, *, then: Any) -> None:
        """Send for ``seconds``, call ``then``, and take note of what still comes."""
        sur, dc = self._ports
        _until_listening(sur)
        _until_listening(dc)
        talks = [Talk(call(port), kind, self) for port, kind in ((sur, surgard), (dc, dc09)) * 2]
        for talk in talks:
            talk.send(self.IN_FLIGHT)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for talk in talks:
                talk.take()
        then()
        for talk in talks:
            talk.drain()

    def next_number(self) -> int:
        self._sent += 1
        return self._sent


class Talk:
    """One connection, which is answered in order."""

    def __init__(self, connection: socket.socket, kind: Any, load: Load) -> None:
        self._connection = connection
        self._kind = kind
        self._load = load
        self._waiting: list[bytes] = []
        connection.settimeout(0.01)

    def send(self, count: int) -> None:
        for _ in range(count):
            number = self._load.next_number()
            if self._kind is surgard:
                frame = surgard(number)
            else:
                frame = dc09(number % 9999 + 1, account=number // 9999 + 1, text=number)
            self._waiting.append(frame)
            self._connection.sendall(frame)

    def take(self) -> bool:
        try:
            data = self._connection.recv(4096)
        except TimeoutError:
            return True
        except ConnectionResetError:
            return False
        count = len(data) if self._kind is surgard else data.count(b"\r")
        self._load.acknowledged.update(self._waiting[:count])
        del self._waiting[:count]
        if data:
            try:
                self.send(count)
            except OSError:
                return True
        return bool(data)

    def drain(self) -> None:
        while self.take():
            pass
        self._connection.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until_listening(port: int) -> None:
    end = time.monotonic() + 20
    while not _listens(port):
        assert time.monotonic() < end
        time.sleep(0.005)


class TestJournalAway:
    """Whatever is wrong with the disk: silence, and on recovery it goes on by itself."""

    def test_a_full_disk_is_silence_until_there_is_room(
        self, station: Any, sur: int, small_disk: Path
    ) -> None:
        station.journal = small_disk / "journal.sqlite3"
        station.journal_settings = ""
        station.folder = small_disk
        filler = small_disk / "filler"
        station.start()

        acknowledged = _send_until_hung_up(sur, lambda: _fill(filler))
        assert station.logged("journal_unavailable") >= 1
        assert "make room on its disk" in station.log.read_text()

        filler.unlink()
        with call(sur) as receiver:
            assert ask(receiver, surgard(99_999)) == ACK
        assert set(acknowledged) <= set(station.frames())

    def test_a_disk_that_is_full_at_the_start_is_waited_for(
        self, station: Any, sur: int, small_disk: Path
    ) -> None:
        station.folder = small_disk
        station.config = small_disk / "stationd.toml"
        station.listeners += "\n"
        filler = small_disk / "filler"
        station.config.write_text(" " * 4096)
        _fill(filler)

        station.start(ready=False)
        station.until(lambda: station.logged("journal_unavailable"), "the outage is told")
        assert not _listens(sur)

        filler.unlink()
        station.until(lambda: station.logged("ready"), "it goes on by itself")
        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK

    def test_a_journal_locked_by_another_program_is_silence_until_it_is_free(
        self, station: Any, sur: int
    ) -> None:
        station.start()
        other = sqlite3.connect(station.journal, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with call(sur) as receiver:
            receiver.sendall(surgard(1))
            assert hung_up(receiver)
        other.execute("ROLLBACK")
        other.close()

        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK
        assert station.frames() == [surgard(1)]
        station.until(lambda: station.entries(Kind.HOLE), "the outage is an entry")
        (hole,) = station.entries(Kind.HOLE)
        assert b'"cause":"the journal took nothing","count":0' in hole.note
        assert "end the program that has it open for writing" in station.log.read_text()
        station.until(
            lambda: any(b'"unacknowledged":1' in e.note for e in station.entries(Kind.LINK_DOWN)),
            "the loss is told",
        )

    def test_a_second_daemon_waits_for_the_first(self, station: Any, sur: int) -> None:
        station.start()
        second = type(station)(station.folder, station.daemons)
        second.log = station.folder / "second"
        second.config = station.folder / "second.toml"
        port = second.listen("tcp", "surgard")
        try:
            second.start(ready=False)
            station.until(lambda: second.logged("journal_unavailable"), "the second is told")
            assert "in use by another stationd" in second.log.read_text()
            assert not _listens(port)
            station.stop()
            station.until(lambda: second.logged("ready"), "the second takes over")
        finally:
            second.kill()

    def test_a_folder_that_comes_back_is_gone_on_with(self, station: Any, sur: int) -> None:
        station.start()
        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK
        moved = station.folder.rename(station.folder.with_name("moved"))
        with call(sur) as receiver:
            receiver.sendall(surgard(2))
            assert hung_up(receiver)
        moved.rename(station.folder)
        with call(sur) as receiver:
            assert ask(receiver, surgard(3)) == ACK
        assert {surgard(1), surgard(3)} <= set(station.frames())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a tmpfs")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            return


def _send_until_hung_up(port: int, fill: Any) -> list[bytes]:
    """Send frames, fill the disk in the middle, and return what was acknowledged."""
    acknowledged = []
    with call(port) as receiver:
        for number in range(100_000):
            if number == 20:
                fill()
            frame = surgard(number)
            try:
                answer = ask(receiver, frame)
            except ConnectionResetError:
                break
            if not answer:
                break
            acknowledged.append(frame)
    return acknowledged


class TestBadPeers:
    """One peer that does what it should not harms nobody else."""

    LIMIT = 150 * 2**20

    def test_ten_megabytes_without_a_terminator(self, station: Any, sur: int) -> None:
        station.start()
        with call(sur) as noisy, call(sur) as receiver:
            with suppress(ConnectionError):  # it is hung up on
                for _ in range(160):
                    noisy.sendall(b"x" * 65536)
                    assert ask(receiver, surgard(1)) == ACK
            assert ask(receiver, surgard(2)) == ACK
            assert station.memory < self.LIMIT
        assert len(station.entries(Kind.GARBLED)) <= 110

    @pytest.mark.parametrize("receiver", ["surgard", "dc09"])
    def test_random_bytes_for_a_second(self, station: Any, sur: int, receiver: str) -> None:
        port = station.listen("tcp", "dc09")
        noise = random.Random(1)
        station.start()
        end = time.monotonic() + 1
        with call(sur) as other:
            rounds = hung_up_on = 0
            while time.monotonic() < end or rounds < 20:
                # Who brings only noise is hung up on, and calls again.
                with call({"surgard": sur, "dc09": port}[receiver]) as noisy:
                    try:
                        for _ in range(5):
                            noisy.sendall(noise.randbytes(20_000))
                            assert ask(other, surgard(1)) == ACK
                            rounds += 1
                    except ConnectionError:
                        hung_up_on += 1
            assert ask(other, surgard(2)) == ACK
        assert hung_up_on
        assert station.memory < self.LIMIT
        assert "fault" not in _faults(station)
        station.stop()
        assert any(b'"count"' in entry.note for entry in station.entries(Kind.GARBLED))
        assert station.entries()[-1].kind is Kind.STOPPED

    def test_a_peer_that_never_reads_is_cut_off(self, station: Any) -> None:
        unlimited = {"unknown_per_network": 10**7, "unknown_in_all": 10**7}
        port = station.listen("tcp", "dc09", **unlimited)
        station.start()
        frames = b"".join(dc09(number) for number in range(1, 1000))
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(20)
        deaf.connect(("127.0.0.1", port))
        with deaf, call(port) as other:
            rounds = _send_until_cut(deaf, frames, meanwhile=lambda: ask(other, dc09(7)))
        assert rounds < 1000
        assert station.memory < self.LIMIT
        station.until(
            lambda: any(b"does not read" in e.note for e in station.entries(Kind.LINK_DOWN)),
            "the cut is told",
        )

    def test_a_thousand_idle_connections_leave_room_for_others(
        self, station: Any, sur: int
    ) -> None:
        station.start()
        idle = [call(sur) for _ in range(1000)]
        with call(sur) as receiver:
            assert ask(receiver, surgard(1)) == ACK
        assert station.memory < self.LIMIT
        for connection in idle:
            connection.close()

    def test_more_connections_than_allowed_are_refused(self, station: Any) -> None:
        port = station.listen("tcp", "surgard", max_connections=2)
        station.start()
        with call(port) as first, call(port) as second:
            assert ask(first, surgard(1)) == ask(second, surgard(2)) == ACK
            with call(port) as third:
                assert hung_up(third)
            assert ask(first, surgard(3)) == ACK


def _send_until_cut(deaf: socket.socket, frames: bytes, *, meanwhile: Any) -> int:
    """Send and never read; return how often that went well, while the other is served."""
    for count in range(1000):
        try:
            deaf.sendall(frames)
        except (ConnectionResetError, BrokenPipeError):
            return count
        assert b"ACK" in meanwhile()
    return 1000


def _faults(station: Any) -> str:
    return "".join(
        line for line in station.log.read_text().splitlines(keepends=True) if "_fault" in line
    )


class TestLines:
    """Serial lines and receivers that we call."""

    def test_a_serial_line_is_served_unplugged_and_served_again(
        self, station: Any, tmp_path: Path
    ) -> None:
        device = tmp_path / "adapter"
        station.listen("serial", "surgard", device=str(device), reopen_every="1s", parity="even")
        station.start()
        station.until(lambda: station.entries(Kind.LINK_DOWN), "it is missed from the start")
        assert b"cannot open" in station.entries(Kind.LINK_DOWN)[0].note

        for number in (1, 2):
            receiver = _plug(device)
            station.until(
                lambda n=number: len(station.entries(Kind.LINK_UP)) == n, "the line is open"
            )
            os.write(receiver, surgard(number))
            assert os.read(receiver, 1) == ACK
            os.close(receiver)
            device.unlink()
            station.until(
                lambda n=number: len(station.entries(Kind.LINK_DOWN)) >= n + 1, "it is missed"
            )

        assert station.frames() == [surgard(1), surgard(2)]

    def test_half_a_frame_on_a_silent_line_is_cut_off(self, station: Any, tmp_path: Path) -> None:
        device = tmp_path / "adapter"
        receiver = _plug(device)
        station.listen("serial", "surgard", device=str(device))
        station.start()
        os.write(receiver, surgard(1)[:9])
        station.until(lambda: station.entries(Kind.GARBLED), "the half is kept")
        os.write(receiver, surgard(2))
        assert os.read(receiver, 1) == ACK
        assert station.entries(Kind.GARBLED)[0].raw == surgard(1)[:9]
        os.close(receiver)

    def test_a_receiver_is_called_and_called_again(self, station: Any) -> None:
        with socket.socket() as automation:
            automation.bind(("127.0.0.1", 0))
            automation.settimeout(20)
            station.listen(
                "tcp_client", "surgard", host="127.0.0.1", port=automation.getsockname()[1]
            )
            station.start()
            station.until(lambda: station.entries(Kind.LINK_DOWN), "it is not answered")
            assert b"refused" in station.entries(Kind.LINK_DOWN)[0].note
            automation.listen()
            for number in (1, 2):
                connection, _ = automation.accept()
                connection.settimeout(20)
                assert ask(connection, surgard(number)) == ACK
                connection.close()
        assert station.frames() == [surgard(1), surgard(2)]

    def test_a_port_in_use_holds_up_nobody_else(self, station: Any, sur: int) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            station.listen("tcp", "dc09", port=taken.getsockname()[1])
            station.start()
            with call(sur) as receiver:
                assert ask(receiver, surgard(1)) == ACK

        def told() -> list[Any]:
            # The daemon's own entries may be committed after the frame's.
            return [e for e in station.entries(Kind.LINK_DOWN) if e.listener == "tcp-dc09"]

        station.until(told, "the port that is taken is told")
        (down,) = told()
        assert b"in use" in down.note

    def test_a_receiver_that_falls_silent_is_told_of(self, station: Any) -> None:
        port = station.listen("tcp", "surgard", heartbeat="1s")
        station.start()
        with call(port) as receiver:
            assert ask(receiver, surgard(1)) == ACK
            station.until(lambda: _heartbeats(station, Kind.LINK_DOWN), "the silence is told")
            assert ask(receiver, surgard(2)) == ACK
            station.until(lambda: _heartbeats(station, Kind.LINK_UP), "the return is told")


def _heartbeats(station: Any, kind: Kind) -> list[Any]:
    return [entry for entry in station.entries(kind) if b'"heartbeat"' in entry.note]


def _plug(device: Path) -> int:
    """Put an adapter at ``device``; return the receiver's end of the line."""
    receiver, ours = pty.openpty()
    tty.setraw(ours)
    device.symlink_to(os.ttyname(ours))
    os.close(ours)
    return receiver
