"""A whole simulated day over a real pty, real TCP and real UDP, in a process of its own."""

import json
import os
import re
import selectors
import socket
import subprocess
import sys
import threading
import tty

import pytest

from stationd.simulate import dc09

pytestmark = pytest.mark.system


class Station:
    """A stand-in for the station: acknowledges every whole frame, and keeps what it heard."""

    def __init__(self, pty):
        self.heard = []
        self._pty = pty
        self._selector = selectors.DefaultSelector()
        self._stopped = threading.Event()
        self.tcp = self._bound(socket.SOCK_STREAM)
        self.surgard = self._bound(socket.SOCK_STREAM)
        self.udp = self._bound(socket.SOCK_DGRAM)
        self._line = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _bound(self, kind):
        sock = socket.socket(socket.AF_INET, kind)
        sock.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        self._selector.register(sock, selectors.EVENT_READ, None)
        return sock

    def stop(self):
        self._stopped.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            if not isinstance(key.fileobj, int):
                key.fileobj.close()
        self._selector.close()

    def _run(self):
        while not self._stopped.is_set():
            if self._line is None and self._pty.exists():
                self._line = os.open(self._pty, os.O_RDWR | os.O_NOCTTY)
                self._selector.register(self._line, selectors.EVENT_READ, ("surgard", bytearray()))
            for key, _ in self._selector.select(0.05):
                self._ready(key)

    def _ready(self, key):
        if key.fileobj is self.udp:
            data, peer = self.udp.recvfrom(65535)
            for answer in self._dc09(bytearray(data)):
                self.udp.sendto(answer, peer)
        elif key.data is None:
            connection, _ = key.fileobj.accept()
            protocol = "surgard" if key.fileobj is self.surgard else "dc09"
            self._selector.register(connection, selectors.EVENT_READ, (protocol, bytearray()))
        else:
            self._stream(key)

    def _stream(self, key):
        fd = key.fileobj if isinstance(key.fileobj, int) else key.fileobj.fileno()
        try:
            data = os.read(fd, 4096)
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(key.fileobj)
            if isinstance(key.fileobj, int):
                os.close(fd)
                self._line = None
            else:
                key.fileobj.close()
            return
        protocol, buffer = key.data
        buffer += data
        for answer in self._surgard(buffer) if protocol == "surgard" else self._dc09(buffer):
            os.write(fd, answer)

    def _surgard(self, buffer):
        while (end := buffer.find(b"\x14")) >= 0:
            frame = bytes(buffer[: end + 1])
            del buffer[: end + 1]
            if b"\x00" in frame:
                continue
            self.heard.append(frame)
            yield b"\x06"

    def _dc09(self, buffer):
        while (end := buffer.find(b"\r")) >= 0:
            frame = bytes(buffer[: end + 1])
            del buffer[: end + 1]
            body = frame[9:-1]
            if frame[1:5] != b"%04X" % dc09.crc16(body):
                continue
            self.heard.append(frame)
            token, header, number = re.match(
                r'"(\*?[A-Z-]+)"(\d{4}L0#(\w+))\[', body.decode()
            ).groups()
            yield self._acknowledgement(token, header, number)

    def _acknowledgement(self, token, header, number):
        if not token.startswith("*"):
            return dc09.frame(f'"ACK"{header}[]'.encode())
        key = KEYS[number]
        clear = b"|]_12:00:00,06-15-2025"
        sealed = dc09._cbc(key).encryptor().update(bytes(-len(clear) % 16) + clear)
        return dc09.frame(f'"*ACK"{header}[{sealed.hex().upper()}'.encode())


KEYS = {"5A02": bytes.fromhex("5a02" * 8), "5A03": bytes.fromhex("5a03" * 16)}
KEYS["6A02"] = bytes.fromhex("6a02" * 12)


@pytest.fixture
def station(tmp_path):
    station = Station(tmp_path / "line")
    yield station
    station.stop()


def address(sock):
    return f"127.0.0.1:{sock.getsockname()[1]}"


def play(station, tmp_path, *more):
    command = [
        sys.executable, "-m", "stationd.simulate", "--pty", tmp_path / "line",
        "--surgard-call", address(station.surgard), "--dc09-tcp", address(station.tcp),
        "--dc09-udp", address(station.udp), "--speed", "43200", "--wait", "0.5",
        "--heartbeat", "1", "--linger", "20", *more,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


def test_everything_of_a_day_is_acknowledged(station, tmp_path):
    code, report = play(station, tmp_path, "--poll", "0.2")
    assert code == 0
    assert report["strange_answers"] == []
    total = report["total"]
    assert total["sent"] == total["acknowledged"] > 80
    assert total["damaged"] == 4
    assert total["repeats"] >= 4
    assert len(report["accounts"]) == 12
    assert report["polls"]["acknowledged"] > 0
    assert not (tmp_path / "line").exists()


def test_a_silent_station_leaves_everything_unanswered():
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        command = [
            sys.executable, "-m", "stationd.simulate", "--dc09-tcp", address(deaf),
            "--speed", "86400", "--wait", "0.2", "--linger", "0.5",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["total"]["acknowledged"] == 0
    assert report["total"]["unanswered"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name at least one of --receiver"),
        (["--receiver", "mx9000:pty:/run/line"], "there is no simulated receiver mx9000"),
        (["--receiver", "raw:call:127.0.0.1:1"] * 2, "3501 on raw would be played twice"),
        (["--pty", "/run/line", "--serial", "/dev/ttyS0"], "not allowed with argument --pty"),
        (
            ["--surgard-call", "127.0.0.1:1", "--surgard-listen", "127.0.0.1:0"],
            "not allowed with argument --surgard-call",
        ),
        (["--dc09-tcp", "nowhere"], "nowhere is no HOST:PORT"),
        (["--dc09-tcp", "127.0.0.1:1", "--speed", "0"], "0 is no number above 0"),
        (["--dc09-tcp", "127.0.0.1:1", "--speed", "fast"], "fast is no number above 0"),
        (["--dc09-tcp", "127.0.0.1:1", "--sites", "/nowhere.csv"], "No such file"),
    ],
)
def test_a_wrong_command_line_is_told_and_plays_nothing(arguments, said):
    command = [sys.executable, "-m", "stationd.simulate", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_receiver_of_any_kind_plays_sites_of_its_own_and_records_them(station, tmp_path):
    # What this station acknowledges ends in DC4.
    command = [
        sys.executable, "-m", "stationd.simulate",
        "--receiver", f"d6500:call:{address(station.surgard)}", "--speed", "86400", "--lose", "5",
        "--wait", "0.3", "--report", tmp_path / "report", "--record", tmp_path / "record",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "report").read_text(encoding="utf-8"))
    assert set(report["accounts"]) == {"6501", "6502", "6599"}
    assert report["total"]["acknowledged"] == report["total"]["events"]
    assert 0 < report["lost_answers"] <= report["total"]["repeats"]
    lines = (tmp_path / "record").read_text(encoding="utf-8").splitlines()
    frames = [bytes.fromhex(frame) for line in lines for frame in json.loads(line)["frames"]]
    assert len(frames) == report["total"]["acknowledged"]
    assert set(frames) <= set(station.heard)


def test_a_device_that_is_not_there_is_told():
    command = [sys.executable, "-m", "stationd.simulate", "--serial", "/dev/nothing"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "/dev/nothing" in done.stderr


SITES = "number,way,form\n0007,serial,contact_id\n0008,surgard,sia\n"


def test_a_given_device_is_used_and_a_receiver_can_wait_to_be_called(tmp_path):
    (tmp_path / "sites.csv").write_text(SITES, encoding="utf-8")
    near, far = os.openpty()
    tty.setraw(far)
    command = [
        sys.executable, "-m", "stationd.simulate", "--serial", os.ttyname(far), "--baud", "19200",
        "--surgard-listen", "127.0.0.1:0", "--sites", tmp_path / "sites.csv", "--hold",
        "--speed", "86400", "--wait", "0.5",
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        address = json.loads(process.stdout.readline())["listens"]["surgard"]
        with socket.create_connection(address) as caller:
            stop = threading.Event()
            ends = [(near, os.read, os.write), (caller.fileno(), os.read, os.write)]
            threads = [threading.Thread(target=echo, args=(*end, stop)) for end in ends]
            for thread in threads:
                thread.start()
            report = json.loads(process.communicate(b"\n", timeout=60)[0])
            stop.set()
            for thread in threads:
                thread.join()
    os.close(near)
    os.close(far)
    assert process.returncode == 0
    assert set(report["accounts"]) == {"0007", "0008"}
    assert report["total"]["acknowledged"] == report["total"]["sent"] == 12


def echo(fd, read, write, stop):
    """Acknowledge every frame that comes on ``fd``."""
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while not stop.is_set():
            if selector.select(0.05):
                try:
                    data = read(fd, 4096)
                except OSError:
                    return
                if not data:
                    return
                write(fd, b"\x06" * data.count(b"\x14"))
