"""What one worker at a time does: checkpoints, supervision, due steps of cases, orders.

What its own `stationd` waits for, roster and released, each node's worker writes, lease or not.

One *look* does all that can be done now.  What fails in it is told, rests a while and holds up
nothing else: a case that cannot be moved must not keep forty others waiting.  Pauses are counted
in ticks, which no step of the clock touches; what is due at an instant stands in rows.

Orders are worked on in a child process (`stationd.assisting`); it tells through rows how far it is.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from archive.errors import ArchiveError
from stationd import parts
from stationd.anchors.releasing import release
from stationd.assistant import Assistant
from stationd.assisting import retention
from stationd.bundles import store as bundles
from stationd.bundles.attempts import note_trouble, sentence, take_order
from stationd.bundles.model import Kind, Order
from stationd.bundles.work import closing_checkpoint, prepare
from stationd.cases import due
from stationd.cases.effects import CLOSING, EXTEND
from stationd.db.engine import Connection
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, StationdError, UnavailableError
from stationd.follower import retiring
from stationd.following import Following
from stationd.handouts.store import read_asked
from stationd.keeping import Keeping
from stationd.ledger.checkpoints import read_count
from stationd.ledger.log_key import check_log_key
from stationd.ledger.service import LedgerTree, checkpoint
from stationd.logs import note
from stationd.mailing import Mailing
from stationd.outbox import follow
from stationd.pager import Pager
from stationd.purges.store import find_due
from stationd.rekeying import LEASE
from stationd.roster.service import publish
from stationd.rounds import Rounds
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
from stationd.settings import Settings
from stationd.supervision import service as supervision

__all__ = ["Acting"]

_LEASE_LENGTH = timedelta(seconds=30)
_ROSTER_EVERY = timedelta(seconds=2)
_UPKEEP_EVERY = timedelta(hours=1)
_HOLDS_EVERY = timedelta(seconds=2)
_EXPECT_EVERY = timedelta(hours=1)
_SCAN_EVERY = timedelta(seconds=2)
_SCAN_MOST = 2000
_REVERIFY_REST = timedelta(days=90)
_RELEASE_EVERY = timedelta(seconds=30)

# How long rests what could not be done: a due step whose guards wait, and what failed.
_WAITING = timedelta(seconds=1)
_FAILED = timedelta(seconds=10)

_log = logging.getLogger("stationd.worker")


class Acting:
    """The acts of the worker that has the lease."""

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
        self._sealer = sealer
        self._log_key = parts.log_key(settings)
        self._holder = settings.station.node
        self._tree: LedgerTree | None = None
        self._next: dict[str, int] = {}
        self._told: dict[str, tuple[str, str]] = {}
        self._roster = ""
        self.woken = threading.Event()
        self.alarm = AlarmClock(self.woken.set, every=settings.worker.wake_every)
        self._assistant = Assistant(config, self.woken.set, desk.clock)
        self._keeping = Keeping(desk, settings, config=config, woken=self.woken.set)
        self._rounds = Rounds(desk, settings, config=config, woken=self.woken.set)
        self._mailing = Mailing(desk, settings, config=config, woken=self.woken.set)
        self._pager = Pager(desk, settings, config=config, woken=self.woken.set)
        # The checkpoint from which on each order waits for a point.
        self._from: dict[str, int] = {}

    # --- One look ---

    def look(self) -> bool:
        """Do all that can be done now; tell whether this worker has the lease."""
        self._every("released", _RELEASE_EVERY, self._release)
        self._every("roster", _ROSTER_EVERY, self._publish_roster)
        if not self._has_lease():
            return False
        if self._tree is None:
            check_log_key(self._desk, self._settings.ledger.origin, self._log_key.public)
            self._tree = LedgerTree.load(self._desk)
        self._every("checkpoint", self._settings.ledger.checkpoint_every, self._checkpoint)
        self._every("expectations", _EXPECT_EVERY, self._expect)
        self._every("supervision", _SCAN_EVERY, self._scan)
        self._every("due", timedelta(), self._take_due_steps)
        self._every("seal", timedelta(), self._seal)
        self._every("holds", _HOLDS_EVERY, self._look_at_holds)
        self._every("handouts", _WAITING, self._hand_out)
        self._every("anchors", timedelta(), partial(self._keeping.look, self._forest))
        self._every("orders", timedelta(), self._work)
        self._every("rounds", timedelta(), self._rounds.look)
        self._every("letters", timedelta(), self._mailing.look)
        self._every("pages", timedelta(), self._pager.look)
        self._every("purges", _WAITING, self._purge)
        return True

    def stop(self) -> None:
        """End the child and give the lease back; all else is rows."""
        self._assistant.stop()
        self._keeping.stop()
        self._rounds.stop()
        self._mailing.stop()
        self._pager.stop()
        with suppress(StationdError), self._desk.database.writing() as connection:
            release_lease(connection, LEASE, self._holder)

    def _has_lease(self) -> bool:
        if not self._is_due("lease"):
            return True
        now = self._desk.clock.now()
        with self._desk.database.writing() as connection:
            held = take_lease(connection, LEASE, self._holder, now=now, length=_LEASE_LENGTH)
        if held:
            self._rest("lease", _LEASE_LENGTH / 2)
        return held

    def _every(self, name: str, period: timedelta, act: Callable[[], None]) -> None:
        """Act if ``period`` has passed since the last time; what fails rests for longer.

        What a lost database cut short is due at once when there is one again.
        """
        if not self._is_due(name):
            return
        self._rest(name, period)
        try:
            act()
        except DatabaseUnavailableError:
            self._rest(name, timedelta())
            raise
        except Exception as error:  # noqa: BLE001  (told; the rest of the look must go on)
            self._rest(name, max(period, _FAILED))
            self._failed(name, error)
        else:
            self._went_well(name)

    def _is_due(self, name: str) -> bool:
        return self._desk.clock.ticks() >= self._next.get(name, 0)

    def _rest(self, name: str, period: timedelta) -> None:
        self._next[name] = self._desk.clock.ticks() + period // timedelta(microseconds=1) * 1000

    def _failed(self, name: str, error: Exception) -> None:
        """Tell of a failure once, in the log and among the checks."""
        if self._tell(f"worker: {name}"[:64], "failed", sentence(error)):
            expected = isinstance(error, (StationdError, ArchiveError, OSError))
            note(_log.error, "failed", act=name, why=sentence(error))
            if not expected:
                _log.error("%s", name, exc_info=error)

    def _went_well(self, name: str) -> None:
        check = f"worker: {name}"[:64]
        if check in self._told:
            self._tell(check, "passed", "it went well again")
            del self._told[check]

    def _tell(self, name: str, outcome: str, detail: str) -> bool:
        """Record a check if it says something new; tell whether it does."""
        if self._told.get(name) == (outcome, detail):
            return False
        now = self._desk.clock.now()
        with self._desk.database.writing() as connection:
            record_check(connection, Check(name=name, outcome=outcome, detail=detail, at=now))
        self._told[name] = (outcome, detail)
        return True

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
        """Tell our own `stationd` and our follower who calls; each node's worker does this."""
        digest = publish(self._desk, self._settings.roster.path, self._sealer, self._roster)
        if digest != self._roster:
            self._roster = digest
            self._following.reread_roster()
            # Accounts or numbers have come or gone, so others are to be supervised.
            self._rest("expectations", timedelta())

    def _expect(self) -> None:
        if changed := supervision.expect_anew(self._desk):
            note(_log.info, "supervision", changed=changed)

    def _scan(self) -> None:
        if supervision.scan(self._desk, most=_SCAN_MOST) >= _SCAN_MOST:
            # The rest comes with the next look, so that cases need not wait for it.
            self._rest("supervision", timedelta())

    def _release(self) -> None:
        """Tell our own `stationd` what its journal may drop; each node's worker does this."""
        reached = self._following.reached
        if reached is None:
            return
        found = release(self._desk, self._settings.journal.path, reached[0])
        if found is not None:
            note(_log.info, "released", journal=found.journal, position=found.position)

    # --- Due steps ---

    def _take_due_steps(self) -> None:
        now = self._desk.clock.now()
        self.woken.clear()
        with self._desk.database.reading() as connection:
            found = read_due(connection, now)
            self.alarm.set(next_due(connection, now))
        if any(one.step == EXTEND for one in found):
            # It reaches the archive, so the child's upkeep does it.
            self._soon("upkeep", EXTEND)
        for one in found:
            if one.step != EXTEND:
                name = f"{one.step} of case {one.case_id}"
                self._every(name, _WAITING, partial(self._take_due, one))

    def _take_due(self, one: Due) -> None:
        """Take a due step, and note what became of it; where that is nothing, it stays due."""
        outcome: str | None = f"no program knows the step {one.step}"
        if one.step in due.STEPS:
            outcome = due.STEPS[one.step](self._desk, one.case_id)
        elif one.step in follow.STEPS:
            outcome = follow.STEPS[one.step](self._desk, one.case_id)
        elif one.step == CLOSING:
            outcome = self._close(one)
        if outcome is None:
            return
        with self._desk.database.writing() as connection:
            record_done(connection, one, at=self._desk.clock.now(), outcome=outcome)
        note(_log.info, "due", case=one.case_id, step=one.step, outcome=outcome)

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
            self._tell(f"closing {one.case_id}", "waits", waits)
        return outcome

    def _archive_fault(self) -> str | None:
        """Return why nothing may be closed for now; None: the archive passed its self-check."""
        if self._settings.archive is None:
            return "There is no table [archive.store]: bundles have nowhere to go."
        with self._desk.database.reading() as connection:
            found = read_check(connection, ARCHIVE)
        if found is None:
            return "The archive's self-check has not passed: it has not run yet"
        if found.outcome != "passed":
            self._soon("upkeep", "asked again")
            return f"The archive's self-check has not passed: {found.detail}"
        return None

    def _soon(self, name: str, why: str) -> None:
        """Let ``name`` come before its time, but for the same reason only every so often."""
        reason = f"{name}: {why}"
        if self._is_due(reason):
            self._rest(reason, _FAILED)
            self._rest(name, timedelta())

    def _reached(self) -> list[due.Reached]:
        """Return how far each journal was followed; other nodes' as their workers tell."""
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
            self._every(f"seal of case {case.id}", _WAITING, partial(self._seal_one, case.id))

    def _seal_one(self, case_id: str) -> None:
        sealed = due.seal_covered(self._desk, case_id)
        if sealed is not None:
            note(_log.info, "sealed", case=sealed.id, acct=sealed.acct)

    # --- Orders ---

    def _work(self) -> None:
        """Give the child its next task, if it has none; one at a time."""
        if self._settings.archive is None or not self._is_free():
            return
        if self._is_due("upkeep"):
            self._rest("upkeep", _UPKEEP_EVERY)
            self._assistant.give("upkeep")
            return
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            waiting = bundles.read_waiting(connection, now, self._holder)
        # All of them are asked, so that one stamp serves all that wait for it.  Closings come
        # first: the checkpoint of a `close` is theirs.
        ready = [order for order in waiting if self._ready(order)]
        if ready:
            self._begin(min(ready, key=lambda order: order.kind is not Kind.CLOSING))
            return
        # Half the age at which a bundle counts as stale leaves time for trouble.
        before = now - self._desk.policies.verified_within / 2
        with self._desk.database.reading() as connection:
            stale = self._stale(connection, before, now)
        if stale is not None and take_order(self._desk, stale.id, self._holder):
            self._assistant.give("reverify", stale.id)

    def _purge(self) -> None:
        """Let the child go on with a purge whose time to object is over."""
        if self._settings.archive is None or not self._is_free():
            return
        with self._desk.database.reading() as connection:
            due_now = find_due(connection, self._desk.clock.now())
        if due_now is not None:
            self._assistant.give("purge")

    def _is_free(self) -> bool:
        """Tell whether the child has no task; one that fell over has its order noted for later."""
        fallen = self._assistant.fallen()
        if fallen is not None:
            why = f"the process that worked on it ended with code {fallen.code}; see the log"
            note(_log.error, "work ended early", order=fallen.order_id or "", code=fallen.code)
            if fallen.order_id is not None:
                note_trouble(self._desk, fallen.order_id, UnavailableError(why))
        return self._assistant.free

    def _stale(self, connection: Connection, before: datetime, now: datetime) -> Order | None:
        return bundles.find_stale(
            connection,
            before=before,
            rest=min(before, now - _REVERIFY_REST),
            now=now,
            holder=self._holder,
        )

    def _look_at_holds(self) -> None:
        """Let the child show a hold that was set or lifted since, before anything else it has."""
        if self._settings.archive is None:
            return
        with self._desk.database.reading() as connection:
            differing = bundles.read_unshown(connection)
        if differing and self._is_free():
            self._assistant.give("holds")
            self._rest("holds", _FAILED)

    def _hand_out(self) -> None:
        """Let the child verify and hand out what somebody waits for."""
        if self._settings.archive is None or not self._is_free():
            return
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            asked = read_asked(connection, now, self._holder)
        if asked and take_order(self._desk, asked[0], self._holder):
            self._assistant.give("handout", asked[0])

    def _ready(self, order: Order) -> bool:
        """Tell whether an order can be worked on: its checkpoint must be stamped first."""
        if order.facts is not None or order.source_id is not None:
            # The checkpoint of a copy is that of its whole bundle.
            return True
        if self._point(order) is not None:
            return True
        why = self._keeping.waits()
        why = f"It waits for a time stamp. {why}" if why else ""
        if why != order.why:
            with self._desk.database.writing() as connection:
                bundles.update_order(connection, order.id, why=why)
        return False

    def _point(self, order: Order) -> int | None:
        """Return the point an order may reach to, which no other order of its chain has."""
        if order.id not in self._from:
            closing = closing_checkpoint(self._desk, order)
            self._from[order.id] = self._new_checkpoint() if closing is None else closing
        found = self._keeping.point(self._from[order.id])
        if found is not None and self._is_taken(order, found):
            self._from[order.id] = self._new_checkpoint()
            found = self._keeping.point(self._from[order.id])
        return found

    def _new_checkpoint(self) -> int:
        self._checkpoint()
        with self._desk.database.reading() as connection:
            return read_count(connection) - 1

    def _is_taken(self, order: Order, n: int) -> bool:
        with self._desk.database.reading() as connection:
            others = bundles.read_orders(connection, acct=order.acct)
        return any((one.epoch, one.checkpoint) == (order.epoch, n) for one in others)

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
                at=None if order.source_id is not None else self._point(order),
            )
            self._from.pop(order.id, None)
        except DatabaseUnavailableError:
            raise
        except (ArchiveError, StationdError) as error:
            note_trouble(self._desk, order.id, error)
            return
        self._assistant.give("order", order.id)
