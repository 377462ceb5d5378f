"""The daemon as it is composed: its own entries, its start, its stop, its every second."""

import json
import os
import queue
import resource
import signal
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import fastcrc
import pytest
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as ReactorClock
from twisted.internet.testing import StringTransport
from twisted.logger import capturedLogs

from receivers.dc09.framing import Style, seal
from receivers.events import Frame
from receivers.registry import RECEIVERS
from stationd import daemon as module
from stationd.clock import SetClock, from_ns, iso
from stationd.daemon import Daemon, compose, main, serve
from stationd.errors import JournalBrokenError
from stationd.ids import CountedIds
from stationd.journal.model import BodyWriter, Entry, Kind
from stationd.journal.reader import JournalReader
from stationd.journal.released import Released, released_path, write_released
from stationd.journal.store import Journal
from stationd.net.boot import read_boot
from stationd.settings import Settings, parse
from stationd.supervision.wall_clock import ClockState, Reading

LISTENERS = """
[[listeners]]
kind = "tcp"
name = "panels"
receiver = "dc09"
group = "north"
port = 0

[[listeners]]
kind = "udp"
name = "datagrams"
receiver = "dc09"
mode = "tap"
port = 0

[[listeners]]
kind = "tcp_client"
name = "automation"
receiver = "surgard"
host = "rx"
port = 1025
heartbeat = "30s"

[[listeners]]
kind = "serial"
name = "cable"
receiver = "surgard"
device = "/nowhere/adapter"
"""


class Port:
    """A socket that listens."""

    def getHost(self) -> IPv4Address:
        return IPv4Address("TCP", "127.0.0.1", 4711)

    def stopListening(self) -> None: ...

    def pauseProducing(self) -> None: ...

    def resumeProducing(self) -> None: ...


class Connector:
    """A call under way."""

    state = "connected"


class Reactor(ReactorClock):
    """Time in the test's hands, sockets that are none, and a door for other threads."""

    def __init__(self) -> None:
        super().__init__()
        self.handed: queue.SimpleQueue[tuple[Any, tuple[Any, ...]]] = queue.SimpleQueue()
        self.factories: list[Any] = []
        self.ended = ""

    def callFromThread(self, call: Callable[..., object], *args: Any) -> None:
        self.handed.put((call, args))

    def callWhenRunning(self, call: Callable[[], object]) -> None:
        self.callFromThread(call)

    def run(self, *, installSignalHandlers: bool) -> None:  # noqa: N803
        """Turn until stopped, as a real one does; time passes as long as nothing else comes."""
        while not self.ended:
            try:
                call, args = self.handed.get(timeout=0.01)
            except queue.Empty:
                self.advance(0.1)
            else:
                call(*args)

    def stop(self) -> None:
        self.ended = "stopped"

    def crash(self) -> None:
        self.ended = "crashed"

    def listenTCP(self, port: int, factory: Any, **options: Any) -> Port:
        self.factories.append(factory)
        return Port()

    def listenUDP(self, port: int, protocol: Any, **options: Any) -> Port:
        return Port()

    def connectTCP(self, host: str, port: int, factory: Any, timeout: float) -> Connector:
        self.factories.append(factory)
        factory.buildProtocol(None).makeConnection(StringTransport())
        return Connector()

    def until(self, reached: Callable[[], object]) -> None:
        """Take what other threads hand in until ``reached``."""
        while not reached():
            call, args = self.handed.get(timeout=20)
            call(*args)


class Told:
    """What systemd is told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def ready(self) -> None:
        self.words.append("ready")

    def alive(self) -> None:
        self.words.append("alive")

    def stopping(self) -> None:
        self.words.append("stopping")

    def status(self, sentence: str) -> None:
        self.words.append(sentence)

    def more_time(self, seconds: int) -> None:
        self.words.append(f"{seconds} s more")


class Node:
    """A daemon with everything around it."""

    def __init__(self, folder: Path, listeners: str = LISTENERS) -> None:
        self.path = folder / "journal.sqlite3"
        self.reactor = Reactor()
        self.clock = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.told: Any = Told()
        self.reading = Reading(ClockState.SYNCED, 0)
        self.outcome: list[object] = []
        self.daemon = self.compose(listeners)

    def compose(self, listeners: str) -> Daemon:
        reactor: Any = self.reactor
        return compose(
            self.settings(listeners),
            reactor=reactor,
            clock=self.clock,
            ids=CountedIds(),
            notifier=self.told,
            kernel_clock=lambda: self.reading,
        )

    def settings(self, listeners: str) -> Settings:
        return parse(
            f"""
            [station]
            station = "s"
            node = "n"
            [ledger]
            origin = "s/log"
            [journal]
            path = "{self.path}"
            keep = "1d"
            [roster]
            path = "{self.path}.roster"
            {listeners}
            """,
            "test",
        )

    def start(self) -> None:
        self.daemon.start().addBoth(self.outcome.append)

    def ready(self) -> None:
        self.start()
        self.reactor.until(lambda: self.outcome)

    def pass_seconds(self, count: int) -> None:
        for _ in range(count):
            self.clock.advance(timedelta(seconds=1))
            self.reactor.advance(1)

    def stop(self) -> None:
        stopped: list[object] = []
        self.daemon.stop("signal TERM").addBoth(stopped.append)
        self.reactor.until(lambda: stopped)
        assert stopped == [None]

    def entries(self) -> list[Entry]:
        reader = JournalReader(self.path)
        found = reader.read(0, 1000)
        reader.close()
        return found

    def notes(self, kind: Kind) -> list[Any]:
        return [json.loads(entry.note) for entry in self.entries() if entry.kind is kind]

    def settle(self) -> None:
        """Let everything that waits be committed."""
        empty: list[object] = []
        self.daemon._diary.empty().addCallback(empty.append)
        self.reactor.until(lambda: empty)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    made = Node(tmp_path)
    yield made
    if made.outcome and not made.daemon._stopping:
        made.stop()


def test_the_first_entry_tells_of_the_start_and_every_listener(node: Node) -> None:
    node.ready()
    first = node.entries()[0]
    assert first.kind is Kind.STARTED
    assert (first.listener, first.received_at) == ("", node.clock.now_ns())
    note = json.loads(first.note)
    assert note["listeners"]["panels"] == {
        "receiver": "dc09",
        "group": "north",
        "mode": "primary",
        "options": {name: option.default for name, option in RECEIVERS["dc09"].options.items()},
    }
    assert set(note["listeners"]) == {"panels", "datagrams", "automation", "cable"}
    assert note["boot"] == read_boot()


def test_it_is_ready_when_every_listener_listens_or_is_reported_down(node: Node) -> None:
    node.ready()
    assert node.outcome == [None]
    assert "ready" in node.told.words
    assert node.daemon.ports == {"panels": 4711, "datagrams": 4711}
    assert {name: up for name, (up, _) in node.daemon.links.items()} == {
        "panels": True,
        "datagrams": True,
        "automation": True,
        "cable": False,
    }


def test_without_listeners_it_is_ready_as_well(tmp_path: Path) -> None:
    node = Node(tmp_path, listeners="")
    node.ready()
    assert node.outcome == [None]
    node.stop()


def test_a_journal_that_is_away_is_waited_for_and_nobody_is_listened_to(tmp_path: Path) -> None:
    node = Node(tmp_path / "not-mounted")
    with capturedLogs() as logs:
        node.start()
        node.reactor.until(lambda: len(node.told.words) > 2)
        node.pass_seconds(1)
        node.reactor.until(lambda: node.reactor.getDelayedCalls()[1:])
        assert node.reactor.factories == []
        (tmp_path / "not-mounted").mkdir()
        node.pass_seconds(1)
        node.reactor.until(lambda: node.outcome)
    assert "mount its folder" in next(w for w in node.told.words if "journal" in w)
    assert "60 s more" in node.told.words
    assert [log["log_format"] for log in logs].count("journal_unavailable") == 1
    node.stop()


def test_a_broken_journal_is_not_written(tmp_path: Path) -> None:
    node = Node(tmp_path)
    journal = Journal.open(node.path, CountedIds())
    journal.append([b"not an entry"])
    assert journal._connection is not None
    with journal._connection.begin():
        journal._connection.exec_driver_sql("UPDATE entries SET body = x'00'")
    journal.close()
    node.ready()
    (failure,) = node.outcome
    assert isinstance(failure.value, JournalBrokenError)  # type: ignore[attr-defined]
    node.stop()


def test_the_last_entry_tells_of_the_stop_and_the_journal_is_free(node: Node) -> None:
    node.ready()
    node.stop()
    assert node.told.words[-1] == "stopping"
    assert node.notes(Kind.STOPPED) == [{"cause": "signal TERM"}]
    assert node.entries()[-1].kind is Kind.STOPPED
    Journal.open(node.path, CountedIds()).close()


def test_stopping_while_the_journal_is_away_does_not_wait_for_it(tmp_path: Path) -> None:
    node = Node(tmp_path / "not-mounted")
    node.start()
    node.reactor.until(lambda: len(node.told.words) > 2)
    node.stop()
    node.pass_seconds(2)
    assert node.outcome == []


def test_frames_are_acknowledged_once_they_are_in_the_journal(node: Node) -> None:
    node.ready()
    panel = node.reactor.factories[0].buildProtocol(IPv4Address("TCP", "10.0.0.1", 99))
    panel.makeConnection(StringTransport())
    body = b'"NULL"0000L0#1234[]'
    frame = b"\n%04X%04X%s\r" % (fastcrc.crc16.arc(body), len(body), body)
    panel.dataReceived(frame)
    assert panel.transport.value() == b""
    node.reactor.until(panel.transport.value)
    assert b'"ACK"0000L0#1234[]' in panel.transport.value()
    assert frame in [entry.raw for entry in node.entries()]


def test_a_time_in_which_the_journal_took_nothing_is_an_entry(node: Node) -> None:
    node.ready()
    since = node.clock.now_ns()
    node.pass_seconds(3)
    node.daemon._journal_back(since, "the journal took nothing")
    node.settle()
    (hole,) = node.notes(Kind.HOLE)
    assert hole["cause"] == "the journal took nothing"
    assert (hole["count"], hole["first"]) == (0, iso(from_ns(since)))
    assert hole["last"] > hole["first"]


PANEL = seal(b'"SIA-DCS"0021L0#1234[#1234|NBA5]', Style.STANDARD)


@pytest.mark.parametrize(
    ("listener", "note", "repeat"),
    [
        ("panels", b"", True),
        ("panels", b'{"fault":"stale"}', False),
        ("datagrams", b"", False),
        ("gone", b"", False),
    ],
)
def test_a_frame_taken_before_a_start_is_known_when_it_comes_again(
    node: Node, listener: str, note: bytes, repeat: bool
) -> None:
    before = Journal.open(node.path, CountedIds())
    writer = BodyWriter(listener=listener, peer="p")
    before.append([writer.write(Kind.FRAME, node.clock.now_ns(), 0, PANEL, note, bytes(16))])
    before.close()
    node.ready()
    line = node.daemon._served[0].line
    (event,) = line.spec.open(line.conversation).receive(PANEL, node.clock.now())
    assert isinstance(event, Frame)
    assert event.repeat is repeat


def test_what_cannot_be_remembered_holds_nothing_up(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node.daemon, "_recall", None)
    with capturedLogs() as logs:
        node.ready()
    assert node.outcome == [None]
    assert "not_recalled" in [log["log_format"] for log in logs]


def test_our_time_is_trusted_until_the_kernel_takes_its_word_back(node: Node) -> None:
    node.ready()
    conversation = node.daemon._served[0].line.conversation
    assert conversation.trusted()
    node.reading = Reading(ClockState.UNSYNCED, 7)
    node.pass_seconds(module.KERNEL_CLOCK_EVERY)
    assert not conversation.trusted()


class TestEverySecond:
    """What is looked at."""

    def test_the_clocks_state_and_its_changes_are_entries(self, node: Node) -> None:
        node.ready()
        node.reading = Reading(ClockState.UNSYNCED, 7)
        node.pass_seconds(module.KERNEL_CLOCK_EVERY)
        node.settle()
        assert [note["state"] for note in node.notes(Kind.CLOCK)] == ["synced", "unsynced"]

    def test_a_step_of_the_clock_is_an_entry(self, node: Node) -> None:
        node.ready()
        node.pass_seconds(2)
        node.clock.step(timedelta(seconds=-90))
        node.pass_seconds(1)
        node.settle()
        assert node.notes(Kind.CLOCK)[-1]["step_ns"] == -90_000_000_000

    def test_the_watchdog_is_told_while_nobody_waits_too_long(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node.ready()
        node.told.words.clear()
        node.pass_seconds(1)
        assert node.told.words == ["alive"]
        monkeypatch.setattr(node.daemon._committer, "oldest_ns", lambda: 30 * 10**9)
        node.pass_seconds(5)
        assert node.told.words == ["alive"]

    def test_a_receiver_that_fell_silent_is_called_anew(self, node: Node) -> None:
        node.ready()
        node.pass_seconds(91)
        node.settle()
        scopes = [note["scope"] for note in node.notes(Kind.LINK_DOWN)]
        assert "heartbeat" in scopes
        protocol = node.daemon._served[2].edge._protocol  # type: ignore[union-attr]
        assert protocol is not None
        assert protocol._cause == "silent for three periods"

    def test_what_is_released_is_dropped_once_it_is_old_enough(self, node: Node) -> None:
        node.ready()
        first = node.entries()[0]
        assert node.daemon._journal is not None
        write_released(
            released_path(node.path),
            Released(journal=node.daemon._journal.id, position=1, link=first.link),
        )
        node.pass_seconds(module.DROP_EVERY)
        node.daemon._diary.write(Kind.CLOCK, {})
        node.settle()
        assert node.entries()[0].position == 1

        node.clock.advance(timedelta(days=2))
        node.pass_seconds(module.DROP_EVERY)
        node.daemon._diary.write(Kind.CLOCK, {})
        node.settle()
        assert node.entries()[0].position == 2

    def test_after_a_whole_slice_the_next_goes_in_the_next_second(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node.ready()
        asked: list[int] = []
        counts = [module.SLICE, module.SLICE, 3, 0]

        def drop(_released: object, *, before: int) -> int:
            asked.append(before)
            return counts.pop(0)

        journal = node.daemon._journal
        assert journal is not None
        monkeypatch.setattr(journal, "drop", drop)
        released = Released(journal=journal.id, position=1, link=b"")
        write_released(released_path(node.path), released)
        seen = []
        for _ in range(module.DROP_EVERY * 2):
            node.pass_seconds(1)
            node.daemon._diary.write(Kind.CLOCK, {})
            node.settle()
            seen.append(len(asked))
        assert seen == [0, 0, 0, 1, 2, 3, 3, 3, 4, 4]

    def test_a_fault_in_one_second_does_not_end_the_next(
        self, node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node.ready()
        with monkeypatch.context() as patch, capturedLogs() as logs:
            patch.setattr(node.daemon._roster, "look", None)
            node.pass_seconds(1)
        assert [log["log_format"] for log in logs] == ["tick_fault"]
        node.told.words.clear()
        node.pass_seconds(1)
        assert node.told.words == ["alive"]


class TestServing:
    """The program around it: signals in, an exit code out."""

    @pytest.fixture(autouse=True)
    def _signals(self) -> Iterator[None]:
        before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
        yield
        for number, way in before.items():
            signal.signal(number, way)

    def test_a_signal_ends_it_cleanly(self, tmp_path: Path) -> None:
        node = Node(tmp_path, listeners="")
        node.told.ready = lambda: os.kill(os.getpid(), signal.SIGTERM)
        assert serve(node.daemon, node.reactor) == 0
        assert node.reactor.ended == "stopped"
        assert node.notes(Kind.STOPPED) == [{"cause": "signal TERM"}]

    def test_a_second_signal_changes_nothing(self, tmp_path: Path) -> None:
        node = Node(tmp_path, listeners="")
        node.told.ready = lambda: os.kill(os.getpid(), signal.SIGTERM)
        node.told.stopping = lambda: os.kill(os.getpid(), signal.SIGINT)
        assert serve(node.daemon, node.reactor) == 0
        assert len(node.notes(Kind.STOPPED)) == 1

    def test_a_broken_journal_ends_it_with_a_code(self, tmp_path: Path) -> None:
        node = Node(tmp_path, listeners="")
        foreign = sqlite3.connect(node.path)
        foreign.execute("CREATE TABLE theirs (x)")
        foreign.close()
        assert serve(node.daemon, node.reactor) == 1

    def test_a_disk_that_hangs_does_not_keep_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        node = Node(tmp_path, listeners="")
        node.told.ready = lambda: os.kill(os.getpid(), signal.SIGTERM)
        monkeypatch.setattr(node.daemon, "_last_entry", lambda _: Deferred())
        assert serve(node.daemon, node.reactor) == 0
        assert node.reactor.ended == "crashed"
        node.daemon._close_journal()

    def test_it_may_have_as_many_connections_as_the_system_lets(self, tmp_path: Path) -> None:
        with capturedLogs() as logs:
            module._allow_connections(Node(tmp_path).settings(""))
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        assert (soft == hard, logs) == (True, [])

    def test_it_says_where_the_system_lets_fewer_connect_than_the_settings(
        self, tmp_path: Path
    ) -> None:
        many = LISTENERS.replace("port = 0", f"port = 0\nmax_connections = {2**62}", 1)
        with capturedLogs() as logs:
            module._allow_connections(Node(tmp_path).settings(many))
        (told,) = logs
        assert (told["log_format"], told["needed"]) == ("few_open_files", 2**62 + 256)
        assert "LimitNOFILE" in told["helps"]


def test_its_release_is_known_only_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    assert module._version() != ""
    monkeypatch.setattr(module, "version", version)
    assert module._version() == "unknown"


def test_a_wrong_file_is_told_with_every_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "stationd.toml"
    config.write_text("[station]\nnode = 5\n")
    assert main(["--config", str(config)]) == 2
    told = capsys.readouterr().err
    assert "station.station" in told
    assert "station.node" in told
