"""Telling systemd how we are; plain Python, and nothing at all outside systemd.

The socket's variable is taken out of the environment, so that no child can speak for us.
"""

import socket
from collections.abc import MutableMapping
from contextlib import suppress

__all__ = ["Notifier"]


class Notifier:
    """Sends ``READY=1``, ``WATCHDOG=1``, ``STATUS=…`` and ``STOPPING=1``."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        self._address = environment.pop("NOTIFY_SOCKET", "")
        for name in ("WATCHDOG_USEC", "WATCHDOG_PID"):
            environment.pop(name, None)

    def ready(self) -> None:
        """Say that we are serving."""
        self._send("READY=1")

    def alive(self) -> None:
        """Say that we are alive."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that we are going."""
        self._send("STOPPING=1")

    def more_time(self, seconds: int) -> None:
        """Ask for ``seconds`` more before a start counts as failed."""
        self._send(f"EXTEND_TIMEOUT_USEC={seconds * 1_000_000}")

    def status(self, sentence: str) -> None:
        """Say how it goes, for ``systemctl status``."""
        self._send(f"STATUS={sentence}")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the NUL byte of an abstract name.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        # What cannot be told must not stop us from receiving.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(text.encode(), socket.MSG_DONTWAIT, address)
