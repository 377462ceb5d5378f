"""The alarm clock: APScheduler, used to wake somebody and for nothing else.

It never acts and it remembers nothing that matters: due instants are rows, read anew at each look.
Its jobs live in memory and may be lost at any time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger
from apscheduler.triggers.interval import IntervalTrigger

__all__ = ["AlarmClock"]

_NEXT = "next"
_DEFAULTS = {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


class AlarmClock:
    """Calls ``wake`` every so often, and at one instant that can be set."""

    def __init__(self, wake: Callable[[], None], *, every: timedelta) -> None:
        self._wake = wake
        self._instant: datetime | None = None
        self._scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults=_DEFAULTS,
            timezone="UTC",
        )
        self._scheduler.add_job(wake, IntervalTrigger(seconds=every.total_seconds()))

    def start(self) -> None:
        """Begin; the first look is the caller's own."""
        self._scheduler.start()

    def set(self, instant: datetime | None) -> None:
        """Wake at ``instant`` as well; None: at no instant.  The one before is forgotten."""
        if instant == self._instant:
            return
        self._instant = instant
        if instant is None:
            if self._scheduler.get_job(_NEXT) is not None:
                self._scheduler.remove_job(_NEXT)
            return
        self._scheduler.add_job(
            self._wake, DateTrigger(instant), id=_NEXT, replace_existing=True, **_DEFAULTS
        )

    def stop(self) -> None:
        """End; no ring comes after."""
        # Its thread may be about to ring: with the jobs gone under their lock, it is not.
        self._scheduler.pause()
        self._scheduler.remove_all_jobs()
        self._scheduler.shutdown(wait=True)
