"""What the acting worker does of the rounds: it gives the due ones to a child, one at a time.

It is a process of its own, so that a long report delays neither a checkpoint nor a case.  When a
round is due, and what came of it, are rows (`stationd.schedule`).
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from stationd.assistant import Assistant
from stationd.desk import Desk
from stationd.jobs import ROUNDS
from stationd.logs import note
from stationd.schedule.rounds import Round
from stationd.schedule.service import due_rounds, fail
from stationd.settings import Settings

__all__ = ["Rounds"]

_LOOK_EVERY = timedelta(seconds=1)

_log = logging.getLogger("stationd.worker")


class Rounds:
    """The child that makes rounds, and the one it makes now; for one thread."""

    def __init__(
        self, desk: Desk, settings: Settings, *, config: Path, woken: Callable[[], None]
    ) -> None:
        self._desk = desk
        self._zone = ZoneInfo(settings.worker.zone)
        self._assistant = Assistant(config, woken, desk.clock)
        self._given: Round | None = None
        self._next = 0

    def stop(self) -> None:
        """End the child; a round that it was on is still due."""
        self._assistant.stop()

    def look(self) -> None:
        """Give the child the round that has waited longest, if it has none."""
        fallen = self._assistant.fallen()
        if fallen is not None and self._given is not None:
            # It may be the round that ends it; the others must not wait for that one.
            note(_log.error, "round ended early", round=self._given.name, code=fallen.code)
            fail(self._desk, self._given, f"its process ended with code {fallen.code}; see the log")
        if not self._assistant.free or self._desk.clock.ticks() < self._next:
            return
        self._next = self._desk.clock.ticks() + _LOOK_EVERY // timedelta(microseconds=1) * 1000
        due = due_rounds(self._desk, (job.round for job in ROUNDS.values()), self._zone)
        if due:
            self._given = due[0]
            self._assistant.give("round", due[0].name)
