"""A program as hook: started without a shell, bounded in time and in what it may say."""

import os
import signal
import subprocess
import tempfile
import threading
from contextlib import suppress
from typing import IO

from stationd.errors import UnavailableError
from stationd.hooks.model import Letter, body
from stationd.paging import CommandHook

__all__ = ["run_command"]

_MOST_SAID = 1000
_ENVIRONMENT = {"LANG": "C.UTF-8", "PATH": "/usr/local/bin:/usr/bin:/bin"}


def run_command(hook: CommandHook, letter: Letter) -> None:
    """Start the program with the page on standard input; raise `UnavailableError` if it fails.

    What it writes goes nowhere, but for the beginning of its complaint.
    """
    with tempfile.TemporaryFile() as given:
        given.write(body(letter))
        given.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603  (the operator's own program)
                hook.argv,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
                env={**_ENVIRONMENT, "STATIOND_PAGE": letter.id},
                start_new_session=True,
            )
        except OSError as error:
            raise UnavailableError(f"{hook.argv[0]}: {error.strerror or error}") from None
    said: list[bytes] = []
    assert process.stderr is not None  # noqa: S101  (a pipe was asked for)
    listener = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
    listener.start()
    try:
        code = process.wait(hook.timeout.total_seconds())
    except subprocess.TimeoutExpired:
        _kill(process)
        raise UnavailableError(f"{hook.argv[0]} took longer than {hook.timeout}") from None
    finally:
        listener.join(1)
    if code != 0:
        text = b"".join(said).decode("utf-8", "replace").strip()
        raise UnavailableError(f"{hook.argv[0]} ended with {code}{': ' + text if text else ''}")


def _listen(pipe: IO[bytes], said: list[bytes]) -> None:
    """Keep the beginning of what is said, and let the rest go by."""
    with suppress(ValueError, OSError), pipe:
        said.append(pipe.read(_MOST_SAID))
        while pipe.read(65536):
            pass


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """End the program and what it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
