"""Which frames came before, and what is known of panels: bounded, and shared by sessions."""

from datetime import datetime, timedelta
from typing import Generic, TypeVar

__all__ = ["Recent", "Repeats"]

Value = TypeVar("Value")


class Repeats:
    """Remember frames that were answered, for ``span``, at most about ``limit`` of them.

    Two halves take turns: when the newer is full or old it becomes the older, and the older is
    dropped.  So nothing has to be swept, and memory stays bounded under a flood.
    """

    def __init__(self, *, span: timedelta, limit: int) -> None:
        self._span = span
        self._half = limit // 2
        self._newer: dict[bytes, datetime] = {}
        self._older: dict[bytes, datetime] = {}
        self._turn: datetime | None = None

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def remember(self, raw: bytes, at: datetime) -> None:
        """Take note of ``raw``, received ``at``."""
        if self._turn is None or at >= self._turn or len(self._newer) >= self._half:
            self._older, self._newer = self._newer, {}
            self._turn = at + self._span
        self._newer[raw] = at

    def last(self, raw: bytes) -> datetime | None:
        """Return when ``raw`` came before, as far as it is remembered."""
        return self._newer.get(raw) or self._older.get(raw)


class Recent(Generic[Value]):
    """Remember a value by number, of at most ``limit`` numbers: those that were set last."""

    def __init__(self, *, limit: int) -> None:
        self._half = limit // 2
        self._newer: dict[bytes, Value] = {}
        self._older: dict[bytes, Value] = {}

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def get(self, number: bytes) -> Value | None:
        """Return what is remembered of ``number``."""
        found = self._newer.get(number)
        return self._older.get(number) if found is None else found

    def put(self, number: bytes, value: Value) -> None:
        """Remember ``value`` of ``number``."""
        if len(self._newer) >= self._half and number not in self._newer:
            self._older, self._newer = self._newer, {}
        self._newer[number] = value

    def drop(self, number: bytes) -> None:
        """Forget ``number``."""
        self._newer.pop(number, None)
        self._older.pop(number, None)
