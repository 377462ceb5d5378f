"""Who read what: one JSON object a line to the system's log.

Where there is no system log, the line goes to a file in the user's state folder: it is then no
evidence against that user, but still a memory.
"""

import json
import os
import pwd
import socket
from collections.abc import Mapping
from pathlib import Path

from stationd.cli.tokens import state_folder
from stationd.clock import Clock, iso

__all__ = ["Trail", "caller", "login_user"]

_SYSTEM_LOG = Path("/dev/log")
# Facility authpriv, severity info (RFC 3164 4.1.1).
_AUTHPRIV_INFO = 10 * 8 + 6


def login_user(environment: Mapping[str, str]) -> str:
    """Return the operating system's name of who runs this, and who called sudo."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = str(number)
    behind = environment.get("SUDO_USER", "")
    return f"{user} for {behind}" if behind and behind != user else user


def caller(environment: Mapping[str, str]) -> str:
    """Return where this was called from: the address of an SSH login, else ``local``."""
    return environment.get("SSH_CLIENT", "").partition(" ")[0] or "local"


class Trail:
    """Writes who read what."""

    def __init__(
        self, environment: Mapping[str, str], clock: Clock, *, system_log: Path | None = None
    ) -> None:
        self._environment = environment
        self._clock = clock
        self._system_log = system_log or _SYSTEM_LOG

    def reading(self, what: str, **names: str | None) -> None:
        """Note that the user read ``what``, and of which account or case."""
        named = {name: value for name, value in names.items() if value is not None}
        line = {"event": "read", "what": what, "user": login_user(self._environment), **named}
        text = f"stationctl: {json.dumps(line, ensure_ascii=False)}"
        try:
            self._send(text)
        except OSError:
            # A socket nobody listens on is as good as none.
            self._keep(text)

    def _send(self, text: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.connect(str(self._system_log))
            log.send(f"<{_AUTHPRIV_INFO}>{text}".encode())

    def _keep(self, text: str) -> None:
        folder = state_folder(self._environment)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "reads.log").open("a", encoding="utf-8") as file:
            file.write(f"{iso(self._clock.now())} {text}\n")
