"""The load tool and the daemon it is pointed at."""

import contextlib
import importlib.util
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from stationd.ids import CountedIds
from stationd.journal.model import BodyWriter, Kind
from stationd.journal.store import Journal

pytestmark = pytest.mark.system

BENCH = Path(__file__).parent.parent / "bench"
KEY = "000102030405060708090a0b0c0d0e0f"


@contextlib.contextmanager
def served(folder, *arguments):
    """Run serve.py; give its port and process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, BENCH / "serve.py", "--port", str(port), "--folder", folder, *arguments,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    patience = threading.Timer(60, process.kill)
    patience.start()
    try:
        ready = process.stdout.readline()
        assert ready == b"ready\n", process.stderr.read().decode()
        yield port, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
        patience.cancel()


def load(port, *arguments):
    """Run load.py; return its exit code and report."""
    command = [sys.executable, BENCH / "load.py", "--port", str(port), *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120, check=False)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize(
    ("server", "client"),
    [
        (("--receiver", "dc09", "--accounts", "20"), ("--in-flight", "1")),
        (("--receiver", "dc09", "--accounts", "20"), ("--in-flight", "50", "--connections", "3")),
        (("--receiver", "dc09", "--accounts", "20", "--key", KEY), ("--key", KEY)),
        (("--receiver", "dc09", "--transport", "both"), ("--transport", "udp")),
        (("--receiver", "surgard"), ("--receiver", "surgard")),
        (("--receiver", "surgard"), ("--receiver", "surgard", "--in-flight", "20")),
    ],
    ids=["strict", "pipelined", "aes", "udp", "surgard", "surgard pipelined"],
)
def test_every_frame_is_acknowledged_and_checked(tmp_path, server, client):
    with served(tmp_path, *server) as (port, process):
        code, report = load(
            port, "--connections", "10", "--accounts", "20", "--frames", "500", *client
        )
    assert code == 0
    assert (report["acknowledged"], report["wrong"], report["hung_up"]) == (500, 0, 0)
    assert 0 < report["latency_ms"]["p50"] <= report["latency_ms"]["max"]
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_accounts_come_from_a_file_and_a_key_means_that_encryption_is_required(tmp_path):
    accounts = tmp_path / "accounts.csv"
    accounts.write_text(f"account,key_hex\nXTRM189,\n1000,{KEY}\n", encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        served(folder, "--receiver", "dc09", "--accounts-file", accounts) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        code, _ = load(port, "--accounts", "1", "--connections", "1", "--frames", "9", "--key", KEY)
        assert code == 0
        connection.settimeout(20)
        # A plain frame of 1000 is kept in silence, so the first answer is that of XTRM189.
        connection.sendall(framed(b'"SIA-DCS"0001L0#1000[#1000|NBA01]'))
        connection.sendall(framed(b'"NULL"0002L0#XTRM189[]'))
        assert b'"ACK"0002L0#XTRM189[]' in connection.recv(4096)


def framed(body):
    crc = 0
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return b"\n%04X%04X%b\r" % (crc, len(body), body)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,key\n", "the header must be account,key_hex"),
        ("account,key_hex\n1000,abc\n", "line 2: a key has 32, 48 or 64"),
        ("account,key_hex\n1000,xyzw\n", "line 2: a key has 32, 48 or 64"),
        ("", "the header must be account,key_hex"),
        ("account,key_hex\n\n,\n,00\n", "line 4: an account, a comma and its key or nothing"),
        ("account,key_hex\n1000,,7\n", "line 2: an account, a comma and its key or nothing"),
        (f"account,key_hex\n1,\n1,{KEY}\n", "line 3: account 1 was named before"),
        (f"account,key_hex\n1,{KEY[:16]} {KEY[16:]}\n", "line 2: a key has 32, 48 or 64"),
        ("account,key_hex\n\udce9,\n", "not UTF-8 at byte 16"),
        (None, "No such file or directory"),
    ],
)
def test_a_wrong_file_of_accounts_is_told(tmp_path, text, said):
    accounts = tmp_path / "accounts.csv"
    if text is not None:
        accounts.write_text(text, encoding="utf-8", errors="surrogateescape")
    command = [
        sys.executable, BENCH / "serve.py", "--port", "1", "--receiver", "dc09",
        "--accounts-file", accounts,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_of_accounts_may_come_from_a_spreadsheet(tmp_path):
    accounts = tmp_path / "accounts.csv"
    accounts.write_bytes(f"\ufeffaccount,key_hex\r\nXt-9 , \r\n\r\n1000,{KEY.upper()}".encode())
    folder = tmp_path / "folder"
    folder.mkdir()
    with (
        served(folder, "--receiver", "dc09", "--accounts-file", accounts) as (port, _),
        socket.create_connection(("127.0.0.1", port)) as connection,
    ):
        connection.settimeout(20)
        connection.sendall(framed(b'"SIA-DCS"0001L0#1000[#1000|NBA01]'))
        connection.sendall(framed(b'"NULL"0002L0#Xt-9[]'))
        assert b'"ACK"0002L0#Xt-9[]' in connection.recv(4096)


@pytest.mark.parametrize("transport", ["tcp", "udp", "both"])
def test_a_port_that_is_taken_is_told_and_nothing_is_served(tmp_path, transport):
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])
        command = [
            sys.executable, BENCH / "serve.py", "--port", port, "--receiver", "dc09",
            "--folder", tmp_path, "--transport", transport,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, list(tmp_path.iterdir())) == (2, "", [])
    assert f"port {port} of 127.0.0.1 cannot be used (Address already in use)" in done.stderr


@pytest.mark.parametrize(
    "options", [("--first-account", "XYZ"), ("--key", "abc"), ("--port", "70000")]
)
def test_an_option_that_cannot_be_is_told(tmp_path, options):
    command = [
        sys.executable, BENCH / "serve.py", "--port", "1", "--receiver", "dc09",
        "--folder", tmp_path, *options,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert options[1] in done.stderr or options[0] in done.stderr
    assert "Traceback" not in done.stderr


def test_stopping_under_load_leaves_nothing_behind(tmp_path):
    heard = threading.Event()

    def talk(port):
        frame = framed(b'"NULL"0001L0#1000[]')
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", port)) as connection,
        ):
            connection.settimeout(20)
            while connection.sendall(frame * 20) is None and connection.recv(65536):
                heard.set()

    with served(tmp_path, "--receiver", "dc09", "--accounts", "20") as (port, process):
        talkers = [threading.Thread(target=talk, args=(port,)) for _ in range(10)]
        for talker in talkers:
            talker.start()
        assert heard.wait(30)
        process.terminate()
        process.wait(30)
        for talker in talkers:
            talker.join()
    assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_answers_that_are_wrong_are_counted_and_fail_the_run():
    def answer(server):
        connection, _ = server.accept()
        with connection:
            for _ in range(5):
                connection.recv(4096)
                connection.sendall(b'\n00000012"ACK"0001L0#1000[]\r')

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        code, report = load(
            server.getsockname()[1], "--connections", "1", "--accounts", "1", "--frames", "5"
        )
        thread.join()
    assert code == 1
    assert (report["acknowledged"], report["wrong"]) == (0, 5)


def test_peers_are_measured_with_the_same_tool(tmp_path):
    command = [sys.executable, "-m", "bench", "--quick", "--only", "pysiaalarm, 100", "--json"]
    done = subprocess.run(
        [*command, tmp_path / "figures.json"],
        cwd=BENCH.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert [row["row"] for row in figures["rows"]] == ["pysiaalarm, 100 x 1 (stores nothing)"]
    assert figures["rows"][0]["acknowledged"] == figures["rows"][0]["frames"] == 2000


def test_one_connection_is_compared_with_the_bare_database(tmp_path):
    command = [sys.executable, "-m", "bench", "--quick", "--only", "1 x 1", "--json"]
    done = subprocess.run(
        [*command, tmp_path / "figures.json"],
        cwd=BENCH.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["bare_commits_per_second"] > 0
    assert figures["one_connection_share_of_bare"] > 0


def test_many_panels_that_poll_cost_few_rows(tmp_path):
    command = [sys.executable, BENCH / "polls.py", "--accounts", "300", "--interval", "1"]
    done = subprocess.run(
        [*command, "--seconds", "2"], capture_output=True, timeout=90, check=False
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["polls"], report["acknowledged"]) == (0, 600, 600)
    assert report["journal_rows"] < 20


def scenarios():
    """Return bench/scenarios.py as a module."""
    spec = importlib.util.spec_from_file_location("scenarios", BENCH / "scenarios.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["scenarios"] = module
    spec.loader.exec_module(module)
    return module


def test_a_whole_station_is_played_and_its_journal_compared():
    command = [sys.executable, BENCH / "scenarios.py", "--quick", "--only", "path-return", "--"]
    done = subprocess.run(
        [*command, "--rate", "300", "--duration", "2", "--connections", "50"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    (report,) = json.loads(done.stdout)
    assert (report["events"], report["acknowledged"], report["lost"]) == (600, 600, 0)
    assert report["acknowledged_but_missing"] == 0
    assert done.returncode == (0 if report["holds"] else 1)
    assert report["daemon_processor_percent"] > 0


def test_what_was_acknowledged_and_is_not_in_the_journal_is_missed(tmp_path):
    journal = Journal.open(tmp_path / "journal.sqlite3", CountedIds())
    write = BodyWriter(listener="line", peer="peer").write
    said = [b"#100000|Nri1/YK001^1^]", b"#100000|Nri1/YK003^3^]", b"S011[#100001|Nri1/RP001^1^]"]
    journal.append([write(Kind.FRAME, 1, 1, raw, b"", bytes(16)) for raw in [*said, *said]])
    journal.append([write(Kind.GARBLED, 1, 1, said[0].replace(b"1^", b"2^"), b"", bytes(16))])
    journal.close()
    acknowledged = tmp_path / "acknowledged.csv"
    acknowledged.write_text("account,acknowledged\n100000,3\n100001,1\n100002,2\n")
    # The second event of 100000 was only heard damaged, and of 100002 there is nothing.
    assert scenarios().missing(tmp_path / "journal.sqlite3", acknowledged) == 3


@pytest.mark.parametrize(
    ("changed", "absent", "holds"),
    [
        ({}, 0, True),
        ({}, 1, False),
        ({"lost": 1}, 0, False),
        ({"wrong": 1}, 0, False),
        ({"latency_ms": {"max": 3000.1}}, 0, False),
        ({"latency_ms": {"max": None}}, 0, False),
    ],
)
def test_a_scenario_holds_where_nothing_is_missing_lost_wrong_or_late(changed, absent, holds):
    module = scenarios()
    played = dict.fromkeys(module.SHOWN, 0) | {"seconds": 2.0, "processor_s": 1.0, "ways": {}}
    played["latency_ms"] = {"max": 2999.9}
    assert module.judged(played | changed, 1.0, absent)["holds"] is holds
