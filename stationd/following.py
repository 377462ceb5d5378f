"""The follower's thread: what the journal has is taken over within a second.

It does nothing else, so that no bundle, case or archive can hold it up.
"""

import logging
import threading
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from receivers.own_codes import NO_OWN_CODES, OwnCodes
from stationd.desk import Desk
from stationd.errors import DatabaseUnavailableError, JournalBrokenError, StationdError
from stationd.follower.key_watch import KeyWatch
from stationd.follower.model import AccountsOf
from stationd.follower.service import follow, note_reached
from stationd.journal.reader import JournalReader
from stationd.logs import note
from stationd.roster.model import Roster
from stationd.roster.service import read_roster
from stationd.schedule.checks import Check, record_check
from stationd.sealing import Sealer
from stationd.settings import Settings

__all__ = ["Following"]

_LONGEST_PAUSE = 10.0
_TELL_EVERY_NS = 10 * 10**9

_log = logging.getLogger("stationd.worker")


class Following(threading.Thread):
    """The follower's thread: takes over what the journal has, as soon as it is there."""

    def __init__(
        self, desk: Desk, settings: Settings, sealer: Sealer, own: OwnCodes = NO_OWN_CODES
    ) -> None:
        super().__init__(name="follower", daemon=True)
        self._desk = desk
        self._node = settings.station.node
        self._reader = JournalReader(settings.journal.path)
        # A fifth of the longest wait leaves time for the work itself.
        self._wait = settings.worker.follow_every.total_seconds() / 5
        self._sealer = sealer
        self._own = own
        self._zones = {one.name: ZoneInfo(one.zone) for one in settings.listeners}
        self._accounts: AccountsOf = Roster().of_group
        self._key_watch = KeyWatch()
        self._stopping = threading.Event()
        self._reread = threading.Event()
        self._reread.set()
        self.reached: tuple[str, datetime] | None = None
        self.beat = desk.clock.ticks()
        self._told_at: int | None = None

    def reread_roster(self) -> None:
        """Read the masters anew before the next entries: an account or a key has changed."""
        self._reread.set()

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until told to stop; what fails is tried again, later each time."""
        pause = self._wait
        told = ""
        while not self._stopping.wait(0 if pause == 0 else pause):
            self.beat = self._desk.clock.ticks()
            try:
                pause = 0 if self.take() else self._wait
                told = ""
            except StationdError as error:
                # Receiving goes on without us; it is looked at again, not given up.
                pause = min(max(pause, self._wait) * 2, _LONGEST_PAUSE)
                if str(error) != told:
                    told = str(error)
                    self._tell(error)
            except Exception:  # noqa: BLE001  (logged; the thread must outlive it)
                pause = _LONGEST_PAUSE
                _log.exception("following failed")
        self._reader.close()

    def take(self) -> int:
        """Take the next entries; return how many."""
        if self._reread.is_set():
            self._read_roster()
        before = self._desk.clock.now()
        taken = follow(
            self._desk,
            self._reader,
            node=self._node,
            accounts=self._accounts,
            key_watch=self._key_watch,
            own=self._own,
            zones=self._zones,
        )
        if taken == 0:
            self.reached = (self._reader.id, before)
            self._tell_reached(*self.reached)
        return taken

    def _read_roster(self) -> None:
        """Read the masters; what fails is read before the next try, for no frame goes without."""
        self._reread.clear()
        try:
            with self._desk.database.reading() as connection:
                self._accounts = read_roster(connection, self._sealer).of_group
        except BaseException:
            self._reread.set()
            raise
        self._key_watch = KeyWatch()

    def _tell_reached(self, journal: str, at: datetime) -> None:
        """Note for the workers of other nodes that nothing waits here, every so often."""
        now = self._desk.clock.ticks()
        if self._told_at is None or now - self._told_at >= _TELL_EVERY_NS:
            note_reached(self._desk, journal, self._node, at)
            self._told_at = now

    def _tell(self, error: StationdError) -> None:
        broken = isinstance(error, JournalBrokenError)
        note(_log.error if broken else _log.warning, "not following", why=str(error))
        if broken:
            with suppress(DatabaseUnavailableError):
                self._record(str(error))

    def _record(self, why: str) -> None:
        now = self._desk.clock.now()
        check = Check(name=f"journal {self._node}", outcome="failed", detail=why, at=now)
        with self._desk.database.writing() as connection:
            record_check(connection, check)
