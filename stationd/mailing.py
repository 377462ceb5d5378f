"""What the acting worker does of the outbox: it lets a child send what waits.

It is a process of its own, so that a slow mail server delays neither a bundle nor a case.  What
waits, and what came of it, are rows (`stationd.outbox`).
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from stationd.assistant import Assistant
from stationd.clock import Clock
from stationd.desk import Desk
from stationd.logs import note
from stationd.outbox.store import read_cut_off, read_moved_away, read_ready
from stationd.settings import Settings

__all__ = ["Mailing"]

_LOOK_EVERY = timedelta(seconds=1)
_REST = timedelta(seconds=10)

_log = logging.getLogger("stationd.worker")


class Mailing:
    """The child that sends letters; for one thread."""

    def __init__(
        self, desk: Desk, settings: Settings, *, config: Path, woken: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._holder = settings.station.node
        self._assistant = Assistant(config, woken, desk.clock)
        self._next = 0

    def stop(self) -> None:
        """End the child, whatever it does: rows say how far it came."""
        self._assistant.stop()

    def look(self) -> None:
        """Let the child send what waits, if it has nothing to do."""
        fallen = self._assistant.fallen()
        if fallen is not None:
            note(_log.error, "sending ended early", code=fallen.code)
            self._wait(_REST, self._desk.clock)
        if not self._assistant.free or self._desk.clock.ticks() < self._next:
            return
        self._wait(_LOOK_EVERY, self._desk.clock)
        now = self._desk.clock.now()
        with self._desk.database.reading() as connection:
            waits = (
                read_ready(connection, now, self._desk.letters.retry_longest)
                or read_cut_off(connection, self._holder, now - timedelta(hours=1))
                or read_moved_away(connection)
            )
        if waits:
            self._assistant.give("letters")

    def _wait(self, pause: timedelta, clock: Clock) -> None:
        self._next = clock.ticks() + pause // timedelta(microseconds=1) * 1000
