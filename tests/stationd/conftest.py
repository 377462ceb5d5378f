"""A desk with an empty station database, and a journal that tests write line by line."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import fastcrc
import pytest
import sqlalchemy as sa

from archive.ceremony import Ceremony
from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.service import open_account
from stationd.clock import SetClock, SystemClock, iso
from stationd.db import schema
from stationd.db.engine import Database
from stationd.demo.authority import AuthorityServer
from stationd.desk import Desk, open_desk
from stationd.ids import CountedIds, SystemIds
from stationd.journal import chain
from stationd.journal.model import Draft, Entry, Kind, encode_body
from stationd.letters.service import sign_form
from stationd.sealing import new_sealing_key
from stationd.settings import PolicySettings, Settings, load
from stationd.staff.model import Person, Role

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
LISTENERS = {
    "ip": {"receiver": "dc09", "group": "main", "mode": "primary", "options": {}},
    "com1": {"receiver": "surgard", "group": "lines", "mode": "primary", "options": {}},
}


@pytest.fixture
def clock() -> SetClock:
    return SetClock(START)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def desk(database: Database, clock: SetClock) -> Desk:
    return Desk(
        database=database,
        clock=clock,
        ids=CountedIds(),
        station="station-1",
        policies=PolicySettings(),
    )


class WrittenJournal:
    """A journal in memory, with real bodies and links; stands in for `JournalReader`."""

    def __init__(self, clock: SetClock, id_: str = "a" * 32) -> None:
        self.id = id_
        self.entries: list[Entry] = []
        self._clock = clock
        self._ids = CountedIds(7)
        self._link = chain.first_link(id_.encode())

    def write(
        self,
        kind: Kind,
        raw: bytes = b"",
        listener: str = "",
        note: Mapping[str, Any] | None = None,
        after: timedelta = timedelta(seconds=1),
    ) -> Entry:
        """Let time pass and append an entry."""
        self._clock.advance(after)
        text = b"" if note is None else json.dumps(note, sort_keys=True).encode()
        draft = Draft(
            received_at=self._clock.now_ns(),
            ticks=self._clock.ticks(),
            listener=listener,
            peer="192.0.2.7:4000" if listener else "",
            kind=kind,
            raw=raw,
            note=text,
            salt=self._ids.salt(),
        )
        return self.append(draft)

    def append(self, draft: Draft) -> Entry:
        """Append ``draft`` as it is."""
        position = len(self.entries) + 1
        self._link = chain.link(self._link, position, encode_body(draft))
        entry = Entry(**asdict(draft), position=position, link=self._link)
        self.entries.append(entry)
        return entry

    def start(self, listeners: Mapping[str, Any] = LISTENERS, **more: Any) -> Entry:
        note = {"version": "0.1.0", "pid": 7, "listeners": listeners}
        return self.write(Kind.STARTED, note=note, **more)

    def frame(self, raw: bytes, listener: str = "ip", **more: Any) -> Entry:
        return self.write(Kind.FRAME, raw, listener, **more)

    def read(self, after: int, count: int) -> list[Entry]:
        return self.entries[after : after + count]


def _dc09(number: str, data: str, sequence: int = 1) -> bytes:
    body = f'"SIA-DCS"{sequence:04}L0#{number}[#{number}|{data}]_14:12:04,03-02-2026'.encode()
    return b"\n" + f"{fastcrc.crc16.arc(body):04X}{len(body):04X}".encode() + body + b"\r"


def _contact_id(number: str, code: str, zone: str = "004", area: str = "01") -> bytes:
    return f"5011 18{number}{code}{area}{zone}".encode() + b"\x14"


class Frames:
    """Frames as they come from the wire."""

    dc09 = staticmethod(_dc09)
    contact_id = staticmethod(_contact_id)


@pytest.fixture
def frames() -> type[Frames]:
    return Frames


@pytest.fixture
def journal(clock: SetClock) -> WrittenJournal:
    return WrittenJournal(clock)


@pytest.fixture
def another_journal(clock: SetClock) -> WrittenJournal:
    return WrittenJournal(clock, "b" * 32)


class Roll:
    """Puts accounts and links straight into the tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def account(self, acct: str, *, service: str = "active", record: str = "open") -> None:
        at = iso(START - timedelta(days=100))
        with self._database.writing() as connection:
            made = connection.execute(sa.select(sa.func.count()).select_from(schema.customers))
            if not made.scalar_one():
                connection.execute(
                    sa.insert(schema.customers), {"id": "c", "name": "Acme", "details": "{}"}
                )
                connection.execute(
                    sa.insert(schema.sites),
                    {
                        "id": "s",
                        "customer_id": "c",
                        "name": "Shop",
                        "address": "1 Main",
                        "zone": "UTC",
                        "jurisdiction": "",
                    },
                )
            connection.execute(
                sa.insert(schema.contracts),
                {
                    "id": acct,
                    "site_id": "s",
                    "number": acct,
                    "party": "station",
                    "standing": "current",
                    "notice_days": 30,
                    "terms": "{}",
                },
            )
            connection.execute(
                sa.insert(schema.accounts),
                {
                    "acct": acct,
                    "contract_id": acct,
                    "service": service,
                    "record": record,
                    "epoch": 1,
                    "details": "{}",
                    "opened_at": at,
                },
            )

    def link(
        self,
        acct: str,
        group: str,
        number: str,
        *,
        scope: Mapping[str, Any] | None = None,
        since: datetime = START - timedelta(days=100),
        until: datetime | None = None,
    ) -> None:
        transmitter = f"{group}/{number}"
        with self._database.writing() as connection:
            known = sa.select(schema.transmitters.c.id).where(
                schema.transmitters.c.id == transmitter
            )
            if connection.execute(known).one_or_none() is None:
                connection.execute(
                    sa.insert(schema.transmitters),
                    {
                        "id": transmitter,
                        "receiver_group": group,
                        "number": number,
                        "protocol": "",
                        "keys": "[]",
                        "switches": "[]",
                    },
                )
            connection.execute(
                sa.insert(schema.transmitter_links),
                {
                    "id": f"{transmitter}/{acct}/{since:%y%m%d%H%M%S}",
                    "transmitter_id": transmitter,
                    "acct": acct,
                    "scope": json.dumps(scope or {}),
                    "valid_from": iso(since),
                    "valid_to": None if until is None else iso(until),
                },
            )


@pytest.fixture
def roll(database: Database) -> Roll:
    return Roll(database)


# --- A worker's station: real keys, a real authority, a folder as archive ---

WORKER_CONFIG = """
[station]
station = "station-1"
node = "node-1"
[ledger]
origin = "log.example.com/station-1"
[journal]
path = "{folder}/journal.sqlite3"
[roster]
path = "{folder}/roster.json"
key = "{folder}/roster.key"
[database]
url = "{url}"
[keys]
seal_key = "{keys}/seal.key.pem"
seal_certificate = "{keys}/seal.pem"
root = "{keys}/root.pem"
log_key = "{keys}/log.key.pem"
[archive]
sealed = "{folder}/sealed"
[archive.store]
kind = "directory"
path = "{folder}/store"
[[authorities]]
name = "trial"
url = "{authority}"
trust = "{folder}/tsa.pem"
[policies]
late_buffer = "0s"
mail_allowance = "0s"
effective_roll = false
alarm_settles = "1s"
"""


@pytest.fixture
def worker_config(
    tmp_path: Path, keys: Ceremony, authority_server: AuthorityServer, database_url: str
) -> Path:
    (tmp_path / "roster.key").write_bytes(new_sealing_key())
    (tmp_path / "roster.key").chmod(0o600)
    (tmp_path / "tsa.pem").write_bytes(authority_server.trust_pem)
    path = tmp_path / "stationd.toml"
    where = {
        "folder": tmp_path,
        "keys": keys.root.parent,
        "authority": authority_server.url,
        "url": database_url,
    }
    path.write_text(WORKER_CONFIG.format(**where))
    return path


@pytest.fixture
def worker_settings(worker_config: Path) -> Settings:
    return load(worker_config)


@pytest.fixture
def worker_desk(worker_settings: Settings, station_file: Path) -> Iterator[Desk]:
    """A migrated desk on the machine's clock, with account 1234."""
    made = open_desk(worker_settings, clock=SystemClock(), ids=SystemIds())
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(
            id="k1",
            site_id="s1",
            number="K-1",
            notice_days=0,
            terms={
                "form": "A-7",
                "form_signed_off": "2025-01-01",
                "started": "2020-01-01",
                "notice_methods": ["hand"],
                "termination_clause": "12.1",
                "paid_through": "2026-01-31",
                "equipment": "company",
            },
        ),
        acct="1234",
    )
    maria = Person(login="maria", name="Maria", role=Role.MANAGER)
    open_account(made, opening, by=maria)
    counsel = ("counsel.pdf", b"signed")
    sign_form(
        made, "confirmation", "F-1", content=("form.pdf", b"form"), by=maria, sign_off=counsel
    )
    yield made
    made.database.close()
