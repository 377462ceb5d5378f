"""What the relay adds: round trips through it beside the same without it, in one run, as JSON.

Each round trip passes the relay twice, so 2 ms are the goal of 1 ms each way.  A frame goes from a
receiver's side to an automation's side, which answers with a byte.  `stationd` is not there, there
and idle, or stands still; the figures must not care.  The smallest program that passes bytes is
measured in the same run: what it adds is the machine's own.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FRAME = b"5011 181234E13001001\x14"
ACK = b"\x06"

BARE = """
import select, socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
sys.stderr.write('"ready"\\n')
sys.stderr.flush()
near, _ = server.accept()
far = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
other = {near: far, far: near}
for side in other:
    side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
while True:
    for side in select.select(list(other), [], [])[0]:
        data = side.recv(65536)
        if not data:
            sys.exit()
        other[side].sendall(data)
"""

CONFIG = """
[station]
station = "bench"
node = "bench-1"
[ledger]
origin = "bench.example/log"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
[[listeners]]
kind = "relay"
name = "line"
receiver = "surgard"
socket = "{folder}/line.socket"
[listeners.between]
kind = "tcp"
port = {port}
host = "127.0.0.1"
host_port = {host_port}
"""


def automation(connection: socket.socket) -> None:
    """Answer every frame with a byte, until the other side is gone."""
    with suppress(OSError):  # closed when all is measured
        while data := connection.recv(4096):
            connection.sendall(ACK * data.count(b"\x14"))


def round_trips(receiver: socket.socket, count: int) -> list[float]:
    """Return the milliseconds that each frame waited for its answer, sorted."""
    receiver.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        receiver.sendall(FRAME)
        receiver.recv(1)
        taken.append((time.perf_counter() - begun) * 1000)
    return sorted(taken)


def measured(server: socket.socket, port: int, count: int) -> dict[str, float]:
    """Return percentiles of round trips between `server`'s caller and whoever calls `port`."""
    called = socket.create_connection(("127.0.0.1", port))
    called.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    taken, _ = server.accept()
    threading.Thread(target=automation, args=(called,), daemon=True).start()
    round_trips(taken, count // 10)
    figures = round_trips(taken, count)
    taken.close()
    called.close()
    return {
        "p50": round(figures[count // 2], 3),
        "p99": round(figures[count * 99 // 100], 3),
        "most": round(figures[-1], 3),
    }


@contextmanager
def running(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program until it is ready; end it afterwards."""
    command = [sys.executable, *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        log = process.stderr
        if log is None or not any(b'"ready"' in line for line in log):
            raise SystemExit(f"{words[:2]} did not start; run it by hand to see why")
        threading.Thread(target=log.read, daemon=True).start()
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(30)


def favour(pid: int) -> None:
    """Schedule a process as the relay's unit does, where we may."""
    with suppress(PermissionError):
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(10))


def main() -> int:
    """Measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=5000)
    count = parser.parse_args().frames
    favour(os.getpid())
    server = socket.create_server(("127.0.0.1", 0))
    host_port = server.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    figures: dict[str, dict[str, float]] = {"direct": measured(server, host_port, count)}
    with running("-c", BARE, str(port), str(host_port)) as bare:
        favour(bare.pid)
        figures["smallest program"] = measured(server, port, count)
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as folder:
        config = Path(folder) / "stationd.toml"
        config.write_text(CONFIG.format(folder=folder, port=port, host_port=host_port))
        with running("-m", "stationd.relay", "line", "--config", str(config)) as relay:
            favour(relay.pid)
            figures["stationd away"] = measured(server, port, count)
            with running("-m", "stationd.daemon", "--config", str(config)) as daemon:
                figures["stationd there"] = measured(server, port, count)
                daemon.send_signal(signal.SIGSTOP)
                figures["stationd stands still"] = measured(server, port, count)
    added = {
        name: round(one["p99"] - figures["direct"]["p99"], 3)
        for name, one in figures.items()
        if name != "direct"
    }
    report = {
        "round_trip_ms": figures,
        "added_at_p99_ms": added,
        "goal_ms": 2.0,
        "load": os.getloadavg()[0],
    }
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
