"""From a hook's table of the settings to the way it goes; no try takes longer than it may."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from stationd.errors import UnavailableError
from stationd.hooks.command import run_command
from stationd.hooks.folder import put_files
from stationd.hooks.mail import send_mail
from stationd.hooks.model import Letter
from stationd.hooks.webhook import post
from stationd.paging import CommandHook, FolderHook, Hook, SmtpHook

__all__ = ["send_by"]

# A server that drips may answer each read in time and never end.
_GRACE = timedelta(seconds=5)


def send_by(now: Callable[[], datetime]) -> Callable[[Hook, Letter], None]:
    """Return what sends a letter by a hook, or raises why it did not."""

    def send(hook: Hook, letter: Letter) -> None:
        _bounded(lambda: _send(hook, letter, now()), hook.timeout + _GRACE, hook.name)

    return send


def _send(hook: Hook, letter: Letter, now: datetime) -> None:
    if isinstance(hook, CommandHook):
        run_command(hook, letter)
    elif isinstance(hook, FolderHook):
        put_files(hook, letter)
    elif isinstance(hook, SmtpHook):
        send_mail(hook, letter, now)
    else:
        post(hook, letter, now)


def _bounded(act: Callable[[], None], longest: timedelta, name: str) -> None:
    """Act in a thread that is left behind if it does not end."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except Exception as error:  # noqa: BLE001  (raised where it is waited for)
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True, name=f"hook {name}")
    thread.start()
    thread.join(longest.total_seconds())
    if thread.is_alive():
        raise UnavailableError(f"{name}: it took longer than {longest}")
    if failed:
        raise failed[0]
