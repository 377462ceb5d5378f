"""An anchored ledger of some accounts, made once, whose files tests copy."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.authorities.trial import make_authority
from archive.ceremony import make_keys
from archive.proofs import proof_files
from archive.seal import LogKey
from archive.stores.directory import DirectoryStore
from stationd.anchors.proofs import Chain, account_proofs
from stationd.anchors.service import Anchorage, begin, work
from stationd.anchors.store import read_points
from stationd.anchors.views import States
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.ids import CountedIds
from stationd.ledger import service
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import append
from stationd.settings import PolicySettings
from tests.shelf import Shelf

ORIGIN = "log.example.com/station-1"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ACCOUNTS = ("1", "2", "3")
AT = iso(START)


@dataclass
class Ledger:
    """A desk on a ledger, its anchors' states, and the log's public key."""

    desk: Desk
    states: States
    public: bytes

    def proofs(self) -> Mapping[tuple[str, int], dict[str, bytes]]:
        """Return the files that prove each account at each anchor from then to the last."""
        found = {}
        with self.desk.database.reading() as connection:
            points = [n for n, _ in read_points(connection, 2**62)]
            for acct in ACCOUNTS:
                chain = Chain(station="station-1", origin=ORIGIN, acct=acct, epoch=1)
                for n in points:
                    made = account_proofs(connection, self.states, chain, sorted({n, points[-1]}))
                    found[acct, n] = dict(proof_files(made))
        return found


def desk_in(folder: Path, clock: SetClock) -> Desk:
    return Desk(
        database=Database(f"sqlite:///{folder / 'station.sqlite3'}"),
        clock=clock,
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )


def signal(acct: str, position: int) -> RecordDraft:
    fields = {"text": f"said {acct}"}
    return RecordDraft(acct, "signal", "machine", fields, "j", position, (1, 1))


def grow(desk: Desk, turn: int) -> None:
    """Let every account grow by some records; one frame in a turn is of all of them."""
    with desk.database.writing() as connection:
        drafts = []
        for place, acct in enumerate(ACCOUNTS):
            first = turn * 100 + place * 10
            drafts += [signal(acct, first + number) for number in range(place + 2)]
        drafts += [signal(acct, turn * 100 + 99) for acct in ACCOUNTS]
        for position in sorted({draft.position for draft in drafts}):
            row = {"journal": "j", "position": position, "body": b"entry", "link": b"l" * 32}
            connection.execute(sa.insert(schema.entries), row)
        append(connection, drafts, station="station-1", now=desk.clock.now(), ids=desk.ids)


@pytest.fixture(scope="session")
def anchored_folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp("anchored")
    clock = SetClock(START)
    desk = desk_in(folder, clock)
    migrate(desk.database, copy_to=None)
    keys = make_keys(folder / "keys", station="station-1", now=START, serials=count(1))
    log_key = LogKey.load(keys.log_key)
    tree = LedgerTree.load(desk)
    authority = make_authority(now=START - timedelta(days=1), serials=count(1))
    anchorage = Anchorage(
        desk=desk,
        authorities=[Shelf(authority, clock)],
        store=DirectoryStore(folder / "store"),
        states=States(folder / "states"),
        retention=timedelta(days=3650),
        holder="node-1",
    )
    for turn in range(3):
        clock.advance(timedelta(hours=1))
        grow(desk, turn)
        service.checkpoint(desk, tree, origin=ORIGIN, log_key=log_key)
        begin(desk, tree, anchorage.states)
        work(anchorage)
    rows(desk)
    desk.database.close()
    return folder, log_key.public


def rows(desk: Desk) -> None:
    """Put in what a running purge of every account needs."""
    site = {"name": "Shop", "address": "1 Main", "zone": "UTC", "jurisdiction": ""}
    with desk.database.writing() as connection:
        connection.execute(
            sa.insert(schema.customers), {"id": "c", "name": "Acme", "details": "{}"}
        )
        connection.execute(sa.insert(schema.sites), {"id": "s", "customer_id": "c", **site})
        terms = {"party": "station", "standing": "current", "notice_days": 30, "terms": "{}"}
        for acct in ACCOUNTS:
            contract = {"id": acct, "site_id": "s", "number": acct, **terms}
            connection.execute(sa.insert(schema.contracts), contract)
            account = {"acct": acct, "contract_id": acct, "service": "ended", "record": "open"}
            more = {"epoch": 1, "details": "{}", "opened_at": AT}
            connection.execute(sa.insert(schema.accounts), {**account, **more})
        purge = {"id": "p", "state": "approved", "ground": "g", "list": "", "list_sha256": ""}
        persons = {"proposed_by": "maria", "proposed_role": "MG", "approved_by": "ada"}
        connection.execute(
            sa.insert(schema.purges), {**purge, **persons, "proposed_at": AT, "why": ""}
        )
        item = {"purge_id": "p", "place": 0, "state": "running", "why": "", "counts": "{}"}
        for acct in ACCOUNTS:
            for name in ("records", "cases"):
                values = {**item, "acct": acct, "data_class": name}
                connection.execute(sa.insert(schema.purge_items), values)


def copy_of(anchored_folder: tuple[Path, bytes], into: Path) -> Ledger:
    folder, public = anchored_folder
    shutil.copy(folder / "station.sqlite3", into / "station.sqlite3")
    return Ledger(desk_in(into, SetClock(START)), States(folder / "states"), public)


@pytest.fixture
def ledger(anchored_folder: tuple[Path, bytes], tmp_path: Path) -> Ledger:
    made = copy_of(anchored_folder, tmp_path)
    yield made
    made.desk.database.close()


@pytest.fixture
def fresh(anchored_folder: tuple[Path, bytes], tmp_path_factory: pytest.TempPathFactory):
    """Make a copy for each example."""

    def make() -> Ledger:
        return copy_of(anchored_folder, tmp_path_factory.mktemp("example"))

    return make
