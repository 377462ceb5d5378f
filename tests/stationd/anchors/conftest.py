"""A ledger with real notes, an authority on the shelf, and a folder as archive."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from archive.authorities.trial import make_authority
from archive.canonical import JsonValue
from archive.ceremony import Ceremony
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.ledger import service, store
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree
from tests.shelf import Shelf

ORIGIN = "log.example.com/station-1"
_SERIALS = count(1)


@pytest.fixture
def log_key(keys: Ceremony) -> LogKey:
    return LogKey.load(keys.log_key)


@pytest.fixture
def tree(desk: Desk) -> LedgerTree:
    return LedgerTree.load(desk)


@pytest.fixture
def shelf_of(desk: Desk) -> Callable[[str], Shelf]:
    def make(name: str) -> Shelf:
        now = datetime(2026, 1, 1, tzinfo=desk.clock.now().tzinfo)
        return Shelf(make_authority(now=now, serials=_SERIALS), desk.clock, name)

    return make


@pytest.fixture
def shelf(shelf_of: Callable[[str], Shelf]) -> Shelf:
    return shelf_of("first")


@pytest.fixture
def states(tmp_path: Path) -> States:
    return States(tmp_path / "states")


@pytest.fixture
def anchorage(desk: Desk, shelf: Shelf, states: States, tmp_path: Path) -> Anchorage:
    return Anchorage(
        desk=desk,
        authorities=[shelf],
        store=DirectoryStore(tmp_path / "store"),
        states=states,
        retention=timedelta(days=3650),
        holder="node-1",
    )


@pytest.fixture
def grow(desk: Desk) -> Callable[..., None]:
    def append(acct: str = "4821", **fields: JsonValue) -> None:
        with desk.database.writing() as connection:
            store.append(
                connection,
                [RecordDraft(acct, "signal", "machine", fields)],
                station=desk.station,
                now=desk.clock.now(),
                ids=desk.ids,
            )

    return append


@pytest.fixture
def checkpoint(
    desk: Desk, tree: LedgerTree, log_key: LogKey, grow: Callable[..., None]
) -> Callable[..., int]:
    """Let an account grow and make a checkpoint; return its number."""

    def make(*accts: str) -> int:
        for acct in accts or ("4821",):
            grow(acct)
        n = service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
        assert n is not None
        return n

    return make


@pytest.fixture
def anchored(
    desk: Desk,
    clock: SetClock,
    tree: LedgerTree,
    anchorage: Anchorage,
    checkpoint: Callable[..., int],
) -> Callable[..., int]:
    """Let accounts grow, make a checkpoint and anchor it; return its number."""

    def make(*accts: str) -> int:
        clock.advance(timedelta(hours=1))
        n = checkpoint("4821", *accts)
        begin(desk, tree, anchorage.states)
        work(anchorage)
        return n

    return make
