"""Real receiving daemons for system tests: started, talked to, killed, looked into."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stationd.journal.chain import first_link, link
from stationd.journal.model import Entry, Kind, encode_body
from stationd.journal.reader import JournalReader
from tests.system.nursery import Nursery, Program

PATIENCE = 30.0

CONFIG = """
[station]
station = "test"
node = "test-1"

[ledger]
origin = "test.example/log"

[journal]
path = "{folder}/journal.sqlite3"
{journal}

[roster]
path = "{folder}/roster.json"
"""


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(reached: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Wait until ``reached``; this is the one place where a system test waits."""
    end = time.monotonic() + patience
    while not reached():
        if time.monotonic() > end:
            pytest.fail(f"not within {patience} s: {what}")
        time.sleep(0.01)


class Station:
    """One receiving daemon with its folder."""

    until = staticmethod(until)

    def __init__(self, folder: Path, daemons: Nursery) -> None:
        self.folder = folder
        self.daemons = daemons
        self.process: subprocess.Popen[bytes] | Program | None = None
        self.log = folder / "log"
        self.journal = folder / "journal.sqlite3"
        self.config = folder / "stationd.toml"
        self.listeners = ""
        self.journal_settings = ""
        self.starts = 0

    def listen(self, kind: str, receiver: str, **settings: object) -> int:
        """Add a listener, named after its kind and receiver; return its port."""
        port = free_port()
        lines = {
            "kind": kind,
            "receiver": receiver,
            "name": f"{kind}-{receiver}".replace("_", "-"),
        } | settings
        if kind in {"tcp", "udp"}:
            lines.setdefault("port", port)
        text = "\n".join(f"{key} = {_toml(value)}" for key, value in lines.items())
        self.listeners += f"\n[[listeners]]\n{text}\n"
        return port

    def configure(self) -> None:
        """Write the configuration; `start` does so too."""
        self.config.write_text(
            CONFIG.format(folder=self.folder, journal=self.journal_settings) + self.listeners
        )

    def start(self, *, ready: bool = True) -> None:
        """Start the daemon; unless told otherwise, wait until it is ready."""
        self.configure()
        self.process = self.daemons.start(["--config", str(self.config)], self.log)
        self._started(ready=ready)

    def start_from_nothing(self, *, ready: bool = True) -> None:
        """Start the daemon as a service manager does, imports included."""
        self.configure()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "stationd.daemon", "--config", str(self.config)],
                stderr=log,
            )
        self._started(ready=ready)

    def _started(self, *, ready: bool) -> None:
        self.starts += 1
        if ready:
            until(lambda: self.logged("ready") >= self.starts, "the daemon is ready")

    def logged(self, event: str) -> int:
        """Return how often the log has ``event``."""
        return self.log.read_text().count(f'"event": "{event}"')

    def kill(self) -> None:
        """End it the hard way."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it the kind way; return its exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    @property
    def memory(self) -> int:
        """The process's resident bytes."""
        assert self.process is not None
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def entries(self, kind: Kind | None = None) -> list[Entry]:
        """Return the journal's entries, having checked every link."""
        reader = JournalReader(self.journal)
        try:
            previous = first_link(reader.id.encode())
            found = reader.read(0, 10_000_000)
        finally:
            reader.close()
        for position, entry in enumerate(found, start=1):
            assert entry.position == position
            previous = link(previous, position, encode_body(entry))
            assert entry.link == previous
        return [entry for entry in found if kind is None or entry.kind is kind]

    def frames(self) -> list[bytes]:
        """Return the bytes of every frame kept."""
        return [entry.raw for entry in self.entries(Kind.FRAME)]


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_toml(each)}' for key, each in value.items())} }}"
    return str(value) if isinstance(value, int) else f'"{value}"'


def _nursery(module: str, factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    made = Nursery(module, factory.mktemp("nursery") / "log")
    yield made
    made.close()


@pytest.fixture(scope="session")
def daemons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return what starts receiving daemons at once."""
    yield from _nursery("stationd.daemon", tmp_path_factory)


@pytest.fixture(scope="session")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return what starts workers at once; their children are started as ever."""
    yield from _nursery("stationd.worker", tmp_path_factory)


@pytest.fixture(scope="session")
def relays(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return what starts relays at once."""
    yield from _nursery("stationd.relay", tmp_path_factory)


@pytest.fixture
def station(tmp_path: Path, daemons: Nursery) -> Iterator[Station]:
    """Return a station that is not started yet."""
    made = Station(tmp_path, daemons)
    yield made
    made.kill()
