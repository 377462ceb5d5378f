"""Logs of plain programs: one JSON object a line on standard error.

The message of a call is the event's name, and its own fields go into the object.  Payloads, keys
and codes are never given to the log.
"""

import json
import logging
from collections.abc import Callable
from typing import TextIO

from stationd.clock import Clock, iso

__all__ = ["log_to", "note"]


class _JsonLines(logging.Formatter):
    """One JSON object a line: time, level, event, and the call's own fields."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of JSON."""
        line: dict[str, object] = {
            "time": iso(self._clock.now()),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["why"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def note(log: Callable[..., None], event: str, **fields: str | int) -> None:
    """Log ``event`` with its fields by ``log``, a method of a logger."""
    log(event, extra={"fields": fields})


def log_to(stream: TextIO, log: logging.Logger, clock: Clock) -> None:
    """Write what ``log`` is told to ``stream``, from `info` on."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_JsonLines(clock))
    log.handlers[:] = [handler]
    log.setLevel(logging.INFO)
    log.propagate = False
