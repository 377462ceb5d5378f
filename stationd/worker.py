"""The worker: follows the journal, and does what is due.

Two threads.  The *follower* takes entries over within a second, and does nothing else.  The main
thread *acts*, while this worker holds the lease (`stationd.acting`); orders are worked on in a
child process (`stationd.assisting`).

Everything that matters is a row, so the worker may be killed anywhere: the next one goes on.
"""

import argparse
import fcntl
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

from archive.errors import ArchiveError
from stationd import parts
from stationd.acting import Acting
from stationd.assisting import assist, become_child
from stationd.clock import SystemClock
from stationd.db.revision import check_revision
from stationd.desk import Desk, open_desk
from stationd.errors import (
    DatabaseUnavailableError,
    SettingsError,
    StationdError,
    UnavailableError,
)
from stationd.following import Following
from stationd.ids import SystemIds
from stationd.logs import log_to, note
from stationd.net.notify import Notifier
from stationd.settings import DEFAULT_PATH, Settings, load

__all__ = ["main"]

_TICK = 0.25
_LONGEST_PAUSE = 10.0

_log = logging.getLogger("stationd.worker")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the worker until SIGTERM or SIGINT; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="stationd-worker", description="Follow the journal, and do what is due."
    )
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, help=f"settings file ({DEFAULT_PATH})"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--order", metavar="ID", help="work on one prepared order, and end")
    only.add_argument("--reverify", metavar="ID", help="read one bundle back, and end")
    only.add_argument("--upkeep", action="store_true", help="look after the archive, and end")
    only.add_argument("--tasks", action="store_true", help="do the tasks of standard input")
    parser.add_argument("--parent", type=int, default=os.getppid(), help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    clock = SystemClock()
    log_to(sys.stderr, _log, clock)
    try:
        settings = load(asked.config)
        desk = open_desk(settings, clock=clock, ids=SystemIds())
        if asked.order or asked.reverify or asked.upkeep or asked.tasks:
            return _assist(settings, desk, asked)
        return _serve(settings, desk, asked.config)
    except (StationdError, ArchiveError, OSError) as error:
        sys.stderr.write(f"{_told(error)}\n")
        return error.exit_code if isinstance(error, StationdError) else SettingsError.exit_code


def _told(error: Exception) -> str:
    """Return what an exception says; of the machine's own, the place and what helps too."""
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"{error.filename or 'The machine'}: {error.strerror or error}. stationd-worker must be "
        "able to read its keys and to write its folders; look at their owner, mode and free space."
    )


def _assist(settings: Settings, desk: Desk, asked: argparse.Namespace) -> int:
    """Work for the worker that started us, and end with it if it ends."""
    if become_child(asked.parent):
        assist(settings, desk, _tasks(asked))
    return 0


def _tasks(asked: argparse.Namespace) -> Iterable[str]:
    if asked.order:
        return [f"order {asked.order}"]
    if asked.reverify:
        return [f"reverify {asked.reverify}"]
    return ["upkeep"] if asked.upkeep else sys.stdin


def _serve(settings: Settings, desk: Desk, config: Path) -> int:
    notifier = Notifier(os.environ)
    # A fault in the file of own codes is told before anything is begun.
    own = parts.own_codes(settings)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with _only_one(settings):
        if not _wait_for_database(desk, stopping):
            return 0
        sealer = parts.sealer(settings)
        _spare_memory()
        following = Following(desk, settings, sealer, own)
        acting = Acting(desk, settings, following=following, config=config, sealer=sealer)
        following.start()
        acting.alarm.start()
        notifier.ready()
        note(_log.info, "started", node=settings.station.node, pid=os.getpid())
        try:
            _loop(acting, following, stopping, notifier)
        finally:
            notifier.stopping()
            acting.alarm.stop()
            following.stop()
            acting.stop()
            following.join(timeout=10)
            note(_log.info, "stopped")
    return 0


def _spare_memory() -> None:
    """Look for garbage seldom: what one batch of entries makes is no garbage until its end.

    With Python's own thresholds the follower spends a third of its time looking.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def _loop(
    acting: Acting, following: Following, stopping: threading.Event, notifier: Notifier
) -> None:
    """Look again and again; what fails is logged once and tried again, later each time."""
    pause, told, leads = _TICK, "", None
    while not stopping.is_set():
        try:
            now_leads = acting.look()
            pause, told = _TICK, ""
            if now_leads is not leads:
                leads = now_leads
                note(_log.info, "acting" if leads else "standing by: another worker acts")
        except UnavailableError as error:
            pause = min(pause * 2, _LONGEST_PAUSE)
            if str(error) != told:
                told = str(error)
                note(_log.warning, "waiting", why=told)
        except Exception:  # noqa: BLE001  (logged)
            # The loop must go on: signals are followed and other cases are due.
            pause = _LONGEST_PAUSE
            _log.exception("a look failed")
        if following.is_alive():
            notifier.alive()
        _rest(acting.woken, stopping, pause)


def _rest(woken: threading.Event, stopping: threading.Event, pause: float) -> None:
    """Wait until woken, told to stop, or it is time; a stop is seen within a tick."""
    waited = 0.0
    while waited < pause and not stopping.is_set() and not woken.wait(min(_TICK, pause)):
        waited += _TICK


def _wait_for_database(desk: Desk, stopping: threading.Event) -> bool:
    """Wait until the database answers and is of our revision; False: told to stop."""
    pause = 1.0
    while True:
        try:
            check_revision(desk.database)
        except DatabaseUnavailableError as error:
            note(_log.warning, "waiting", why=str(error))
            if stopping.wait(pause):
                return False
            pause = min(pause * 2, _LONGEST_PAUSE)
        else:
            return True


def _lock_path(settings: Settings) -> Path:
    if settings.archive is not None:
        return settings.archive.sealed.parent / "worker.lock"
    return settings.journal.path.parent / "worker.lock"


class _only_one:  # noqa: N801  (reads as a statement)
    """Hold this node's lock file; raise `UnavailableError` where another worker runs here."""

    def __init__(self, settings: Settings) -> None:
        self._path = _lock_path(settings)
        self._file: IO[str] | None = None

    def __enter__(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            msg = f"Another stationd-worker runs on this machine: it holds {self._path}."
            raise UnavailableError(msg) from None

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


if __name__ == "__main__":
    sys.exit(main())
