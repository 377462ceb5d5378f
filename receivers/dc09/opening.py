"""DC-09: which key opens a frame, and whether the frame may be acknowledged.

The rules, in their order:

* a key that counts at this moment opens it: the frame is as good as its time;
* a key that has ended, or has not begun, opens it: kept, not acknowledged, and named as such;
* none does: kept, not acknowledged.

Whether a time is too far off is judged by the account's window (DC-09 5.5.1.9).  Where there is no
window that would hold a copy off, the newest time that the panel has sent is the measure.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from receivers.dc09.cipher import decrypt
from receivers.dc09.message import Clear, clear_text
from receivers.events import Fault
from receivers.session import Account, Key

__all__ = [
    "Opened",
    "clear_fault",
    "is_in_window",
    "is_older",
    "is_unguarded",
    "opened",
    "read_stamp",
]

_STAMP = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2}),([0-9]{2})-([0-9]{2})-([0-9]{4})")
_QUARTER_HOUR = 900
_HOUR = 3600
_FARTHEST_ZONE = 14 * _HOUR
_BACK, _AHEAD = 40, 20
_NOTHING = Clear(b"", (), "", 0, whole=False)


class Opened(NamedTuple):
    """The key that opens a frame (empty: none does), the clear text, and the fault of the key."""

    secret: bytes
    clear: Clear
    fault: Fault | None


def opened(keys: Iterable[Key], text: bytes, at: datetime, *, lenient: bool) -> Opened:
    """Open ``text`` with one of ``keys``, those that count at the moment ``at`` first.

    ``lenient``: the clear text may end without a time.  That is no proof of the right key, so
    every key is tried for a whole text before.
    """
    keys = tuple(keys)
    for key in keys:
        if key.is_valid(at):
            plain = decrypt(key.secret, text)
            if plain is not None:
                clear = clear_text(plain, padded=True)
                if clear.whole:
                    return Opened(key.secret, clear, None)
    if lenient and (found := _without_time(keys, text, at)) is not None:
        return found
    for key in keys:
        if not key.is_valid(at):
            plain = decrypt(key.secret, text)
            if plain is not None and (clear := clear_text(plain, padded=True)).whole:
                return Opened(key.secret, clear, _why_not(key, at))
    return Opened(b"", _NOTHING, Fault.UNDECRYPTABLE)


def _without_time(keys: Iterable[Key], text: bytes, at: datetime) -> Opened | None:
    for key in keys:
        plain = decrypt(key.secret, text) if key.is_valid(at) else None
        if plain is not None and plain.endswith(b"]"):
            return Opened(key.secret, clear_text(plain, padded=True), None)
    return None


def _why_not(key: Key, at: datetime) -> Fault:
    ended = key.valid_to is not None and key.valid_to <= at
    return Fault.OLD_KEY if ended else Fault.EARLY_KEY


def clear_fault(account: Account | None, at: datetime) -> Fault | None:
    """Return the fault of a plain frame.

    A key means that encryption is required, also after the key ran out.
    """
    if account is None or not account.keys or "plain_allowed" in account.switches:
        return None
    begun = any(key.valid_from is None or key.valid_from <= at for key in account.keys)
    return Fault.NOT_ENCRYPTED if begun else None


def is_in_window(stamp: str, account: Account, at: datetime) -> bool:
    """Tell whether a frame's time lies in the account's window around ours (DC-09 5.5.1.9)."""
    back, ahead = account.window_back, account.window_ahead
    if "window_off" in account.switches or (back is None and ahead is None):
        return True
    if not stamp:
        return "time_missing" in account.switches
    sent = read_stamp(stamp)
    if sent is None:
        return False
    offset = (sent - at).total_seconds()
    if "clock_local" in account.switches and abs(offset) <= _FARTHEST_ZONE + _QUARTER_HOUR:
        offset -= _QUARTER_HOUR * round(offset / _QUARTER_HOUR)
    return (back is None or offset >= -back) and (ahead is None or offset <= ahead)


def is_unguarded(account: Account) -> bool:
    """Tell whether the window lets a copy of an old frame pass.

    A window with an end on the far side lets none pass that is older than itself; and within it,
    a copy has the bytes of a frame that is remembered.
    """
    if "older_taken" in account.switches:
        return False
    return account.window_back is None or not account.switches.isdisjoint(_OPEN)


_OPEN = frozenset({"window_off", "clock_local"})


def is_older(sent: datetime, newest: datetime, account: Account) -> bool:
    """Tell whether a time is older than ``newest`` by more than the account's window.

    A clock that shows local time goes back an hour in autumn.
    """
    back = _BACK if account.window_back is None else account.window_back
    ahead = _AHEAD if account.window_ahead is None else account.window_ahead
    room = back + ahead + (_HOUR if "clock_local" in account.switches else 0)
    return (newest - sent).total_seconds() > room


def read_stamp(stamp: str) -> datetime | None:
    """Return ``HH:MM:SS,MM-DD-YYYY`` as the moment in UTC; None where there is no such day."""
    match = _STAMP.fullmatch(stamp)
    if match is None:
        return None
    hour, minute, second, month, day, year = map(int, match.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
