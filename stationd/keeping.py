"""What the acting worker's second child does: it keeps the ledger's anchors, and audits it.

It is a process of its own, so that an authority that does not answer, or a large bundle, delays
neither a checkpoint nor an anchor.  What is to be stamped is begun here, in the thread that makes
checkpoints.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from stationd import parts
from stationd.anchors import store as anchors
from stationd.anchors.due import is_due, trouble
from stationd.anchors.model import Progress
from stationd.anchors.service import begin
from stationd.assistant import Assistant
from stationd.desk import Desk
from stationd.ledger.service import LedgerTree
from stationd.logs import note
from stationd.schedule.checks import ANCHORING, Check, read_check, record_check
from stationd.settings import Settings

__all__ = ["LATE", "Keeping"]

LATE = "anchors"
"""The check that fails when stamps are late."""

_LOOK_EVERY = timedelta(seconds=1)
_RETRY = timedelta(seconds=30)
_TELL_EVERY = timedelta(seconds=10)
_AUDIT_EVERY = timedelta(seconds=20)

_log = logging.getLogger("stationd.worker")


class Keeping:
    """The second child, and what it is given to do; for one thread."""

    def __init__(
        self, desk: Desk, settings: Settings, *, config: Path, woken: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._assistant = Assistant(config, woken, desk.clock)
        self._wanted: int | None = None
        self._next: dict[str, int] = {}
        self._told = ""
        self._started = False

    def stop(self) -> None:
        """End the child; all it did is rows."""
        self._assistant.stop()

    def point(self, wanted: int) -> int | None:
        """Return the first point from checkpoint ``wanted`` on; None: it is asked for at once."""
        with self._desk.database.reading() as connection:
            found = anchors.find_point(connection, wanted)
        if found is None and (self._wanted is None or self._wanted < wanted):
            self._wanted = wanted
            # What is waited for is not held up by a try that failed before.
            self._next.pop("anchor", None)
        return found

    def waits(self) -> str:
        """Return why nobody has stamped yet; empty: it was not tried, or went well."""
        with self._desk.database.reading() as connection:
            found = read_check(connection, ANCHORING)
        return "" if found is None or found.outcome == "passed" else found.detail

    def look(self, tree: LedgerTree) -> None:
        """Give the child what is to be done now."""
        fallen = self._assistant.fallen()
        if fallen is not None:
            note(_log.error, "keeping ended early", code=fallen.code)
        if self._settings.archive is None or not self._is_due("look"):
            return
        self._rest("look", min(_LOOK_EVERY, self._settings.ledger.anchor_every))
        with self._desk.database.reading() as connection:
            progress = anchors.read_progress(connection)
        self._tell(progress)
        if self._assistant.free and self._is_due("anchor"):
            self._anchor(tree, progress)
        if self._assistant.free and self._is_due("audit"):
            self._audit()

    def _anchor(self, tree: LedgerTree, progress: Progress) -> None:
        every = self._settings.ledger.anchor_every
        now = self._desk.clock.now()
        if is_due(progress, now=now, every=every, wanted=self._wanted):
            n = begin(self._desk, tree, parts.states(self._settings))
            note(_log.info, "anchoring", n="none" if n is None else n)
        elif progress.unstored is None:
            return
        # Until this is over the child is busy; if it fails, there is a pause.
        self._rest("anchor", min(_RETRY, every))
        self._assistant.give("anchor")

    def _audit(self) -> None:
        """Let a slice of the ledger be hashed again; first what came since the last checkpoint."""
        rate = self._settings.ledger.audit_rate
        self._rest("audit", _AUDIT_EVERY)
        if not self._started:
            self._started = True
            self._assistant.give("audit", "new")
        elif rate:
            self._assistant.give("audit", str(rate * int(_AUDIT_EVERY.total_seconds())))

    def _tell(self, progress: Progress) -> None:
        """Raise the alarm when stamps are late, and take it back when they are not."""
        if not self._is_due("tell"):
            return
        self._rest("tell", min(_TELL_EVERY, self._settings.ledger.anchor_late))
        now = self._desk.clock.now()
        late = trouble(progress, now=now, late_after=self._settings.ledger.anchor_late)
        last = "none yet" if progress.good is None else f"checkpoint {progress.good[0]}"
        detail = late or f"stamped in time: {last}"
        if detail == self._told:
            return
        self._told = detail
        if late is not None:
            note(_log.error, "anchors late", why=late)
        check = Check(
            name=LATE, outcome="failed" if late is not None else "passed", detail=detail, at=now
        )
        with self._desk.database.writing() as connection:
            record_check(connection, check)

    def _is_due(self, name: str) -> bool:
        return self._desk.clock.ticks() >= self._next.get(name, 0)

    def _rest(self, name: str, period: timedelta) -> None:
        self._next[name] = self._desk.clock.ticks() + period // timedelta(microseconds=1) * 1000
