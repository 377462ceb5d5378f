"""The worker: follows the journal, and does what is due.

Two threads.  The *follower* takes entries over within a second, and does nothing else.  The main
thread *acts*, while this worker holds the lease: checkpoints, the roster's file, due steps of
cases, bundle orders.  Orders are worked on in a child process with its own interpreter and lower
priority, so that a large bundle delays no signal; it tells through rows how far it is.

Everything that matters is a row, so the worker may be killed anywhere: the next one goes on.
"""

import argparse
import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from archive.authorities.base import Authority
from archive.errors import ArchiveError, StoreUnavailableError
from stationd import parts
from stationd.bundles import store as bundles
from stationd.bundles.attempts import (
    attempt,
    note_trouble,
    reverify,
    sentence,
    take_order,
)
from stationd.bundles.model import Order
from stationd.bundles.upkeep import extend_locks, show_holds
from stationd.bundles.work import Retention, Workshop, prepare
from stationd.cases import due
from stationd.cases import store as cases
from stationd.cases.effects import CLOSING, EVALUATE, EXTEND
from stationd.clock import SystemClock, parse_iso
from stationd.db.engine import Connection
from stationd.db.revision import check_revision
from stationd.desk import Desk, open_desk
from stationd.errors import (
    DatabaseUnavailableError,
    SettingsError,
    StationdError,
    UnavailableError,
)
from stationd.follower import retiring
from stationd.following import Following
from stationd.ids import SystemIds
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.logs import log_to, note
from stationd.net.notify import Notifier
from stationd.roster.service import publish
from stationd.schedule.alarm_clock import AlarmClock
from stationd.schedule.checks import ARCHIVE, Check, read_check, record_check
from stationd.schedule.store import (
    Due,
    next_due,
    read_due,
    record_done,
    release_lease,
    take_lease,
)
from stationd.sealing import Sealer
from stationd.settings import DEFAULT_PATH, Settings, load

__all__ = ["Acting", "main", "upkeep", "workshop"]

LEASE = "worker"

_LEASE_LENGTH = timedelta(seconds=30)
_TICK = 0.25
_ROSTER_EVERY = timedelta(seconds=2)
_ASK_AGAIN = timedelta(seconds=10)
_FAR = datetime.max.replace(tzinfo=UTC)
_REVERIFY_REST = timedelta(days=90)
_UPKEEP_EVERY = timedelta(hours=1)
_LONGEST_PAUSE = 10.0
_NICE = 10
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

_log = logging.getLogger("stationd.worker")


# --- Acting ---


@dataclass(slots=True)
class _Child:
    """A process that works on one order, or looks after what is stored."""

    process: "subprocess.Popen[bytes]"
    order_id: str | None


class Acting:
    """What one worker at a time does: checkpoints, due steps, orders."""

    def __init__(
        self,
        desk: Desk,
        settings: Settings,
        *,
        following: Following,
        config: Path,
        sealer: Sealer,
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._following = following
        self._config = config
        self._sealer = sealer
        self._log_key = parts.log_key(settings)
        self._holder = settings.station.node
        self._tree: LedgerTree | None = None
        self._child: _Child | None = None
        self._leased_until = datetime.min.replace(tzinfo=UTC)
        self._next: dict[str, datetime] = {}
        self._looked_after = self._leased_until
        self._roster = ""
        self.woken = threading.Event()
        self.alarm = AlarmClock(self.woken.set, every=settings.worker.wake_every)

    # --- One look ---

    def look(self) -> bool:
        """Do all that can be done now; tell whether this worker has the lease."""
        if not self._has_lease():
            return False
        if self._tree is None:
            self._tree = LedgerTree.load(self._desk)
        self._every("roster", _ROSTER_EVERY, self._publish_roster)
        self._every("checkpoint", self._settings.ledger.checkpoint_every, self._checkpoint)
        self._take_due_steps()
        self._seal()
        self._every("holds", _ASK_AGAIN, self._look_at_holds)
        self._work()
        return True

    def stop(self) -> None:
        """End the child and give the lease back; all else is rows."""
        if self._child is not None:
            self._child.process.terminate()
            self._child.process.wait()
        with suppress(StationdError), self._desk.database.writing() as connection:
            release_lease(connection, LEASE, self._holder)

    def _has_lease(self) -> bool:
        now = self._desk.clock.now()
        if now + _LEASE_LENGTH / 2 < self._leased_until:
            return True
        with self._desk.database.writing() as connection:
            held = take_lease(connection, LEASE, self._holder, now=now, length=_LEASE_LENGTH)
        if held:
            self._leased_until = now + _LEASE_LENGTH
        return held

    def _every(self, name: str, period: timedelta, act: Callable[[], None]) -> None:
        now = self._desk.clock.now()
        if now >= self._next.get(name, now):
            act()
            self._next[name] = now + period

    @property
    def _forest(self) -> LedgerTree:
        assert self._tree is not None  # noqa: S101  (look loads it)
        return self._tree

    def _checkpoint(self) -> None:
        n = checkpoint(
            self._desk, self._forest, origin=self._settings.ledger.origin, log_key=self._log_key
        )
        if n is not None:
            note(_log.info, "checkpoint", n=n)

    def _publish_roster(self) -> None:
        digest = publish(self._desk, self._settings.roster.path, self._sealer, self._roster)
        if digest != self._roster:
            self._roster = digest
            self._following.reread_roster()

    # --- Due steps ---

    def _take_due_steps(self) -> None:
        now = self._desk.clock.now()
        self.woken.clear()
        with self._desk.database.reading() as connection:
            found = read_due(connection, now)
            self.alarm.set(next_due(connection, now))
        if not any(one.step == EXTEND for one in found):
            self._next.pop(EXTEND, None)
        for one in found:
            outcome = self._take_due(one)
            if outcome is None:
                continue
            with self._desk.database.writing() as connection:
                record_done(connection, one, at=self._desk.clock.now(), outcome=outcome)
            note(_log.info, "due", case=one.case_id, step=one.step, outcome=outcome)

    def _take_due(self, one: Due) -> str | None:
        """Return what became of a due step; None: it stays due."""
        if one.step == EVALUATE:
            return due.evaluate_notice(self._desk, one.case_id)
        if one.step == CLOSING:
            return self._close(one)
        if one.step == EXTEND:
            # It reaches the archive, so the child of `--upkeep` does it.
            self._next.setdefault(EXTEND, self._desk.clock.now())
            return None
        return f"no program knows the step {one.step}"

    def _close(self, one: Due) -> str | None:
        """Append the close record once the archive is known to be one and journals are followed."""
        waits = self._archive_fault()
        outcome: str | None = None
        if waits is None:
            outcome, waits = due.close_account_epoch(
                self._desk,
                one.case_id,
                self._forest,
                origin=self._settings.ledger.origin,
                log_key=self._log_key,
                reached=self._reached(),
            )
        if outcome is None:
            _check(self._desk, f"closing {one.case_id}", "waits", waits)
        return outcome

    def _archive_fault(self) -> str | None:
        """Return why nothing may be closed for now; None: the archive passed its self-check."""
        if self._settings.archive is None:
            return "There is no table [archive.store]: bundles have nowhere to go."
        with self._desk.database.reading() as connection:
            found = read_check(connection, ARCHIVE)
        if found is None or found.outcome != "passed":
            told = "it has not run yet" if found is None else found.detail
            if found is not None:
                soon = max(found.at, self._looked_after) + _ASK_AGAIN
                self._next["upkeep"] = min(self._next.get("upkeep", soon), soon)
            return f"The archive's self-check has not passed: {told}"
        return None

    def _reached(self) -> list[due.Reached]:
        """Return how far each journal was followed; other nodes' by what they took last."""
        waited, _retired = retiring.journals(self._desk)
        own = self._following.reached
        return [
            due.Reached(
                journal=place.journal,
                node=place.node,
                at=max(at, own[1]) if own is not None and own[0] == place.journal else at,
            )
            for place, at in waited
        ]

    def _seal(self) -> None:
        for case in due.waiting_to_seal(self._desk):
            sealed = due.seal_covered(self._desk, case.id)
            if sealed is not None:
                note(_log.info, "sealed", case=case.id, acct=case.acct)

    # --- Orders ---

    def _work(self) -> None:
        """Collect a finished child and start the next; one at a time."""
        archive = self._settings.archive
        if archive is None or not self._collect():
            return
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            waiting = bundles.read_waiting(connection, now, self._holder)
            # Half the age at which a bundle counts as stale leaves time for trouble.
            before = now - self._desk.policies.verified_within / 2
            stale = [] if waiting else self._stale(connection, before, now)
        if min(self._next.get("upkeep", now), self._next.get(EXTEND, _FAR)) <= now:
            self._looked_after = now
            self._next["upkeep"] = now + _UPKEEP_EVERY
            if EXTEND in self._next:
                self._next[EXTEND] = now + _ASK_AGAIN
            self._start(["--upkeep"], None)
        elif waiting:
            self._begin(waiting[0])
        elif stale and take_order(self._desk, stale[0].id, self._holder):
            self._start(["--reverify", stale[0].id], stale[0].id)

    def _stale(self, connection: Connection, before: datetime, now: datetime) -> list[Order]:
        return bundles.read_stale(
            connection,
            before=before,
            rest=min(before, now - _REVERIFY_REST),
            now=now,
            holder=self._holder,
        )

    def _look_at_holds(self) -> None:
        """Let the child show a hold that was set or lifted since, at once."""
        with self._desk.database.reading() as connection:
            if bundles.read_unshown(connection):
                self._next["upkeep"] = self._desk.clock.now()

    def _begin(self, order: Order) -> None:
        if not take_order(self._desk, order.id, self._holder):
            return
        try:
            prepare(
                self._desk,
                order.id,
                self._forest,
                self._settings.ledger.origin,
                self._log_key,
                retention(self._settings),
            )
        except (ArchiveError, StationdError) as error:
            note_trouble(self._desk, order.id, error)
            return
        self._start(["--order", order.id], order.id)

    def _start(self, arguments: list[str], order_id: str | None) -> None:
        command = [sys.executable, "-m", "stationd.worker", "--config", str(self._config)]
        command += ["--parent", str(os.getpid())]
        process = subprocess.Popen([*command, *arguments])  # noqa: S603  (our own program)
        self._child = _Child(process, order_id)
        note(_log.info, "working", on=" ".join(arguments), pid=process.pid)

    def _collect(self) -> bool:
        """Return whether no child runs; one that fell over has its order noted for later."""
        child = self._child
        if child is None:
            return True
        code = child.process.poll()
        if code is None:
            return False
        self._child = None
        if code != 0:
            why = f"the process that worked on it ended with code {code}; see the log"
            note(_log.error, "work ended early", order=child.order_id or "", code=code)
            if child.order_id is not None:
                note_trouble(self._desk, child.order_id, UnavailableError(why))
        return True


# --- Composing ---


def retention(settings: Settings) -> Retention:
    """Return how long objects are locked."""
    assert settings.archive is not None  # noqa: S101  (asked only where there is one)
    return Retention(closing=settings.archive.retention, other=settings.archive.retention_other)


def workshop(settings: Settings, desk: Desk, *, authority: Authority | None = None) -> Workshop:
    """Return what orders are worked on with, as the settings say."""
    store = parts.bundle_store(settings)
    assert settings.archive is not None  # noqa: S101  (bundle_store has refused)
    sealed = settings.archive.sealed
    sealed.mkdir(parents=True, exist_ok=True)
    return Workshop(
        desk=desk,
        store=store,
        authority=authority or parts.authority(settings, desk.ids),
        seal=parts.seal(settings),
        log_public_pem=parts.log_key(settings).public_pem,
        origin=settings.ledger.origin,
        sealed=sealed,
        holder=settings.station.node,
    )


def upkeep(shop: Workshop) -> None:
    """Check the archive, show holds on objects, extend locks that closed cases ask for."""
    desk = shop.desk
    try:
        shop.store.check(now=desk.clock.now(), salt=desk.ids.identifier())
    except StoreUnavailableError as error:
        _check(desk, ARCHIVE, "unavailable", sentence(error))
        return
    except ArchiveError as error:
        _check(desk, ARCHIVE, "failed", sentence(error))
        return
    _check(desk, ARCHIVE, "passed", shop.store.name)
    with suppress(ArchiveError):
        show_holds(shop)
    with desk.database.reading() as connection:
        found = [one for one in read_due(connection, desk.clock.now()) if one.step == EXTEND]
    for one in found:
        _extend(shop, one)


def _extend(shop: Workshop, one: Due) -> None:
    """Lock all bundles of a closed case's account until its retention date."""
    with shop.desk.database.reading() as connection:
        case = cases.read_case(connection, one.case_id)
        facts = cases.read_fact_rows(connection, one.case_id)
    until = [fact.fact["retain_until"] for fact in facts if fact.kind == "retention"]
    try:
        changed = extend_locks(shop, case.acct, parse_iso(until[-1]))
    except ArchiveError as error:
        _check(shop.desk, f"locks {one.case_id}", "waits", sentence(error))
        return
    outcome = f"{changed} object(s) locked until {until[-1]}"
    with shop.desk.database.writing() as connection:
        record_done(connection, one, at=shop.desk.clock.now(), outcome=outcome)


def _check(desk: Desk, name: str, outcome: str, detail: str) -> None:
    check = Check(name=name, outcome=outcome, detail=detail, at=desk.clock.now())
    with desk.database.writing() as connection:
        record_check(connection, check)


# --- Running ---


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
    parser.add_argument("--parent", type=int, default=os.getppid(), help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    clock = SystemClock()
    log_to(sys.stderr, _log, clock)
    try:
        settings = load(asked.config)
        desk = open_desk(settings, clock=clock, ids=SystemIds())
        if asked.order or asked.reverify or asked.upkeep:
            return _assist(settings, desk, asked)
        return _serve(settings, desk, asked.config)
    except (StationdError, ArchiveError) as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if isinstance(error, StationdError) else SettingsError.exit_code


def _assist(settings: Settings, desk: Desk, asked: argparse.Namespace) -> int:
    """Do one piece of work for the worker that started us, and end with it if it ends."""
    with suppress(OSError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != asked.parent:
        # It was gone before we could ask to be told.
        return 0
    os.nice(_NICE)
    try:
        shop = workshop(settings, desk)
    except (StationdError, ArchiveError) as error:
        order_id = asked.order or asked.reverify
        if order_id is None:
            _check(desk, ARCHIVE, "failed", sentence(error))
        else:
            note_trouble(desk, order_id, error)
        return 0
    if asked.upkeep:
        upkeep(shop)
        return 0
    done = attempt(shop, asked.order) if asked.order else reverify(shop, asked.reverify)
    note(_log.info, "order", order=done.id, state=done.state.value, why=done.why)
    return 0


def _serve(settings: Settings, desk: Desk, config: Path) -> int:
    notifier = Notifier(os.environ)
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    with _only_one(settings):
        if not _wait_for_database(desk, stopping):
            return 0
        sealer = parts.sealer(settings)
        following = Following(desk, settings, sealer)
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
