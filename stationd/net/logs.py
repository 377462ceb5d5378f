"""Logs: one JSON object a line.

The format text of a log call is the event's name; its fields go into the object where they are
text, numbers or truth values.  Payloads are never given to the log, so none can be in it.
"""

import json
from collections.abc import Mapping
from typing import Any, TextIO

from twisted.logger import ILogObserver, LogLevel
from zope.interface import implementer

from stationd.clock import Clock, iso

__all__ = ["JsonLog"]

# A module run with -m is called __main__.
_OURS = ("stationd", "__main__")


@implementer(ILogObserver)
class JsonLog:
    """Writes what `twisted.logger` reports as JSON lines to ``stream``."""

    def __init__(self, stream: TextIO, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    def __call__(self, event: Mapping[str, Any]) -> None:
        """Write one event; what is below `info` is left out."""
        level = event.get("log_level", LogLevel.info)
        if level < LogLevel.info:
            return
        namespace = str(event.get("log_namespace", ""))
        line: dict[str, object] = {"time": iso(self._clock.now()), "level": level.name}
        if namespace.startswith(_OURS):
            line["event"] = str(event.get("log_format", ""))
            line.update(_fields(event))
        elif level < LogLevel.warn:
            return  # Twisted's own factories starting and stopping
        else:
            line["event"] = f"{namespace}: {event.get('log_format') or event.get('log_text')}"
        failure = event.get("log_failure")
        if failure is not None:
            line["why"] = f"{failure.type.__name__}: {failure.getErrorMessage()}"
            line["where"] = _where(failure)
        self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._stream.flush()


def _fields(event: Mapping[str, Any]) -> dict[str, object]:
    return {
        name: value
        for name, value in event.items()
        if not name.startswith("log_") and isinstance(value, str | int | float | bool)
    }


def _where(failure: Any) -> str:  # noqa: ANN401  (Twisted's Failure)
    frames = failure.frames[-3:]
    return " < ".join(
        f"{frame[1].rsplit('/', 1)[-1]}:{frame[2]} {frame[0]}" for frame in frames[::-1]
    )
