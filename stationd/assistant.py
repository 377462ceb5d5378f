"""The worker's side of its child: started when there is a task, ended when there was none."""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stationd.assisting import DONE
from stationd.clock import Clock
from stationd.logs import note

__all__ = ["Assistant", "Fallen"]

# After so many tasks a new child begins, whatever the old one's libraries have gathered.
_MOST_TASKS = 50
_IDLE_NS = 30 * 10**9

_log = logging.getLogger("stationd.worker")


@dataclass(frozen=True, slots=True)
class Fallen:
    """A child that ended amid a task: its exit code, and the order it was on, if any."""

    code: int
    order_id: str | None


class Assistant:
    """At most one child process, and the one task it has; for one thread."""

    def __init__(self, config: Path, woken: Callable[[], None], clock: Clock) -> None:
        self._config = config
        self._woken = woken
        self._clock = clock
        self._process: subprocess.Popen[str] | None = None
        self._busy = threading.Event()
        self._busy_at = 0
        self._order_id: str | None = None
        self._given = 0

    @property
    def free(self) -> bool:
        """Whether a task may be given."""
        return not self._busy.is_set()

    def give(self, word: str, order_id: str = "") -> None:
        """Give a task; ask `fallen` before, so that a child that is gone is known."""
        if self._process is None or self._given >= _MOST_TASKS:
            self._end()
            self._process = self._start()
        process = self._process
        assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
        self._given += 1
        self._order_id = order_id or None
        self._busy_at = self._clock.ticks()
        self._busy.set()
        # A child that is gone takes no task; `fallen` tells of it.
        with suppress(OSError, ValueError):
            process.stdin.write(f"{word} {order_id}\n")
            process.stdin.flush()
        if word != "audit":
            # It is given every few seconds; what it finds is told.
            note(_log.info, "working", on=f"{word} {order_id}".strip(), pid=process.pid)

    def fallen(self) -> Fallen | None:
        """Return a child that ended amid its task, once; None: there is none.

        To be called at each look: it also lets a child go that had no task for a while.
        """
        process = self._process
        if process is None:
            return None
        code = process.poll()
        if code is None:
            self._busy_at = self._clock.ticks() if not self.free else self._busy_at
            if self._clock.ticks() - self._busy_at < _IDLE_NS:
                return None
            _hang_up(process)
            code = process.wait()
        self._process = None
        _close(process)
        if self.free:
            return None
        self._busy.clear()
        return Fallen(code, self._order_id)

    def stop(self) -> None:
        """End the child, whatever it does: rows say how far it came."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            _close(self._process)
            self._process = None
        self._busy.clear()

    def _start(self) -> "subprocess.Popen[str]":
        self._given = 0
        command = [sys.executable, "-m", "stationd.worker", "--config", str(self._config)]
        process = subprocess.Popen(  # noqa: S603  (our own program)
            [*command, "--parent", str(os.getpid()), "--tasks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, args=(process,), daemon=True).start()
        return process

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        """Hear the child's answers in a thread of its own, until it ends."""
        assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
        with suppress(ValueError, OSError):
            for line in process.stdout:
                if line.strip() == DONE and process is self._process:
                    self._busy.clear()
                    self._woken()
        self._woken()

    def _end(self) -> None:
        """Let a child that has no task end."""
        if self._process is not None:
            _hang_up(self._process)
            self._process.wait()
            _close(self._process)


def _hang_up(process: "subprocess.Popen[str]") -> None:
    with suppress(OSError, ValueError):
        assert process.stdin is not None  # noqa: S101  (a pipe was asked for)
        process.stdin.close()


def _close(process: "subprocess.Popen[str]") -> None:
    _hang_up(process)
    with suppress(OSError, ValueError):
        assert process.stdout is not None  # noqa: S101  (a pipe was asked for)
        process.stdout.close()
