"""A journal of its own for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stationd.ids import CountedIds
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.store import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the journal lies."""
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """Return a new journal."""
    opened = Journal.open(path, CountedIds())
    yield opened
    opened.close()


@pytest.fixture
def body() -> Callable[[int], bytes]:
    """Return what makes the body of a frame that was received at a time."""

    def made(received_at: int) -> bytes:
        return encode_body(
            Draft(
                received_at=received_at,
                ticks=received_at,
                listener="line",
                peer="peer",
                kind=Kind.FRAME,
                raw=b"frame %d" % received_at,
                note=b"",
                salt=bytes(16),
            )
        )

    return made
