"""A closed account with everything a purge can meet, made once; each test gets a copy of its files.

Account 1234 is closed: 40 records of epoch 1 from a journal, one of them of a frame that 5678
shares, documents, a case with facts, a closing bundle; a tail of two records in epoch 2 with a
bundle of its own.  5678 is open.
"""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from archive.authorities.trial import make_authority
from archive.ceremony import make_keys
from archive.seal import LogKey, Seal
from archive.stores.directory import DirectoryStore
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.bundles import service as bundles
from stationd.bundles.model import Kind
from stationd.bundles.work import Retention, Workshop, run
from stationd.clock import SetClock, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.db.revision import migrate
from stationd.desk import Desk
from stationd.ids import SystemIds
from stationd.ledger import service as ledger
from stationd.ledger.model import RecordDraft
from stationd.ledger.service import LedgerTree
from stationd.ledger.store import append, read_head, read_records, store_document
from stationd.purges import service
from stationd.purges.model import Purge
from stationd.purges.work import work
from stationd.settings import PolicySettings
from stationd.staff.model import WORKER, Person, Role
from tests.shelf import Shelf

ORIGIN = "log.example.com/station-1"
RETENTION = Retention(closing=timedelta(days=2 * 365), other=timedelta(days=2 * 365))
JOURNAL = "a" * 32
SECRET = b"the-panel-said-so"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@dataclass
class Station:
    """The desk and what bundles are worked on with, at a moment that tests move."""

    desk: Desk
    shop: Workshop
    clock: SetClock
    folder: Path
    log_key: LogKey

    def rows(self, query):
        with self.desk.database.reading() as connection:
            return connection.execute(query).all()

    def custody(self):
        with self.desk.database.reading() as connection:
            size = read_head(connection, "station", 1).size
            found = read_records(connection, "station", 1, 1, size)
        return [json.loads(one) for one in found if b'"type":"custody"' in one]

    def renew(self):
        """Make new keys, as is due every third year."""
        keys = make_keys(
            self.folder / "keys", station="station-1", now=self.clock.now(), serials=count(1)
        )
        self.log_key = LogKey.load(keys.log_key)
        seal = Seal.load(keys.seal_key, keys.seal, keys.root)
        self.shop = replace(self.shop, seal=seal, log_public_pem=self.log_key.public_pem)

    def make_bundle(self, acct, *, epoch=None):
        tree = LedgerTree.load(self.desk)
        maria = Person(login="maria", name="Maria", role=Role.MANAGER)
        order_id = bundles.order(self.desk, acct, Kind.ON_REQUEST, maria, epoch=epoch)
        return run(self.shop, order_id, tree, log_key=self.log_key, retention=RETENTION)


def opened(folder, keys, authority, clock, store=None):
    database = Database(f"sqlite:///{folder / 'station.sqlite3'}")
    desk = Desk(
        database=database,
        clock=clock,
        ids=SystemIds(),
        station="station-1",
        policies=PolicySettings(),
    )
    log_key = LogKey.load(keys.log_key)
    (folder / "sealed").mkdir(exist_ok=True)
    shop = Workshop(
        desk=desk,
        store=store or DirectoryStore(folder / "store"),
        authority=authority,
        seal=Seal.load(keys.seal_key, keys.seal, keys.root),
        log_public_pem=log_key.public_pem,
        origin=ORIGIN,
        sealed=folder / "sealed",
        holder="node-1",
    )
    return Station(desk, shop, clock, folder, log_key)


def open_accounts(desk, by):
    for acct in ("1234", "5678"):
        opening = Opening(
            customer=Customer(id=f"c{acct}", name="Adler", details={"phone": "303 555 0100"}),
            site=Site(
                id=f"s{acct}", customer_id=f"c{acct}", name="Shop", address="12 Main", zone="UTC"
            ),
            contract=Contract(id=f"k{acct}", site_id=f"s{acct}", number=f"K-{acct}"),
            acct=acct,
        )
        open_account(desk, opening, by=by)


def signal(acct, position, doc=None):
    text = SECRET.decode() if acct == "1234" else "another's"
    fields = {"text": text, "class": "alarm", "entry": {"position": position}}
    if doc is not None:
        fields["doc"] = doc.hex()
    return RecordDraft(acct, "signal", "machine", fields, JOURNAL, position, (1, 1))


def grow(desk, drafts, *, positions=()):
    with desk.database.writing() as connection:
        for position in positions:
            values = {
                "journal": JOURNAL,
                "position": position,
                "body": b"entry %d: %s" % (position, b"shared" if position == 40 else SECRET),
                "link": bytes([position]) * 32,
            }
            connection.execute(sa.insert(schema.entries), values)
        made = append(connection, drafts, station=desk.station, now=desk.clock.now(), ids=desk.ids)
        for one in made:
            values = dict.fromkeys(
                ["listener", "receiver_group", "number", "signal_class", "code", "name"], "x"
            ) | dict.fromkeys(["zone", "user", "area", "marks"], "")
            place = {"acct": one.acct, "epoch": one.epoch, "seq": one.seq}
            text = SECRET.decode() if one.acct == "1234" else "another's"
            values |= {**place, "received_at": one.t, "text": text}
            connection.execute(sa.insert(schema.signals), values)


def document(desk, content):
    with desk.database.writing() as connection:
        return store_document(
            connection,
            content=content,
            media_type="text/plain",
            name="note.txt",
            compartment="producible",
            now=desk.clock.now(),
            ids=desk.ids,
        )


def case_rows(desk, doc):
    at = iso(desk.clock.now())
    case = {
        "id": "case-1",
        "acct": "1234",
        "contract_id": "k1234",
        "reason": "nonpayment",
        "state": "sealed",
        "version": 2,
        "overdue": False,
        "opened_at": at,
        "opened_by": "maria",
        "ended_at": at,
    }
    fact = {
        "id": "f1",
        "case_id": "case-1",
        "kind": "dunning",
        "fact": json.dumps({"text": SECRET.decode()}),
        "doc": doc,
        "author": "maria",
        "at": at,
    }
    step = {
        "case_id": "case-1",
        "version": 1,
        "row": "T1",
        "event": "open",
        "from_state": "",
        "to_state": "open",
        "by": "maria",
        "at": at,
        "results": json.dumps([{"id": "G1", "text": SECRET.decode()}]),
        "results_hash": b"r" * 32,
    }
    with desk.database.writing() as connection:
        connection.execute(sa.insert(schema.cases), case)
        connection.execute(sa.insert(schema.case_facts), [fact, {**fact, "id": "f2", "doc": None}])
        connection.execute(sa.insert(schema.case_steps), step)


def close(station):
    """Close epoch 1, make its bundle, and close account and case on it."""
    desk, tree = station.desk, LedgerTree.load(station.desk)
    ledger.close_epoch(
        desk,
        tree,
        acct="1234",
        epoch=1,
        fields={"case": "case-1"},
        origin=ORIGIN,
        log_key=station.log_key,
    )
    with desk.database.writing() as connection:
        order_id, draft = bundles.place(
            connection, desk, acct="1234", epoch=1, kind=Kind.CLOSING, by=WORKER, case_id="case-1"
        )
        append(connection, [draft], station=desk.station, now=desk.clock.now(), ids=desk.ids)
    run(station.shop, order_id, tree, log_key=station.log_key, retention=RETENTION)
    with desk.database.writing() as connection:
        # A folder has no locks; the wall in front of `closed` asks for one.
        if not station.shop.store.locked:
            connection.execute(sa.update(schema.objects).values(mode="COMPLIANCE"))
        at = iso(desk.clock.now())
        connection.execute(sa.update(schema.cases).values(state="closed", closed_at=at))
        accts = sa.update(schema.accounts).where(schema.accounts.c.acct == "1234")
        connection.execute(accts.values(record="closed", service="ended", epoch=2))


def populate(station):
    desk = station.desk
    migrate(desk.database, copy_to=None)
    open_accounts(desk, Person(login="maria", name="Maria", role=Role.MANAGER))
    case_rows(desk, document(desk, b"invoice: " + SECRET))
    kept = document(desk, b"a letter: " + SECRET)
    drafts = [signal("1234", n, kept if n == 7 else None) for n in range(1, 38)]
    grow(desk, [*drafts, signal("1234", 40), signal("5678", 40)], positions=[*range(1, 38), 40])
    close(station)
    grow(desk, [signal("1234", 50)], positions=[50])
    station.make_bundle("1234", epoch=2)
    desk.database.close()


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("purge-template")
    keys = make_keys(folder / "keys", station="station-1", now=START, serials=count(1))
    trial = make_authority(now=START - timedelta(days=1), serials=count(1))
    clock = SetClock(START)
    populate(opened(folder, keys, Shelf(trial, clock), clock))
    return folder, keys, trial


def copied(template, into):
    """Return a station on a copy of the template's files."""
    folder, keys, trial = template
    for name in ("station.sqlite3", "sealed", "store"):
        source, target = folder / name, into / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    clock = SetClock(START)
    made = opened(into, keys, Shelf(trial, clock), clock)
    with made.desk.database.writing() as connection:
        table = schema.objects
        moved = sa.func.replace(table.c.path, str(folder), str(into))
        connection.execute(sa.update(table).values(path=moved))
    return made


@pytest.fixture
def station(template, tmp_path):
    made = copied(template, tmp_path)
    yield made
    made.desk.database.close()


MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)
ADA = Person(login="ada", name="Ada", role=Role.ADMINISTRATOR)


def approve(station, after):
    """Return a purge of what may go after so many years, approved, its time to object over."""
    station.clock.advance(timedelta(days=366 * after))
    purge = service.propose(station.desk, "the register", by=MARIA).purge
    done = service.approve(station.desk, purge.id, purge.list_sha256, by=ADA)
    station.clock.advance(timedelta(days=14))
    return done


@pytest.fixture
def maria():
    return MARIA


@pytest.fixture
def ada():
    return ADA


@pytest.fixture
def approved(station):
    def make(after=8):
        return approve(station, after)

    return make


@pytest.fixture(scope="module")
def purged(template, tmp_path_factory):
    """A station whose records and cases of 1234 are purged, to look at; with what stood before."""
    made = copied(template, tmp_path_factory.mktemp("purged"))
    hashes = sa.select(*(schema.records.c[name] for name in ("acct", "seq", "leaf", "head")))
    links = sa.select(schema.entries.c.position, schema.entries.c.link)
    before = made.rows(hashes), made.rows(links)
    purge = approve(made, 8)
    work(made.shop)
    yield Purged(made, purge, before, (made.rows(hashes), made.rows(links)))
    made.desk.database.close()


@dataclass
class Purged:
    """A station after a purge; ``before`` and ``after`` are all hashes of records and entries."""

    station: Station
    purge: Purge
    before: tuple
    after: tuple
