"""`python -m bench`: the figures of this machine, the product's beside a peer's, in one run.

Every row starts the real daemon anew (`serve.py`) and points the load tool (`load.py`) at it.
`--quick` sends a tenth of the frames; `--json FILE` keeps everything.
"""

import argparse
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_KEY = "000102030405060708090a0b0c0d0e0f"
_PEER_KEY = "0123456789abcdef"
_IDLE = 1000
_ONE = "DC-09 plain, 1 x 1"

Report = dict[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what is asked, how it is measured, what is hoped for."""

    name: str
    server: Sequence[str]
    load: Mapping[str, object]
    goal: str


_DC09 = ("serve.py", "--receiver", "dc09", "--accounts", "1000")
_SURGARD = ("serve.py", "--receiver", "surgard")
_AES = (*_DC09, "--key", _KEY)
_PEER = ("peer.py", "--accounts", "1000")

ROWS = (
    Row("DC-09 plain, 100 x 1", _DC09, {"connections": 100, "frames": 100_000}, "20000"),
    Row(
        "Sur-Gard, 100 x 1",
        _SURGARD,
        {"receiver": "surgard", "connections": 100, "frames": 100_000},
        "20000",
    ),
    Row(
        "DC-09 plain, 10 x 100",
        _DC09,
        {"connections": 10, "in-flight": 100, "frames": 200_000},
        "50000",
    ),
    Row(
        "Sur-Gard, 10 x 100",
        _SURGARD,
        {"receiver": "surgard", "connections": 10, "in-flight": 100, "frames": 200_000},
        "50000",
    ),
    Row(
        "DC-09 AES-128, 100 x 1",
        _AES,
        {"connections": 100, "frames": 50_000, "key": _KEY},
        "10000",
    ),
    Row(
        "DC-09 plain, UDP, 100 x 1",
        (*_DC09, "--transport", "udp"),
        {"transport": "udp", "connections": 100, "frames": 50_000},
        "",
    ),
    Row(_ONE, _DC09, {"connections": 1, "frames": 5_000}, "70 % of bare commits"),
    Row(
        "pysiaalarm, 100 x 1 (stores nothing)",
        _PEER,
        {"connections": 100, "frames": 20_000, "loose": True},
        "less than ours",
    ),
    Row(
        "pysiaalarm, AES-128, 100 x 1 (stores nothing)",
        (*_PEER, "--key", _PEER_KEY),
        {"connections": 100, "frames": 10_000, "key": _PEER_KEY.encode().hex(), "loose": True},
        "less than ours",
    ),
)


@contextmanager
def _served(arguments: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Run a server of this folder; give its port and process id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program, *more = arguments
    command = [sys.executable, str(_HERE / program), "--port", str(port), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if process.stdout is None or b"ready" not in process.stdout.readline():
            msg = f"{program} did not start; run it by hand to see why"
            raise SystemExit(msg)
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _measured(row: Row, divisor: int) -> Report:
    load = {**row.load, "frames": int(str(row.load["frames"])) // divisor, "accounts": 1000}
    arguments: list[str] = []
    for name, value in load.items():
        arguments += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    with _served(row.server) as (port, _):
        command = [sys.executable, str(_HERE / "load.py"), "--port", str(port), *arguments]
        done = subprocess.run(command, capture_output=True, check=False)
    report: Report = json.loads(done.stdout)
    return report | {"row": row.name, "goal": row.goal}


def bare_commits(seconds: float) -> float:
    """Return commits a second of bare SQLite: write-ahead log, synchronous=FULL, one by one."""
    with tempfile.TemporaryDirectory(prefix="stationd-bench-") as folder:
        connection = sqlite3.connect(f"{folder}/bare.sqlite3", isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE entries (position INTEGER PRIMARY KEY, body BLOB)")
        begun, count = time.perf_counter(), 0
        while time.perf_counter() - begun < seconds:
            connection.execute("INSERT INTO entries (body) VALUES (?)", (bytes(160),))
            count += 1
        elapsed = time.perf_counter() - begun
        connection.close()
    return count / elapsed


def idle_memory() -> float:
    """Return the daemon's resident megabytes while 1,000 connections are open."""
    with _served(_DC09) as (port, pid):
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(_IDLE)]
        time.sleep(1)
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        for connection in held:
            connection.close()
    return pages * 4096 / 1e6


def _other(program: str, *arguments: str) -> Report | None:
    """Run another measurement of this folder, where it is there, and take its JSON."""
    if not (_HERE / program).exists():
        return None
    command = [sys.executable, str(_HERE / program), *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    try:
        report: Report = json.loads(done.stdout)
    except ValueError:
        return {"failed": done.stderr.decode(errors="replace")[-500:]}
    return report


def _line(report: Mapping[str, object]) -> str:
    latency = report["latency_ms"]
    p99 = latency["p99"] if isinstance(latency, dict) else None
    wrong = "" if report["acknowledged"] == report["frames"] else "  NOT ALL ACKNOWLEDGED"
    rate = f"{report['per_second']:>9}/s"
    return f"{report['row']:<46}{rate}  p99 {p99:>8} ms  goal {report['goal']}{wrong}"


def main() -> int:
    """Measure everything, print a line a row; 1 where something was not acknowledged."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the frames")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--only", default="", help="only rows whose name holds this")
    options = parser.parse_args()
    rows: list[Report] = []
    bare: list[float] = []
    for row in ROWS:
        if options.only not in row.name:
            continue
        if row.name == _ONE:
            # A disk shared with others is never the same twice: ask it right before and after.
            bare.append(bare_commits(1.0))
        rows.append(_measured(row, 10 if options.quick else 1))
        print(_line(rows[-1]), flush=True)
        if row.name == _ONE:
            bare.append(bare_commits(1.0))
    figures: Report = {"rows": rows}
    if bare:
        figures |= _share(rows, sum(bare) / len(bare))
    if not options.only:
        figures |= _besides()
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0 if all(row["acknowledged"] == row["frames"] for row in rows) else 1


def _share(rows: Sequence[Report], bare: float) -> Report:
    """Compare one connection with the bare database."""
    rate = next(float(str(row["per_second"])) for row in rows if row["row"] == _ONE)
    print(f"{'bare SQLite, one commit each':<46}{bare:>9.0f}/s")
    print(f"{'one connection, share of bare commits':<46}{rate / bare:>11.0%}  goal 70%")
    return {
        "bare_commits_per_second": round(bare),
        "one_connection_share_of_bare": round(rate / bare, 3),
    }


def _besides() -> Report:
    """Measure what is no rate of acknowledgements."""
    megabytes = round(idle_memory(), 1)
    print(f"{'memory with 1,000 open connections':<46}{megabytes:>8} MB  goal 150 MB")
    figures: Report = {"megabytes_with_1000_connections": megabytes}
    for name in ("codecs", "polls", "follower", "bundles"):
        if (report := _other(f"{name}.py")) is not None:
            figures[name] = report
            print(f"{name}: {json.dumps(report)}")
    # Seconds of each; the whole ones take half an hour and are run by hand.
    figures["scenarios"] = _other("scenarios.py", "--quick")
    print(f"scenarios: {json.dumps(figures['scenarios'])}")
    return figures


if __name__ == "__main__":
    sys.exit(main())
