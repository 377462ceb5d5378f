"""The print queue: a folder in which each job is a folder, put there by one rename.

A job is ``letter.pdf``, ``declaration.txt`` (the form of the declaration of sending) and
``job.json``.  It is made whole under ``.making``, and the rename that puts it into the queue is the
act: the one copy moves, so a program that was cut off sees by looking whether it did, even where
somebody has taken the job out of the queue since.
"""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from archive.canonical import JsonValue, encode
from stationd.letters.channels.channel import Later, Lies, Outcome, Parcel

__all__ = ["PrintChannel"]

_MAKING = ".making"


class PrintChannel:
    """A folder that people, or a service's program, take jobs from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = folder / _MAKING

    def send(self, parcel: Parcel, handing: Callable[[], None]) -> Outcome:
        """Make the job, then put it into the queue."""
        try:
            made = self._make(parcel)
        except OSError as error:
            return Later(f"The print queue {self._folder} does not take it: {error.strerror}.")
        handing()
        return self._put(made, parcel)

    def recover(self, parcel: Parcel, since: datetime) -> Outcome:
        """Put the job into the queue if that is still to be done."""
        made = self._making / parcel.key
        if made.is_dir():
            return self._put(made, parcel)
        return self._lies(parcel)

    def call_back(self, key: str) -> None:
        """Move a job that still lies in the queue to ``.cancelled``."""
        lies = self._folder / key
        if lies.is_dir():
            kept = self._folder / ".cancelled"
            kept.mkdir(exist_ok=True)
            lies.rename(kept / key)

    def _make(self, parcel: Parcel) -> Path:
        """Return the folder of a job that is whole and on disk."""
        self._making.mkdir(parents=True, exist_ok=True)
        made, part = self._making / parcel.key, self._making / f"{parcel.key}.part"
        for old in (made, part):
            shutil.rmtree(old, ignore_errors=True)
        part.mkdir()
        job: dict[str, JsonValue] = {
            **parcel.about,
            "key": parcel.key,
            "channel": parcel.channel,
            "recipient": parcel.recipient,
            "address": parcel.address,
            "file": parcel.file,
        }
        for name, content in (
            ("letter.pdf", parcel.content),
            ("declaration.txt", parcel.declaration.encode()),
            ("job.json", encode(job)),
        ):
            _write(part / name, content)
        _sync(part)
        part.rename(made)
        _sync(self._making)
        return made

    def _put(self, made: Path, parcel: Parcel) -> Outcome:
        try:
            made.rename(self._folder / parcel.key)
        except OSError as error:
            # The one copy has not moved, so it may be tried again.
            return Later(f"The print queue {self._folder} does not take it: {error.strerror}.")
        with suppress(OSError):
            _sync(self._folder)
        return self._lies(parcel)

    def _lies(self, parcel: Parcel) -> Lies:
        return Lies(f"it is job {parcel.key} in the print queue")


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
