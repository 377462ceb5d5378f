"""Whole stations against the real daemon: a storm, and a common path that is back at 4,000/s.

    python bench/scenarios.py                   the burst, 5 minutes, and the storm, 30
    python bench/scenarios.py --only path-return
    python bench/scenarios.py --quick           both in seconds

The simulator (`python -m stationd.simulate --scenario`) sends by every way; each account waits for
its own acknowledgement.  Afterwards the journal is read: nothing that was acknowledged may be
missing, and no acknowledgement may have taken more than three seconds.  Printed as JSON; 1 where
that does not hold.
"""

import argparse
import csv
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stationd.journal.model import Kind
from stationd.journal.reader import JournalReader

_HERE = Path(__file__).parent
_TICKS = os.sysconf("SC_CLK_TCK")
_FIRST = "100000"
_AT_ONCE = 20_000
_MOST_MS = 3000
_EVENT = re.compile(rb"#([0-9A-F]+)\|Nri1/[A-Z]{2}[0-9]{3}\^([0-9]+)\^")

Report = dict[str, object]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement: a scenario, how it is played, and how it is played in seconds."""

    scenario: str
    accounts: int
    whole: Sequence[str]
    quick: Sequence[str]


ROWS = (
    Row("path-return", 100_000, ("--rate", "4000"), ("--rate", "4000", "--duration", "10")),
    Row("storm", 100_000, (), ("--speed", "45")),
)


@dataclass(frozen=True, slots=True)
class Served:
    """A running daemon."""

    port: int
    surgard_port: int
    pid: int
    journal: Path


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def _served(accounts: int, folder: str) -> Iterator[Served]:
    port, surgard_port = _free_port(), _free_port()
    command = [
        sys.executable, str(_HERE / "serve.py"), "--port", str(port), "--receiver", "dc09",
        "--transport", "both", "--surgard-port", str(surgard_port), "--first-account", _FIRST,
        "--accounts", str(accounts), "--folder", folder,
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        if process.stdout is None or b"ready" not in process.stdout.readline():
            raise SystemExit("serve.py did not start; run it by hand to see why")
        (journal,) = Path(folder).glob("*/journal.sqlite3")
        yield Served(port, surgard_port, process.pid, journal)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def _processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def kept(journal: Path) -> dict[bytes, set[int]]:
    """Return which events of each account the journal holds."""
    found: dict[bytes, set[int]] = {}
    reader = JournalReader(journal)
    position = 0
    try:
        while entries := reader.read(position, _AT_ONCE):
            position = entries[-1].position
            for entry in entries:
                if entry.kind is Kind.FRAME and (match := _EVENT.search(entry.raw)):
                    found.setdefault(match[1], set()).add(int(match[2]))
    finally:
        reader.close()
    return found


def missing(journal: Path, acknowledged: Path) -> int:
    """Return how many acknowledged events the journal does not hold."""
    there = kept(journal)
    with acknowledged.open(encoding="utf-8", newline="") as file:
        return sum(
            len(
                set(range(1, int(line["acknowledged"]) + 1))
                - there.get(line["account"].encode(), set())
            )
            for line in csv.DictReader(file)
        )


def measured(row: Row, arguments: Sequence[str]) -> Report:
    """Play one scenario against a daemon of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="stationd-bench-") as folder,
        _served(row.accounts, folder) as served,
    ):
        report_file, acknowledged = Path(folder) / "report.json", Path(folder) / "acknowledged.csv"
        before = _processor(served.pid)
        command = [
            sys.executable, "-m", "stationd.simulate", "--scenario", row.scenario,
            "--accounts", str(row.accounts), "--first-account", _FIRST,
            "--dc09-tcp", f"127.0.0.1:{served.port}", "--dc09-udp", f"127.0.0.1:{served.port}",
            "--surgard-call", f"127.0.0.1:{served.surgard_port}",
            "--report", str(report_file), "--acknowledged", str(acknowledged), *arguments,
        ]  # fmt: skip
        subprocess.run(command, check=False)
        spent = _processor(served.pid) - before
        played: Report = json.loads(report_file.read_text(encoding="utf-8"))
        return judged(played, spent, missing(served.journal, acknowledged))


def judged(played: Report, spent: float, absent: int) -> Report:
    """Return what is shown of a run, and whether it holds."""
    seconds = float(str(played["seconds"]))
    latency = played["latency_ms"]
    longest = latency["max"] if isinstance(latency, Mapping) else None
    in_time = longest is not None and float(longest) <= _MOST_MS
    return {
        **{name: played[name] for name in SHOWN},
        "daemon_processor_percent": round(100 * spent / seconds, 1),
        "simulator_processor_percent": round(100 * float(str(played["processor_s"])) / seconds, 1),
        "acknowledged_but_missing": absent,
        "holds": in_time and not absent and not played["lost"] and not played["wrong"],
        "ways": played["ways"],
    }


SHOWN = (
    "scenario", "accounts", "seconds", "events", "acknowledged", "acknowledged_per_second",
    "repeats", "lost", "wrong", "latency_ms", "behind_plan_ms", "receivers",
)  # fmt: skip


def main() -> int:
    """Measure, print JSON; 1 where something is missing, late or lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    parser.add_argument("--only", default="", help="only scenarios whose name holds this")
    parser.add_argument("more", nargs="*", help="after --: further arguments for the simulator")
    options = parser.parse_args()
    reports = [
        measured(row, [*(row.quick if options.quick else row.whole), *options.more])
        for row in ROWS
        if options.only in row.scenario
    ]
    print(json.dumps(reports, indent=2))
    return 0 if all(report["holds"] for report in reports) else 1


if __name__ == "__main__":
    sys.exit(main())
