"""Programs that start at once: a process that has imported them forks each one.

Importing takes most of a program's start, a second of a processor, and system tests start some two
hundred programs.  What is forked is the program itself, as a process of its own with its own files
and signals; only its modules were read before.  How long a start from nothing takes is looked at
where that matters.

This file is both sides: a test's `Nursery`, and run by its path the process that forks.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn


class Program:
    """A program that was forked; what `subprocess.Popen` offers and these tests use."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self._nursery = nursery
        self.pid = pid

    def poll(self) -> int | None:
        """Return the exit code, a signal's number with a minus; None while it runs."""
        return self._nursery.code(self.pid, 0.0)

    def wait(self, timeout: float) -> int:
        """Return the exit code once it has ended."""
        end = time.monotonic() + timeout
        while (code := self._nursery.code(self.pid, end - time.monotonic())) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it the hard way."""
        self.send_signal(signal.SIGKILL)


class Nursery:
    """A process that has one program's module imported, and forks the program."""

    def __init__(self, module: str, log: Path) -> None:
        self._codes: dict[int, int] = {}
        self._heard = b""
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, __file__, module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                bufsize=0,
            )

    def start(self, arguments: list[str], log: Path) -> Program:
        """Start the program with these arguments; what it says on standard error goes to a file."""
        log.touch()
        asked = {
            "arguments": arguments,
            "log": str(log),
            "environment": dict(os.environ),
            "folder": str(Path.cwd()),
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        while not (started := self._hear(60.0)):
            pass
        return Program(self, started[0])

    def code(self, pid: int, timeout: float) -> int | None:
        """Return the exit code of a program, waiting for it as long; None: it runs."""
        if pid not in self._codes:
            self._hear(max(0.0, timeout))
        return self._codes.get(pid)

    def close(self) -> None:
        """End the process; it ends what it has forked."""
        self._process.communicate()

    def _hear(self, timeout: float) -> list[int]:
        """Note who has ended, as the process says within ``timeout``; return who has started."""
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not ready:
            return []
        data = self._process.stdout.read(65536)
        assert data, "the nursery has ended"
        *lines, self._heard = (self._heard + data).split(b"\n")
        said = [line.decode().split() for line in lines]
        self._codes |= {int(pid): int(code) for word, pid, code in said if word == "ended"}
        return [int(pid) for word, pid, _ in said if word == "started"]


# --- The process that forks ---


def serve(module: str) -> None:
    """Fork the program of ``module`` for each line of standard input."""
    program = importlib.import_module(module)
    reader, writer = os.pipe()
    for end in (reader, writer):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    children: set[int] = set()
    asked = b""
    while True:
        ready, _, _ = select.select([0, reader], [], [])
        if reader in ready:
            os.read(reader, 65536)
            reap(children)
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                break
            *lines, asked = (asked + data).split(b"\n")
            for line in lines:
                children.add(fork(program, json.loads(line), (reader, writer)))
    for child in children:
        os.kill(child, signal.SIGKILL)


def reap(children: set[int]) -> None:
    """Tell who has ended."""
    for child in list(children):
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            children.remove(pid)
            os.write(1, f"ended {pid} {os.waitstatus_to_exitcode(status)}\n".encode())


def fork(program: Any, asked: dict[str, Any], ours: tuple[int, int]) -> int:
    """Fork the program; return its process's id."""
    child = os.fork()
    if child == 0:
        become(program, asked, ours)
    os.write(1, f"started {child} 0\n".encode())
    return child


def become(program: Any, asked: dict[str, Any], ours: tuple[int, int]) -> NoReturn:
    """Be the program, as if it had been started by itself."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for end in ours:
        os.close(end)
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for number, file in enumerate((nothing, nothing, log)):
        os.dup2(file, number)
    os.close(nothing)
    os.close(log)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.exit(program.main(asked["arguments"]))


if __name__ == "__main__":
    serve(sys.argv[1])
