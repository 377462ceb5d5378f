"""Where a login is remembered: a file of the user's own, readable by nobody else."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from stationd.errors import NotAuthorisedError

__all__ = ["forget_token", "read_token", "state_folder", "token_path", "write_token"]


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for what a user's programs remember (XDG base directories)."""
    base = environment.get("XDG_STATE_HOME", "")
    if base.startswith("/"):
        return Path(base) / "stationd"
    return Path(environment.get("HOME", "/")) / ".local" / "state" / "stationd"


def token_path(environment: Mapping[str, str], station: str) -> Path:
    """Return the file of the login at ``station``."""
    return state_folder(environment) / f"login-{station}.token"


def write_token(path: Path, token: str) -> None:
    """Remember a login; only its user may read the file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token)
    fresh.replace(path)


def read_token(path: Path) -> str:
    """Return the token of a login, or raise `NotAuthorisedError`."""
    try:
        state = path.stat()
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise NotAuthorisedError("You are not logged in. `stationctl login` logs in.") from None
    if stat.S_IMODE(state.st_mode) & 0o077 or state.st_uid != os.geteuid():
        msg = (
            f"{path} can be read by others, or is not yours; this login no longer counts. "
            "Remove the file and log in again."
        )
        raise NotAuthorisedError(msg)
    return token


def forget_token(path: Path) -> None:
    """Forget a login."""
    path.unlink(missing_ok=True)
