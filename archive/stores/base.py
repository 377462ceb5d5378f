"""What a store of bundles must do, and what it says it holds.

A key is a path of safe names (`bundles/…/file.asice`); it is written once and never replaced.
The *version id* that `put` returns names the stored bytes from then on: a key alone may later
show something else.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from archive.errors import MalformedError

__all__ = ["COMPLIANCE", "LONGEST_LINK", "BundleStore", "Held", "Removed", "check_key", "held_fast"]

# The one lock mode that nobody can lift, the account's owner included.
COMPLIANCE = "COMPLIANCE"

LONGEST_LINK = timedelta(days=7)
"""Longer than this no S3 server lets a presigned link be good."""

_KEY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
_LONGEST_KEY = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a store says of one version.

    ``sha256`` is the hash (hex) that the store itself computed, None where it keeps none: then
    whoever asks must read the object back and hash it.  ``mode`` is None without a lock.
    """

    version_id: str
    size: int
    sha256: str | None
    mode: str | None
    retain_until: datetime | None
    legal_hold: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What became of a version: whether it was there, and what else lies under its key.

    ``markers`` are delete markers that stood in front of it and went with it; ``others`` the
    version ids that are not ours and stay.
    """

    was_there: bool
    markers: int = 0
    others: tuple[str, ...] = ()


class BundleStore(Protocol):
    """Keeps finished files under lock.  Calls block; all may be made again after a failure.

    Every method may raise `StoreUnavailableError` (the same call may help later) and
    `StoreRefusedError` (the set-up has to change first).
    """

    @property
    def name(self) -> str:
        """The store in messages and records, with the place in it."""

    @property
    def locked(self) -> bool:
        """Whether what lies here counts as archived: an account may close on it."""

    def check(self, *, now: datetime, salt: str) -> None:
        """Prove on a throw-away key named by ``salt`` that locks, hashes and conditions hold."""

    def put(
        self, key: str, path: Path, *, sha256: str, retain_until: datetime, legal_hold: bool
    ) -> str:
        """Store the file at ``path`` under ``key`` with its lock; return the version id.

        A key that is there already with the same bytes is adopted, and its lock extended to what
        is asked; with other bytes it raises `ObjectDiffersError`.
        """

    def head(self, key: str, version_id: str) -> Held:
        """Return what is held, or raise `ObjectDiffersError` when it is not there."""

    def fetch(self, key: str, version_id: str, into: Path) -> None:
        """Write the stored bytes to ``into``, whole or not at all."""

    def extend(self, key: str, version_id: str, retain_until: datetime) -> None:
        """Lock until ``retain_until``; a lock is never shortened."""

    def set_legal_hold(self, key: str, version_id: str, on: bool) -> None:  # noqa: FBT001
        """Put a hold without a date on the version, or lift it."""

    def remove(self, key: str, version_id: str, *, now: datetime) -> Removed:
        """Remove this version for good; one that is gone already is no fault.

        Raises `StoreRefusedError` while its lock lasts at ``now`` or a hold is on it.
        """

    def link(self, key: str, version_id: str, *, valid: timedelta, name: str) -> str:
        """Return an address from which anybody can fetch this version for a while, as ``name``.

        Raises `StoreRefusedError` where there are no such addresses.
        """


def held_fast(store: str, key: str, held: Held, now: datetime) -> str | None:
    """Return what keeps a version from being removed, in words; None: nothing."""
    if held.legal_hold:
        return f"{store}: {key} version {held.version_id} carries a legal hold; it stays"
    if held.retain_until is not None and held.retain_until > now:
        until = f"{held.retain_until:%Y-%m-%d %H:%M}"
        return f"{store}: {key} version {held.version_id} is locked until {until} UTC; it stays"
    return None


def check_key(key: str) -> str:
    """Return ``key``, or raise `MalformedError` for what is no path of safe names."""
    parts = key.split("/")
    if not _KEY.fullmatch(key) or len(key) > _LONGEST_KEY or {".", ".."} & set(parts):
        raise MalformedError(f"{key!r} cannot be a key: names of A-Za-z0-9._- joined by /")
    return key
