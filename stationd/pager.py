"""What the acting worker does of pages: it sees what is so, and lets a child tell it.

A mail server that does not answer must delay neither a checkpoint nor a case, so what reaches a
network is a process of its own.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from stationd.assistant import Assistant
from stationd.clearances import service as clearances
from stationd.desk import Desk
from stationd.hooks import service
from stationd.logs import note
from stationd.settings import Settings

__all__ = ["Pager"]

_LOOK_EVERY = timedelta(seconds=5)
_FAILED = timedelta(seconds=60)

_log = logging.getLogger("stationd.worker")


class Pager:
    """The child that tells, and when it is given something; for one thread."""

    def __init__(
        self, desk: Desk, settings: Settings, *, config: Path, woken: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._assistant = Assistant(config, woken, desk.clock)
        self._next = 0
        self._clear_next = 0

    def stop(self) -> None:
        """End the child; what it had not told yet still waits in rows."""
        self._assistant.stop()

    def look(self) -> None:
        """Begin and end pages, and give the child what is to be told."""
        fallen = self._assistant.fallen()
        if fallen is not None:
            note(_log.error, "telling ended early", code=fallen.code)
        ticks = self._desk.clock.ticks()
        if ticks < self._next:
            return
        self._next = ticks + _LOOK_EVERY // timedelta(microseconds=1) * 1000
        service.watch(self._desk, self._settings.hooks, self._settings.paging.repeat)
        if not self._assistant.free:
            return
        clears = ticks >= self._clear_next and clearances.is_missing(self._desk)
        if clears:
            # If it cannot be made, there is a pause; a key may be put right meanwhile.
            self._clear_next = ticks + _FAILED // timedelta(microseconds=1) * 1000
        if clears or service.is_waiting(self._desk):
            self._assistant.give("pages")
