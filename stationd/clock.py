"""Time: the only way to ask for it, and a clock that tests hold in their hands."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

__all__ = ["Clock", "SetClock", "SystemClock", "from_ns", "iso", "parse_iso", "to_ns"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """What tells the time; the only way to ask for it."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC; may step back."""

    def now_ns(self) -> int:
        """Return the present moment as nanoseconds since 1970, UTC; may step back."""

    def ticks(self) -> int:
        """Return nanoseconds that only ever grow while the machine runs."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)

    def now_ns(self) -> int:
        """Return the present moment as nanoseconds since 1970, UTC."""
        return time.time_ns()

    def ticks(self) -> int:
        """Return the machine's monotonic nanoseconds."""
        return time.monotonic_ns()


class SetClock:
    """A clock that stands still until told: time passes, or an administrator sets it."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)
        self._ticks = 0

    def now(self) -> datetime:
        """Return the moment set."""
        return self._now

    def now_ns(self) -> int:
        """Return the moment set, as nanoseconds since 1970."""
        return to_ns(self._now)

    def ticks(self) -> int:
        """Return the nanoseconds that have passed, steps not counted."""
        return self._ticks

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self._now += by
        self._ticks += by // timedelta(microseconds=1) * 1000

    def step(self, by: timedelta) -> None:
        """Set the clock forward or back; no time passes."""
        self._now += by


def to_ns(moment: datetime) -> int:
    """Return an aware moment as nanoseconds since 1970, UTC, exact to the microsecond."""
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def from_ns(nanoseconds: int) -> datetime:
    """Return the aware UTC moment of ``nanoseconds`` since 1970, cut to the microsecond."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


def iso(moment: datetime) -> str:
    """Return ``YYYY-MM-DDThh:mm:ss.ffffffZ``, always six digits, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> datetime:
    """Return the moment that `iso` wrote, or raise `ValueError`."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
