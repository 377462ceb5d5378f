"""A folder as a store: a sealed local copy, and tests.  It is no archive.

Beside each file lies `<file>.held.json` with what was asked for.  Both are read-only, but whoever
owns the folder can remove them, so `locked` is false and no account closes on it.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256 as new_sha256
from pathlib import Path

from archive.canonical import encode
from archive.errors import ObjectDiffersError, StoreRefusedError, StoreUnavailableError
from archive.stores.base import Held, Removed, check_key, held_fast

__all__ = ["DirectoryStore"]

_HELD = ".held.json"
_PART = ".part"
_READ_ONLY = 0o440
_BLOCK = 1 << 20


class DirectoryStore:
    """Keeps files under ``path``; the version id is the SHA-256 of the bytes."""

    locked = False

    def __init__(self, path: Path) -> None:
        self._path = path
        self.name = f"directory {path}"

    def check(self, *, now: datetime, salt: str) -> None:
        """Prove that the folder can be written, by a throw-away file."""
        probe = self._path / f"selfcheck-{salt}"
        try:
            self._path.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"stationd self-check\n")
            probe.unlink()
        except OSError as error:
            raise StoreRefusedError(
                f"{self.name}: {error.strerror}; the worker's user must be able to write there"
            ) from None

    def put(
        self, key: str, path: Path, *, sha256: str, retain_until: datetime, legal_hold: bool
    ) -> str:
        """Store the file at ``path`` under ``key``; return the version id."""
        target = self._path / check_key(key)
        try:
            return self._put(target, path, sha256, retain_until, legal_hold=legal_hold)
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {key}: {error.strerror}") from None

    def head(self, key: str, version_id: str) -> Held:
        """Return what is held; the hash is computed from the file as it is now."""
        target = self._there(key, version_id)
        until, legal_hold = self._asked(target)
        return Held(
            version_id=version_id,
            size=target.stat().st_size,
            sha256=version_id,
            mode=None,
            retain_until=until,
            legal_hold=legal_hold,
        )

    def fetch(self, key: str, version_id: str, into: Path) -> None:
        """Write the stored bytes to ``into``, whole or not at all."""
        target = self._there(key, version_id)
        try:
            with _part(into) as part:
                shutil.copyfile(target, part)
                part.replace(into)
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {key}: {error.strerror}") from None

    def extend(self, key: str, version_id: str, retain_until: datetime) -> None:
        """Note a later end; an earlier one is refused."""
        target = self._there(key, version_id)
        until, legal_hold = self._asked(target)
        if retain_until < until:
            raise StoreRefusedError(
                f"{self.name}: {key} is locked until {until:%Y-%m-%d %H:%M} UTC; "
                "a lock is never shortened"
            )
        self._note(target, retain_until, legal_hold=legal_hold)

    def set_legal_hold(self, key: str, version_id: str, on: bool) -> None:  # noqa: FBT001
        """Note a hold without a date, or that it was lifted."""
        target = self._there(key, version_id)
        until, _ = self._asked(target)
        self._note(target, until, legal_hold=on)

    def remove(self, key: str, version_id: str, *, now: datetime) -> Removed:
        """Remove the file and the note beside it, unless the note says that it stays."""
        try:
            held = self.head(key, version_id)
        except ObjectDiffersError:
            target = self._path / check_key(key)
            if target.exists():
                raise
            _beside(target).unlink(missing_ok=True)
            return Removed(was_there=False)
        if (why := held_fast(self.name, key, held, now)) is not None:
            raise StoreRefusedError(why)
        target = self._path / check_key(key)
        try:
            target.unlink()
            _beside(target).unlink(missing_ok=True)
        except OSError as error:
            raise StoreUnavailableError(f"{self.name}: {key}: {error.strerror}") from None
        return Removed(was_there=True)

    def link(self, key: str, version_id: str, *, valid: timedelta, name: str) -> str:
        """Refuse: a folder has no addresses."""
        raise StoreRefusedError(f"{self.name} gives no links; hand out a copy (`--copy`)")

    def _put(
        self, target: Path, path: Path, sha256: str, retain_until: datetime, *, legal_hold: bool
    ) -> str:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            self._copy(target, path, sha256)
        if _hash(target) != sha256:
            raise ObjectDiffersError(f"{self.name}: {target.name} is there with other bytes")
        if _beside(target).exists():
            until, held = self._asked(target)
            retain_until = max(retain_until, until)
            legal_hold = legal_hold or held
        self._note(target, retain_until, legal_hold=legal_hold)
        return sha256

    def _copy(self, target: Path, path: Path, sha256: str) -> None:
        with _part(target) as part:
            shutil.copyfile(path, part)
            if _hash(part) != sha256:
                raise ObjectDiffersError(
                    f"{self.name}: {path.name} does not have the SHA-256 that was announced"
                )
            _settle(part)
            # Of several writers one gives the file its name; nothing is ever replaced.
            with contextlib.suppress(FileExistsError):
                target.hardlink_to(part)

    def _asked(self, target: Path) -> tuple[datetime, bool]:
        """Return the end and the hold that the note beside ``target`` tells."""
        try:
            note = json.loads(_beside(target).read_bytes())
            return datetime.fromisoformat(note["retain_until"]), bool(note["legal_hold"])
        except (OSError, ValueError, KeyError, TypeError):
            raise ObjectDiffersError(
                f"{self.name}: {target.name}: the note of what was asked for cannot be read"
            ) from None

    def _note(self, target: Path, retain_until: datetime, *, legal_hold: bool) -> None:
        """Replace the note beside ``target`` in one step."""
        until = retain_until.astimezone(UTC).isoformat()
        with _part(_beside(target)) as part:
            part.write_bytes(encode({"legal_hold": legal_hold, "retain_until": until}))
            _settle(part)
            part.replace(_beside(target))

    def _there(self, key: str, version_id: str) -> Path:
        target = self._path / check_key(key)
        if not target.is_file() or _hash(target) != version_id:
            raise ObjectDiffersError(
                f"{self.name}: {key} is not there with the bytes of version {version_id}"
            )
        return target


def _beside(target: Path) -> Path:
    return target.with_name(target.name + _HELD)


@contextlib.contextmanager
def _part(target: Path) -> Iterator[Path]:
    """Give a file of this writer's own beside ``target``, and leave nothing of it behind."""
    descriptor, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=_PART, dir=target.parent)
    os.close(descriptor)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _settle(part: Path) -> None:
    """Bring a file to disk, before anybody is told of it."""
    part.chmod(_READ_ONLY)
    with part.open("rb") as file:
        os.fsync(file.fileno())


def _hash(path: Path) -> str:
    digest = new_sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
