"""What was recorded around each alarm, duress or medical signal, cut out while records pass.

A window begins some minutes before its first such signal and ends some minutes after its last.
Memory is bounded: so many windows, so many rows in each, and what is more is counted.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["AFTER", "BEFORE", "INCIDENT_CLASSES", "Window", "Windows"]

INCIDENT_CLASSES = frozenset({"alarm", "duress", "medical"})
BEFORE, AFTER = timedelta(minutes=10), timedelta(minutes=30)
_WINDOWS, _ROWS, _RECENT = 60, 60, 12


@dataclass(slots=True)
class Window:
    """The records around one incident; ``more`` of them are in the files only.

    ``earlier``: so are some of those before its first signal.
    """

    begin: str
    until: str
    first: Mapping[str, Any]
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    signals: int = 0
    more: int = 0
    earlier: bool = False
    last: str = ""


class Windows:
    """The windows of a history, in order; ``more`` incidents have none."""

    def __init__(self) -> None:
        self.windows: list[Window] = []
        self.more = 0
        self._open: Window | None = None
        self._skip = self._minute = ""
        self._recent: deque[tuple[str, Mapping[str, Any]]] = deque(maxlen=_RECENT + 1)

    def add(self, fields: Mapping[str, Any], time: str, *, incident: bool) -> None:
        """Take the next record; ``incident`` tells whether a window is kept around it."""
        window = self._open
        if window is not None and not window.begin <= time <= window.until:
            window = self._open = None
        if incident:
            window = self._reached(window, fields, time)
        if window is not None:
            self._keep(window, fields)
        self._recent.append((time, fields))

    def _reached(
        self, window: Window | None, fields: Mapping[str, Any], time: str
    ) -> Window | None:
        if window is not None:
            window.signals += 1
            # Within the same minute the end would hardly move.
            if time[:16] != window.last[:16]:
                window.until = _shifted(time, AFTER)
            window.last = time
            return window
        if len(self.windows) >= _WINDOWS:
            self._count_more(time)
            return None
        begin = _shifted(time, -BEFORE)
        window = Window(begin, _shifted(time, AFTER), fields, signals=1, last=time)
        before = [row for at, row in self._recent if begin <= at <= time]
        window.earlier = len(before) > _RECENT
        window.rows += before[-_RECENT:]
        self.windows.append(window)
        self._open = window
        return window

    def _count_more(self, time: str) -> None:
        """Count an incident beyond the last window, as windows would have been counted."""
        if not self._skip or time > self._skip:
            self.more += 1
        if time[:16] != self._minute:
            self._minute = time[:16]
            self._skip = _shifted(time, AFTER)

    @staticmethod
    def _keep(window: Window, fields: Mapping[str, Any]) -> None:
        if len(window.rows) < _ROWS:
            window.rows.append(fields)
        else:
            window.more += 1


def _shifted(time: str, by: timedelta) -> str:
    """Return a record's time moved by some minutes, in the same form."""
    try:
        at = datetime.fromisoformat(time).astimezone(UTC) + by
    except (ValueError, OverflowError):
        return time
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"
