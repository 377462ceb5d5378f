"""The receiving daemon: takes frames in, puts them into the journal, then acknowledges.

This module composes it and serves.  `compose` makes a `Daemon` of the settings and a reactor;
`main` is the program.
"""

import argparse
import gc
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.main import installReactor
from twisted.logger import Logger, globalLogBeginner
from twisted.python.failure import Failure

from archive.canonical import JsonValue
from receivers.registry import RECEIVERS
from receivers.session import Conversation, ReceiverSpec
from stationd.clock import Clock, SystemClock, from_ns, iso
from stationd.errors import JournalBrokenError, SettingsError, StationdError
from stationd.ids import Ids, SystemIds
from stationd.journal.model import Kind, Receipt
from stationd.journal.released import read_released, released_path
from stationd.journal.store import SLICE, Journal
from stationd.net.boot import read_boot
from stationd.net.both import BothEdge
from stationd.net.certificates import Certificates
from stationd.net.committer import Committer
from stationd.net.diary import Diary
from stationd.net.intake import Intake
from stationd.net.kernel_clock import read_kernel_clock
from stationd.net.line import Line, Link
from stationd.net.logs import JsonLog
from stationd.net.notify import Notifier
from stationd.net.poll_book import PollBook
from stationd.net.poller import Poller
from stationd.net.reactor import Reactor
from stationd.net.relayed import RelayedEdge
from stationd.net.roster_watch import RosterWatch
from stationd.net.serial_line import SerialEdge
from stationd.net.strangers import Strangers
from stationd.net.tcp_client import TcpClientEdge
from stationd.net.tcp_server import TcpEdge
from stationd.net.thread import CallThread
from stationd.net.udp import UdpEdge
from stationd.settings import (
    DEFAULT_PATH,
    CalledListener,
    RelayListener,
    SerialListener,
    Settings,
    TcpClientListener,
    TcpListener,
    UdpListener,
    load,
    secret,
)
from stationd.supervision.heartbeat import Change
from stationd.supervision.wall_clock import ClockNews, Reading, WallClock

__all__ = ["Daemon", "compose", "main", "serve"]

JOURNAL_AGAIN_SECONDS = 1.0
START_SECONDS = 60
STOP_SECONDS = 15.0
KERNEL_CLOCK_EVERY = 60
DROP_EVERY = 5
RECALLED = 10_000
"""Entries behind which a frame from before a start is known when it comes again."""
COLLECT_AFTER = 20_000
OTHER_FILES = 256
"""Open files that are no caller's: the journal's, lines, ports, and calls on their way out."""

AnyEdge = TcpEdge | BothEdge | TcpClientEdge | UdpEdge | SerialEdge | RelayedEdge
AnyListener = TcpListener | TcpClientListener | UdpListener | SerialListener | RelayListener


@dataclass(frozen=True, slots=True)
class _Served:
    """A listener's parts."""

    settings: AnyListener
    line: Line
    intake: Intake
    link: Link
    edge: AnyEdge


class Daemon:
    """The composed daemon.  `start` and `stop` are called in the reactor's thread."""

    _log = Logger()

    def __init__(  # noqa: PLR0913  (what a program is made of)
        self,
        settings: Settings,
        *,
        reactor: Reactor,
        clock: Clock,
        ids: Ids,
        notifier: Notifier,
        receivers: Mapping[str, ReceiverSpec],
        kernel_clock: Callable[[], Reading],
    ) -> None:
        self._settings = settings
        self._reactor = reactor
        self._clock = clock
        self._ids = ids
        self._notifier = notifier
        self._receivers = receivers
        self._kernel_clock = kernel_clock
        self._journal: Journal | None = None
        self._thread = CallThread(reactor, "journal")
        self._files_thread = CallThread(reactor, "files")
        self._committer = Committer(
            self._append,
            in_thread=self._thread,
            clock=clock,
            largest_batch=settings.journal.largest_batch,
            most_waiting=settings.journal.most_waiting,
            back=self._journal_back,
        )
        self._diary = Diary(self._committer.submit, reactor=reactor, clock=clock, ids=ids)
        self._roster = RosterWatch(
            settings.roster.path, secret(settings.roster.key), in_thread=self._files_thread
        )
        self._polls = PollBook(
            diary=self._diary, clock=clock, ids=ids, committed=self._committer.committed
        )
        self._roster.on_change(lambda roster: self._polls.supervise(roster.accounts))
        self._wall_clock = WallClock()
        self._memories: dict[tuple[str, str], dict[str, object]] = {}
        self._seconds = 0
        self._more_to_drop = False
        self._why_closed = ""
        self._stopping = False
        self._ready: Deferred[None] = Deferred()
        self._served = [self._serve(listener) for listener in settings.listeners]

    @property
    def ports(self) -> Mapping[str, int]:
        """The port of each listener that listens on one, by name."""
        ports = {served.settings.name: served.edge.port for served in self._served}
        return {name: port for name, port in ports.items() if port is not None}

    @property
    def links(self) -> Mapping[str, tuple[bool | None, str]]:
        """Each listener's link: up (None: not known yet), and why."""
        return {s.settings.name: (s.link.is_up, s.link.cause) for s in self._served}

    def start(self) -> Deferred[None]:
        """Open the journal and listen.

        The Deferred fires when the journal took an entry and every listener listens or is reported
        down.  It fails only where the journal is broken; one that is away is tried again.
        """
        self._thread.start()
        self._files_thread.start()
        self._roster.load_now()
        self._open_journal()
        self._tick()
        return self._ready

    def stop(self, cause: str) -> Deferred[None]:
        """Read no more, commit and answer what waits, write `stopped`, and close."""
        self._stopping = True
        self._notifier.stopping()
        self._log.info("stopping", cause=cause)
        for served in self._served:
            served.edge.stop_reading()
        stopped: Deferred[None] = self._committer.idle()
        stopped.addCallback(lambda _: self._last_entry(cause))
        stopped.addCallback(lambda _: self._hang_up(cause))
        stopped.addCallback(lambda _: self._close_journal())
        return stopped

    # --- The journal ---

    def _append(self, bodies: Sequence[bytes]) -> list[Receipt]:
        """Append in the writer's thread; submissions are made only once the journal is open."""
        journal = self._journal
        if journal is None:
            msg = "The journal is not open."
            raise JournalBrokenError(msg)
        return journal.append(bodies)

    def _journal_back(self, since: int, cause: str) -> None:
        """Write since when nothing was taken: receivers that gave up meanwhile have no answer."""
        note: dict[str, JsonValue] = {
            "cause": cause,
            "count": 0,
            "first": iso(from_ns(since)),
            "last": iso(self._clock.now()),
        }
        self._diary.write(Kind.HOLE, note)

    def _open_journal(self) -> None:
        if self._stopping:
            return
        path = self._settings.journal.path
        opening = self._thread(lambda: Journal.open(path, self._ids))
        opening.addCallbacks(self._opened, self._not_opened)
        opening.addErrback(self._fault)

    def _not_opened(self, failure: Failure) -> None:
        if failure.check(StationdError) is None or failure.check(JournalBrokenError):
            self._log.error("journal_broken", why=failure.getErrorMessage())
            self._ready.errback(failure)
            return
        why = failure.getErrorMessage()
        if why != self._why_closed:
            self._why_closed = why
            self._log.error("journal_unavailable", why=why)
            self._notifier.status(why)
        self._reactor.callLater(JOURNAL_AGAIN_SECONDS, self._open_journal)

    def _opened(self, journal: Journal) -> None:
        self._journal = journal
        if self._why_closed:
            self._notifier.status("")
        self._log.info("journal_open", journal=journal.id, position=journal.position)
        self._diary.write(Kind.STARTED, self._started_note())
        self._look_at_kernel_clock()
        ready = self._diary.empty()
        ready.addCallback(lambda _: self._thread(lambda: self._recall(journal)))
        # What is not remembered costs a mark at repeats, and nothing else.
        ready.addErrback(
            lambda failure: self._log.warn("not_recalled", why=failure.getErrorMessage())
        )
        ready.addCallback(self._first_entry).addErrback(self._fault)

    def _recall(self, journal: Journal) -> None:
        """Remember the frames that were answered last, so that what comes again is known.

        In the writer's thread, before anything is received.
        """
        lines = {served.settings.name: served.line for served in self._served}
        for entry in journal.recent(RECALLED):
            line = lines.get(entry.listener)
            if line is not None and entry.kind is Kind.FRAME and b'"fault"' not in entry.note:
                line.spec.recall(line.conversation, entry.raw, from_ns(entry.received_at))

    def _first_entry(self, _: None) -> None:
        if self._stopping:
            return
        for served in self._served:
            served.edge.start()
        self._tell_ready()

    def _close_journal(self) -> Deferred[None]:
        journal = self._journal
        closing = self._thread(lambda: journal.close() if journal is not None else None)
        closing.addCallback(lambda _: self._stop_threads())
        return closing

    def _stop_threads(self) -> None:
        self._thread.stop()
        self._files_thread.stop()

    def _last_entry(self, cause: str) -> Deferred[None] | None:
        if self._journal is None:
            return None
        for served in self._served:
            served.intake.finish()
        self._polls.finish()
        self._diary.write(Kind.STOPPED, {"cause": cause})
        self._diary.close()
        return None if self._committer.failing else self._diary.empty()

    def _hang_up(self, cause: str) -> None:
        for served in self._served:
            served.edge.hang_up(cause)

    # --- The listeners ---

    def _serve(self, settings: AnyListener) -> _Served:
        spec = self._receivers[settings.receiver]
        heartbeat = settings.heartbeat
        intake = Intake(
            settings.name,
            committer=self._committer,
            diary=self._diary,
            clock=self._clock,
            ids=self._ids,
            silence=None if heartbeat is None else heartbeat.total_seconds(),
            group=settings.group,
            polls=self._polls,
            strangers=self._strangers(settings, spec),
        )
        if not spec.heartbeat:
            # Its panels speak for themselves; behind a receiver, the receiver takes their polls.
            self._polls.serve(settings.group, settings.name)
        options = {name: option.default for name, option in spec.options.items()}
        line = Line(
            name=settings.name,
            tap=settings.mode != "primary",
            spec=spec,
            conversation=Conversation(
                account=self._roster.of_group(settings.group),
                random=self._ids.bytes,
                options={**options, **settings.options},
                memory={},
                trusted=lambda: self._wall_clock.is_trusted(self._clock.ticks()),
                group_memory=self._memories.setdefault((settings.receiver, settings.group), {}),
            ),
            intake=intake,
        )
        return self._edge(settings, line)

    def _strangers(self, settings: AnyListener, spec: ReceiverSpec) -> Strangers | None:
        """Return the limits of a listener that others call; a receiver or a tap speaks for many."""
        if not isinstance(settings, CalledListener):
            return None
        of_panels = settings.mode == "primary" and not spec.heartbeat
        return Strangers(
            self._roster.of_group(settings.group) if of_panels else None,
            policy=settings.unknown_panels,
            per_network=settings.unknown_per_network,
            in_all=settings.unknown_in_all,
            judges=self._roster.is_read,
        )

    def _edge(self, settings: AnyListener, line: Line) -> _Served:
        link = Link(line.intake, self._tell_ready)
        edge: AnyEdge
        match settings:
            case TcpListener():
                edge = self._tcp_edge(settings, line, link)
            case TcpClientListener():
                edge = TcpClientEdge(settings, line, link, self._reactor)
            case UdpListener():
                edge = UdpEdge(settings, line, link, self._reactor)
            case SerialListener():
                edge = SerialEdge(settings, line, link, self._reactor)
            case RelayListener():
                edge = RelayedEdge(settings, line, link, self._reactor)
        return _Served(settings, line, line.intake, link, edge)

    def _tcp_edge(self, settings: TcpListener, line: Line, link: Link) -> TcpEdge | BothEdge:
        if settings.udp:
            return BothEdge(settings, line, link, self._reactor)
        tls = settings.tls
        certificates = (
            None
            if tls is None
            else Certificates(tls, listener=settings.name, in_thread=self._files_thread)
        )
        return TcpEdge(settings, line, link, self._reactor, certificates=certificates)

    def _tell_ready(self) -> None:
        if self._ready.called or any(s.link.is_up is None for s in self._served):
            return
        self._notifier.ready()
        self._log.info("ready", listeners=len(self._served))
        self._ready.callback(None)

    # --- Every second ---

    def _tick(self) -> None:
        if self._stopping:
            return
        self._reactor.callLater(1.0, self._tick)
        try:
            self._look()
        except Exception:  # noqa: BLE001  (a fault here must not end what follows the second)
            self._log.failure("tick_fault")

    def _look(self) -> None:
        self._seconds += 1
        self._watchdog()
        if not self._ready.called:
            self._notifier.more_time(START_SECONDS)
            return
        for served in self._served:
            if served.intake.look() is Change.LOST and isinstance(served.edge, TcpClientEdge):
                served.edge.hang_up("silent for three periods")
            if isinstance(served.edge, TcpEdge):
                served.edge.look()
        self._polls.look([s.settings.name for s in self._served if not s.link.is_up])
        self._roster.look()
        self._note_clock(self._wall_clock.look(self._clock.now_ns(), self._clock.ticks()))
        if self._seconds % KERNEL_CLOCK_EVERY == 0:
            self._look_at_kernel_clock()
        if self._more_to_drop or self._seconds % DROP_EVERY == 0:
            self._drop()

    def _watchdog(self) -> None:
        """Say that we are alive, but not while the journal keeps somebody waiting."""
        patience = self._settings.journal.patience.total_seconds() * 1e9
        if self._committer.oldest_ns() < patience:
            self._notifier.alive()

    def _look_at_kernel_clock(self) -> None:
        self._note_clock(self._wall_clock.hear(self._kernel_clock()))

    def _note_clock(self, news: ClockNews | None) -> None:
        if news is None:
            return
        note: dict[str, JsonValue] = {
            "state": news.state.value,
            "step_ns": news.step_ns,
            "offset_ns": news.offset_ns,
        }
        self._log.warn("clock", state=news.state.value, step_ns=news.step_ns)
        self._diary.write(Kind.CLOCK, note)

    def _drop(self) -> None:
        journal = self._journal
        keep = self._settings.journal.keep.total_seconds()
        before = self._clock.now_ns() - int(keep * 1e9)

        def drop() -> int:
            released = read_released(released_path(self._settings.journal.path))
            return (
                0 if released is None or journal is None else journal.drop(released, before=before)
            )

        self._more_to_drop = False
        self._thread(drop).addCallbacks(self._dropped, self._not_dropped)

    def _dropped(self, count: int) -> None:
        """After a whole slice go on in the next second: a backlog must go faster than it grows."""
        self._more_to_drop = count == SLICE
        if count:
            self._log.info("dropped", entries=count)

    def _not_dropped(self, failure: Failure) -> None:
        self._log.warn("not_dropped", why=failure.getErrorMessage())

    def _started_note(self) -> dict[str, JsonValue]:
        listeners: dict[str, JsonValue] = {
            served.settings.name: {
                "receiver": served.settings.receiver,
                "group": served.settings.group,
                "mode": served.settings.mode,
                "options": dict(served.line.conversation.options),
            }
            for served in self._served
        }
        return {
            "version": _version(),
            "pid": os.getpid(),
            "boot": read_boot(),
            "listeners": listeners,
        }

    def _fault(self, failure: Failure) -> None:
        self._log.failure("daemon_fault", failure)


def compose(  # noqa: PLR0913  (what a program is made of)
    settings: Settings,
    *,
    reactor: Reactor,
    clock: Clock | None = None,
    ids: Ids | None = None,
    notifier: Notifier | None = None,
    receivers: Mapping[str, ReceiverSpec] = RECEIVERS,
    kernel_clock: Callable[[], Reading] = read_kernel_clock,
) -> Daemon:
    """Return the daemon of ``settings``, not started; real parts where none are given."""
    return Daemon(
        settings,
        reactor=reactor,
        clock=clock or SystemClock(),
        ids=ids or SystemIds(),
        notifier=notifier or Notifier({}),
        receivers=receivers,
        kernel_clock=kernel_clock,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the daemon until SIGTERM or SIGINT; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="stationd",
        description="Receive alarm signals, keep them, and only then acknowledge them.",
    )
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, help=f"settings file ({DEFAULT_PATH})"
    )
    asked = parser.parse_args(arguments)
    try:
        settings = load(asked.config)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return _run(settings)


def _run(settings: Settings) -> int:
    # Installing a reactor is for good, so only a program that will run one may.
    reactor: Any = Poller()
    installReactor(reactor)
    clock = SystemClock()
    observer: Any = JsonLog(sys.stderr, clock)
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)
    _allow_connections(settings)
    daemon = compose(settings, reactor=reactor, clock=clock, notifier=Notifier(os.environ))
    return serve(daemon, reactor)


def serve(daemon: Daemon, reactor: Any) -> int:  # noqa: ANN401  (Twisted's)
    """Run ``daemon`` until a signal or a broken journal ends it; return the exit code."""
    ended: list[int] = []

    def stop(cause: str, code: int) -> None:
        if not ended:
            ended.append(code)
            # A disk that hangs must not keep us: what waits is unacknowledged and comes again.
            reactor.callLater(STOP_SECONDS, reactor.crash)
            daemon.stop(cause).addBoth(lambda _: reactor.callLater(0, reactor.stop))

    def on_signal(number: int, _frame: object) -> None:
        cause = f"signal {signal.Signals(number).name.removeprefix('SIG')}"
        reactor.callFromThread(stop, cause, 0)

    def begin() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, on_signal)
        starting: Deferred[None] = daemon.start()
        starting.addCallback(lambda _: _leave_to_itself())
        starting.addErrback(lambda failure: stop(failure.getErrorMessage(), 1))

    reactor.callWhenRunning(begin)
    reactor.run(installSignalHandlers=False)
    return ended[0] if ended else 1


def _allow_connections(settings: Settings) -> None:
    """Use as many open files as the system lets us: each connection is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    callers = [one.max_connections for one in settings.listeners if isinstance(one, TcpListener)]
    needed = sum(callers) + OTHER_FILES
    if needed > most:
        Logger().warn(
            "few_open_files",
            allowed=most,
            needed=needed,
            helps="a lower max_connections, or a higher LimitNOFILE of the service",
        )


def _leave_to_itself() -> None:
    """Let the collector pass over what will stay: modules, settings and the roster.

    What a frame leaves behind is freed without it; looking through everything else again and
    again would hold up signals for nothing.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def _version() -> str:
    try:
        return version("stationd")
    except PackageNotFoundError:
        return "unknown"


if __name__ == "__main__":
    sys.exit(main())
