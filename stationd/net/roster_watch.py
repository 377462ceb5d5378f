"""Loads the roster's file when it changes, and keeps the last good one."""

from collections.abc import Callable
from pathlib import Path

from twisted.logger import Logger
from twisted.python.failure import Failure

from receivers.session import Account, Accounts
from stationd.net.thread import InThread
from stationd.roster.file import read
from stationd.roster.model import Roster
from stationd.sealing import load_sealer

__all__ = ["RosterWatch"]

LOOKS_UNTIL_AGAIN = 30
"""Looks after which a file that could not be read is tried again: its key may be there by then."""


class RosterWatch:
    """The roster in force.  It is read in a thread: opening sealed keys takes its time."""

    _log = Logger()

    def __init__(self, path: Path, key: Path, *, in_thread: InThread) -> None:
        self._path = path
        self._key = key
        self._in_thread = in_thread
        self._roster = Roster()
        self._find = self._roster.accounts.get
        self._seen: tuple[int, int, int] | None = None
        self._busy = False
        self._tell: Callable[[Roster], None] = lambda _: None
        self._why = ""
        self._waits = 0
        self._is_read = False

    @property
    def roster(self) -> Roster:
        """The roster in force."""
        return self._roster

    def is_read(self) -> bool:
        """Tell whether there is a roster: until one was read, every number looks unknown."""
        return self._is_read

    def on_change(self, tell: Callable[[Roster], None]) -> None:
        """Call ``tell`` with each roster from when it is in force."""
        self._tell = tell

    def of_group(self, group: str) -> Accounts:
        """Return the look-up of one receiver group, in whatever roster is in force then."""

        def find(number: str) -> Account | None:
            return self._find((group, number))

        return find

    def load_now(self) -> None:
        """Read the file here, before anything is received."""
        self._seen = self._stamp()
        if self._seen is not None:
            try:
                self._loaded(self._read())
            except Exception as error:  # noqa: BLE001  (the daemon starts without a roster)
                self._not_loaded(Failure(error))

    def look(self) -> None:
        """Read the file where it is another than the last one looked at."""
        stamp = self._stamp()
        if self._why and stamp == self._seen:
            self._waits -= 1
        if self._busy or stamp is None or (stamp == self._seen and not self._due()):
            return
        self._seen = stamp
        self._busy = True
        self._in_thread(self._read).addCallbacks(self._loaded, self._not_loaded)

    def _due(self) -> bool:
        return bool(self._why) and self._waits <= 0

    def _read(self) -> Roster:
        return read(self._path, load_sealer(self._key))

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _loaded(self, roster: Roster) -> None:
        self._busy = False
        self._why = ""
        self._roster, self._find = roster, roster.accounts.get
        self._is_read = True
        self._log.info("roster_loaded", accounts=len(roster))
        self._tell(roster)

    def _not_loaded(self, failure: Failure) -> None:
        self._busy = False
        self._waits = LOOKS_UNTIL_AGAIN
        before, self._why = self._why, failure.getErrorMessage() or "unknown"
        if self._why != before:
            self._log.error("roster_not_loaded", why=self._why, accounts_kept=len(self._roster))
