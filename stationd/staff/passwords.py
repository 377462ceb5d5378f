"""Passwords: hashed with Argon2id, and what we ask of a new one."""

from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from stationd.errors import MistakeError

__all__ = ["check_new", "hashed", "matches"]

_SHORTEST = 12
# Beyond this a "password" is a way to keep the machine busy.
_LONGEST = 1024
# The library's defaults follow RFC 9106 (64 MiB): some 50 ms a guess.
_HASHER = PasswordHasher()


@lru_cache(maxsize=1)
def _nobodys() -> str:
    """Return what an unknown login is compared with, so that it takes as long as a known one.

    Made when first asked for: most commands compare no password, and this takes a guess's time.
    """
    return _HASHER.hash("a password that nobody has")


def check_new(password: str, login: str) -> None:
    """Return if ``password`` may become a password, or raise `MistakeError`."""
    if not _SHORTEST <= len(password) <= _LONGEST:
        msg = f"A password has {_SHORTEST} to {_LONGEST} characters; several words make a good one."
        raise MistakeError(msg)
    if login.lower() in password.lower() and len(password) < len(login) + _SHORTEST:
        raise MistakeError("The password is little more than the login name; choose other words.")


def hashed(password: str) -> str:
    """Return the hash of ``password`` as it lies in its row."""
    return _HASHER.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Tell whether ``password`` has the hash ``stored`` (None: nobody's, never)."""
    compared = stored or _nobodys()
    try:
        _HASHER.verify(compared, password[: _LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored)
