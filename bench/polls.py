"""Many panels that poll: 100,000 accounts, each every minute, 1,700 a second.

    python bench/polls.py --seconds 30

They poll over UDP from 64 sockets, spread evenly.  Printed as JSON: how many were acknowledged, in
what time, and what it cost: processor, memory, rows of the journal.
"""

import argparse
import json
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastcrc import crc16

_HERE = Path(__file__).parent
_SOCKETS = 64
_FIRST = 0x100000
_LAST_WAIT = 2.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class Polled:
    """When each account polled last, and how long the answers took, in seconds."""

    sent: dict[bytes, float] = field(default_factory=dict)
    polls: int = 0
    took: list[float] = field(default_factory=list)


def _poll(number: bytes) -> bytes:
    body = b'"NULL"0000L0#%b[]' % number
    return b"\n%04X%04X%b\r" % (crc16.arc(body), len(body), body)


@contextmanager
def _served(options: argparse.Namespace, folder: str) -> Iterator[tuple[int, int]]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable, str(_HERE / "serve.py"), "--port", str(port), "--receiver", "dc09",
        "--transport", "udp", "--first-account", f"{_FIRST:X}", "--accounts", str(options.accounts),
        "--poll-interval", str(options.interval), "--folder", folder,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if process.stdout is None or b"ready" not in process.stdout.readline():
            raise SystemExit("serve.py did not start; run it by hand to see why")
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _talk(port: int, options: argparse.Namespace) -> Polled:
    """Poll at an even pace and take what comes back."""
    polled = Polled()
    sockets = []
    watch = select.epoll()
    by_number = {}
    for _ in range(_SOCKETS):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.connect(("127.0.0.1", port))
        made.settimeout(0)
        watch.register(made.fileno(), select.EPOLLIN)
        by_number[made.fileno()] = made
        sockets.append(made)
    pace = options.accounts / options.interval
    begun = time.perf_counter()
    while (now := time.perf_counter()) < begun + options.seconds + _LAST_WAIT:
        due = int(min(now - begun, options.seconds) * pace)
        for step in range(polled.polls, due):
            number = b"%X" % (_FIRST + step % options.accounts)
            polled.sent[number] = time.perf_counter()
            sockets[step % _SOCKETS].send(_poll(number))
        polled.polls = due
        for descriptor, _ in watch.poll(0.002):
            _take(by_number[descriptor], polled)
    for made in sockets:
        made.close()
    return polled


def _take(made: socket.socket, polled: Polled) -> None:
    while True:
        try:
            answer = made.recv(4096)
        except BlockingIOError:
            return
        number = answer.partition(b"#")[2].partition(b"[")[0]
        since = polled.sent.pop(number, None)
        if since is not None and b'"ACK"' in answer:
            polled.took.append(time.perf_counter() - since)


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _rows(folder: str) -> int:
    (path,) = Path(folder).glob("*/journal.sqlite3")
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])
    finally:
        connection.close()


def main() -> int:
    """Measure, print JSON; 1 where a poll was not acknowledged."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--interval", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="stationd-bench-") as folder,
        _served(options, folder) as (port, pid),
    ):
        before, rows = _processor(pid), _rows(folder)
        polled = _talk(port, options)
        spent, rows = _processor(pid) - before, _rows(folder) - rows
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    took = sorted(polled.took)
    report = {
        "accounts": options.accounts,
        "polls": polled.polls,
        "acknowledged": len(took),
        "per_second": round(polled.polls / options.seconds),
        "p99_ms": round(took[int(len(took) * 0.99)] * 1000, 2) if took else None,
        "processor_percent": round(100 * spent / (options.seconds + _LAST_WAIT), 1),
        "megabytes": round(pages * os.sysconf("SC_PAGESIZE") / 1e6, 1),
        "journal_rows": rows,
    }
    print(json.dumps(report))
    return 0 if len(took) == polled.polls else 1


if __name__ == "__main__":
    sys.exit(main())
