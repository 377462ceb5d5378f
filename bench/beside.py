"""How long acknowledgements take while something else works: a daemon, and a receiver that asks.

Used by the measurements that must not delay receiving.  The receiver sends a frame every few
milliseconds and waits for its answer; what it saw before and during the work is told apart.
"""

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

__all__ = ["Beside"]

_PAUSE = 0.01
_CODES = ("130", "401", "602")


class Beside:
    """A real daemon with its journal on disk, and one receiver; use it in a ``with``.

    The receiver is a process of its own: in ours it would wait for whatever is measured.
    """

    def __enter__(self) -> Self:
        port = _free_port()
        serve = [sys.executable, str(Path(__file__).parent / "serve.py"), "--port", str(port)]
        serve += ["--receiver", "surgard", "--accounts", "100"]
        self._daemon = subprocess.Popen(
            serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._daemon.stdout is not None
        while "ready" not in self._daemon.stdout.readline():
            pass
        self._receiver = subprocess.Popen(
            [sys.executable, __file__, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        for program in (self._receiver, self._daemon):
            program.send_signal(signal.SIGTERM)
            program.wait(30)

    def idle(self, seconds: float) -> dict[str, float]:
        """Return what is seen while nothing else works."""
        self.seen()
        time.sleep(seconds)
        return self.seen()

    def seen(self) -> dict[str, float]:
        """Return what was seen since this was last asked, in milliseconds."""
        assert self._receiver.stdin is not None
        assert self._receiver.stdout is not None
        self._receiver.stdin.write("seen\n")
        self._receiver.stdin.flush()
        found: dict[str, float] = json.loads(self._receiver.stdout.readline())
        return found


class _Receiver(threading.Thread):
    """Sends a frame, waits for its answer, and notes how long that took; then the next."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._port = port
        self._taken: list[float] = []

    def run(self) -> None:
        number = 0
        with socket.create_connection(("127.0.0.1", self._port), timeout=30) as line:
            while True:
                time.sleep(_PAUSE)
                number += 1
                code = _CODES[number % len(_CODES)]
                frame = f"5011 181{number % 100:03}E{code}01{number // 100 % 1000:03}\x14"
                begun = time.perf_counter()
                line.sendall(frame.encode())
                answer = line.recv(16)
                self._taken.append(time.perf_counter() - begun)
                if answer != b"\x06":
                    msg = f"{frame!r} was answered {answer!r}"
                    raise ValueError(msg)

    def seen(self) -> dict[str, float]:
        taken, self._taken = sorted(self._taken), []
        if not taken:
            return {"count": 0}
        places = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
        found = {
            f"{name}_ms": round(1000 * taken[min(len(taken) - 1, int(len(taken) * share))], 2)
            for name, share in places.items()
        }
        return {"count": len(taken), **found}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _main() -> None:
    receiver = _Receiver(int(sys.argv[1]))
    receiver.start()
    for _ in sys.stdin:
        print(json.dumps(receiver.seen()), flush=True)


if __name__ == "__main__":
    _main()
