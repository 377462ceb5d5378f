"""The trial's programs: each a process of its own, as in an installation."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from stationd.clock import Clock
from stationd.errors import CheckFailedError, UnavailableError

__all__ = ["Program", "Stationctl", "wait_until"]

_SECOND = 1_000_000_000
_STOP_WITHIN = 20
_PAUSE = 0.1
_STATIONCTL = "from stationd.cli.main import main; main()"


class Program:
    """A child process with a log file; stopped by its own id."""

    def __init__(self, name: str, arguments: Sequence[str], *, logs: Path) -> None:
        self.name = name
        self.log = logs / f"{name}.log"
        self._arguments = [sys.executable, *arguments]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it."""
        with self.log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(  # noqa: S603 (our own programs)
                self._arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                # Ctrl-C at the terminal is for the trial, which stops its programs in order.
                start_new_session=True,
            )
        return self

    def line(self) -> str:
        """Return the next line it prints; empty: it ended."""
        assert self._process is not None  # noqa: S101  (started)
        assert self._process.stdout is not None  # noqa: S101  (a pipe)
        return self._process.stdout.readline()

    def tell(self, line: str) -> None:
        """Give it a line of input."""
        assert self._process is not None  # noqa: S101  (started)
        assert self._process.stdin is not None  # noqa: S101  (a pipe)
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()

    def finish(self) -> int:
        """Wait until it ends by itself; return its exit code."""
        assert self._process is not None  # noqa: S101  (started)
        return self._process.wait()

    @property
    def ended(self) -> bool:
        """Tell whether it ended."""
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """Ask it to stop, and wait until it has."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.terminate()
        try:
            process.wait(_STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class Stationctl:
    """`stationctl` as a person would call it, with JSON to read."""

    def __init__(self, config: Path, *, state: Path, tell: Callable[[str], None]) -> None:
        self._config = config
        self._environment = {**os.environ, "XDG_STATE_HOME": str(state)}
        self._tell = tell

    def __call__(self, *words: str, secret: str | None = None, expect: int = 0) -> object:
        """Run a command and return its JSON; raise `CheckFailedError` where it ends otherwise.

        ``secret`` goes to its standard input.  ``expect`` is the exit code that is right here.
        """
        self._tell(f"$ stationctl {' '.join(_quoted(word) for word in words)}")
        done = subprocess.run(  # noqa: S603 (our own program)
            [
                *(sys.executable, "-c", _STATIONCTL, "--config", str(self._config)),
                *("--json", *words),
            ],
            input=secret,
            capture_output=True,
            text=True,
            check=False,
            env=self._environment,
        )
        if done.returncode != expect:
            said = (done.stderr or done.stdout).strip()
            msg = f"stationctl {words[0]} ended with {done.returncode}, not {expect}:\n{said}"
            raise CheckFailedError(msg)
        return json.loads(done.stdout) if done.stdout.strip() else None


def _quoted(word: str) -> str:
    return f'"{word}"' if " " in word else word


def wait_until(
    what: str,
    look: Callable[[], bool],
    *,
    clock: Clock,
    seconds: int,
    programs: Mapping[str, Program],
) -> None:
    """Wait until ``look`` says so; raise `UnavailableError` after ``seconds``."""
    until = clock.ticks() + seconds * _SECOND
    while not look():
        for program in programs.values():
            if program.ended:
                msg = f"{program.name} ended by itself; its log is {program.log}"
                raise UnavailableError(msg)
        if clock.ticks() > until:
            msg = f"{what}: not within {seconds} s; the logs are beside {_any_log(programs)}"
            raise UnavailableError(msg)
        time.sleep(_PAUSE)


def _any_log(programs: Mapping[str, Program]) -> str:
    return next((str(program.log) for program in programs.values()), "the folder")
