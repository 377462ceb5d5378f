"""A ledger with real notes, an authority on the shelf, and a folder as archive."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from archive.authorities.trial import TrialAuthority, make_authority
from archive.canonical import JsonValue
from archive.ceremony import Ceremony
from archive.errors import AuthorityUnavailableError
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from archive.timestamps import request
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.views import States
from stationd.clock import Clock, SetClock
from stationd.desk import Desk
from stationd.ledger import service, store
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree

ORIGIN = "log.example.com/station-1"
_SERIALS = count(1)


@dataclass
class Shelf:
    """An authority that stamps by our clock, moved by ``ahead``; away while ``away``."""

    name: str
    trial: TrialAuthority
    clock: Clock
    ahead: timedelta = timedelta()
    away: bool = False
    asked: int = 0
    serials: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def trust_pem(self) -> bytes:
        return self.trial.trust_pem

    def stamp(self, data: bytes) -> bytes:
        return self.stamp_hash(sha256(data).digest())

    def stamp_hash(self, digest: bytes) -> bytes:
        self.asked += 1
        if self.away:
            raise AuthorityUnavailableError(f"{self.name}: away")
        query = request(digest, nonce=next(self.serials) + 2**40)
        now = (self.clock.now() + self.ahead).replace(microsecond=0)
        return self.trial.reply(query, now=now, serial=next(self.serials))


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
        return Shelf(name, make_authority(now=now, serials=_SERIALS), desk.clock)

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
