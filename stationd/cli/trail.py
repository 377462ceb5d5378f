"""Who read what: one JSON object a line to the system's log.

Where there is no system log, the line goes to a file in the user's state folder: it is then no
evidence against that user, but still a memory.
"""

import json
import logging
import os
import pwd
from collections.abc import Mapping
from contextlib import closing, suppress
from logging.handlers import SysLogHandler
from pathlib import Path

from stationd.cli.tokens import state_folder

__all__ = ["Trail", "login_user"]

_SYSTEM_LOG = Path("/dev/log")


def login_user(environment: Mapping[str, str]) -> str:
    """Return the operating system's name of who runs this, and who called sudo."""
    number = os.getuid()
    try:
        user = pwd.getpwuid(number).pw_name
    except KeyError:
        user = str(number)
    behind = environment.get("SUDO_USER", "")
    return f"{user} for {behind}" if behind and behind != user else user


class Trail:
    """Writes who read what."""

    def __init__(self, environment: Mapping[str, str], *, system_log: Path | None = None) -> None:
        self._environment = environment
        self._system_log = system_log or _SYSTEM_LOG

    def reading(self, what: str, **names: str | None) -> None:
        """Note that the user read ``what``, and of which account or case."""
        named = {name: value for name, value in names.items() if value is not None}
        line = {"event": "read", "what": what, "user": login_user(self._environment), **named}
        text = f"stationctl: {json.dumps(line, ensure_ascii=False)}"
        with closing(self._handler()) as handler:
            handler.handle(logging.makeLogRecord({"levelno": logging.INFO, "msg": text}))

    def _handler(self) -> logging.Handler:
        if self._system_log.exists():
            # A socket nobody listens on is as good as none.
            with suppress(OSError):
                return SysLogHandler(str(self._system_log), SysLogHandler.LOG_AUTHPRIV)
        folder = state_folder(self._environment)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = logging.FileHandler(folder / "reads.log", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        return handler
