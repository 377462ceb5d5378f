"""A folder as hook: each file is there whole or not at all, and the same one twice is one file."""

import os
from pathlib import Path

from stationd.errors import UnavailableError
from stationd.hooks.model import Letter, body
from stationd.paging import FolderHook

__all__ = ["put_files"]


def put_files(hook: FolderHook, letter: Letter) -> None:
    """Put the page, or the files that go with it, into the folder."""
    files = letter.files or ((f"{letter.id}.json", body(letter)),)
    try:
        for name, content in files:
            _put(hook.path, name, content)
    except OSError as error:
        raise UnavailableError(f"{hook.path}: {error.strerror or error}") from None


def _put(folder: Path, name: str, content: bytes) -> None:
    part = folder / f".{name}.part"
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / name)
