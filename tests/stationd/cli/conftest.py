"""A station in a folder, and `stationctl` as a user calls it."""

import json
from datetime import timedelta

import fastcrc
import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner

from archive.seal import LogKey, Seal
from archive.stores.directory import DirectoryStore
from stationd import settings
from stationd.bundles import service as bundles
from stationd.bundles import store
from stationd.bundles.work import Retention, Workshop
from stationd.bundles.work import run as work
from stationd.cli import export
from stationd.cli.main import cli
from stationd.clock import SystemClock
from stationd.desk import open_desk
from stationd.follower.service import follow
from stationd.ids import SystemIds
from stationd.journal.model import Draft, Kind, encode_body
from stationd.journal.reader import JournalReader
from stationd.journal.store import Journal
from stationd.ledger.service import LedgerTree
from stationd.sealing import new_sealing_key
from stationd.staff import service
from stationd.staff.model import Role

PASSWORD = "correct horse battery"
ACCOUNTS = """account,customer,address,zone,number,systems
1001,Adler,12 Main St,America/Denver,01A4,burglary
1002,Berg,13 Main St,America/Denver,01A5,fire
"""


@pytest.fixture(autouse=True)
def no_system_log(monkeypatch, tmp_path):
    monkeypatch.setattr("stationd.cli.trail._SYSTEM_LOG", tmp_path / "no-log")


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch):
    """Hash cheaply: how hard guessing is, is not what these tests are about."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("stationd.staff.passwords._HASHER", quick)


@pytest.fixture
def station_url(tmp_path, database_kind, request):
    """The address of a station database; on SQLite nothing is there yet."""
    if database_kind == "sqlite":
        return f"sqlite:///{tmp_path}/station.sqlite3"
    return request.getfixturevalue("database_url")


@pytest.fixture
def config(tmp_path, station_url):
    path = tmp_path / "stationd.toml"
    (tmp_path / "roster.key").write_bytes(new_sealing_key())
    (tmp_path / "roster.key").chmod(0o600)
    path.write_text(
        f"""
        [station]
        station = "south"
        node = "n-1"
        [ledger]
        origin = "log.example.com/south"
        [database]
        url = "{station_url}"
        [journal]
        path = "{tmp_path}/journal.sqlite3"
        [roster]
        path = "{tmp_path}/roster.json"
        key = "{tmp_path}/roster.key"
        """
    )
    return path


@pytest.fixture
def run(config, tmp_path):
    """Call `stationctl`; returns what click's runner saw."""

    def run(*words, text=None):
        environment = {
            "STATIONCTL_CONFIG": str(config),
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "SUDO_USER": None,
        }
        return CliRunner().invoke(cli, [str(word) for word in words], input=text, env=environment)

    return run


@pytest.fixture
def ok(run):
    """Call `stationctl`, which must succeed; returns its output."""

    def ok(*words, text=None):
        result = run(*words, text=text)
        assert result.exit_code == 0, result.output
        return result.stdout

    return ok


@pytest.fixture
def value(ok):
    """Call `stationctl --json`; returns the value it printed."""
    return lambda *words, text=None: json.loads(ok("--json", *words, text=text))


@pytest.fixture
def desk(config, station_file):
    """The desk of a migrated station."""
    made = open_desk(settings.load(config), clock=SystemClock(), ids=SystemIds())
    yield made
    made.database.close()


@pytest.fixture
def staffed(desk):
    """A station whose staff are Anna (AD), Maria (MG) and Carla (EC)."""
    anna = None
    for login, role in (
        ("anna", Role.ADMINISTRATOR),
        ("maria", Role.MANAGER),
        ("carla", Role.CLERK),
    ):
        person = service.add(
            desk, login=login, name=login.title(), role=role, password=PASSWORD, by=anna
        )
        anna = anna or person
    return desk


@pytest.fixture
def log_in(staffed, ok):
    return lambda name: ok("login", name, "--password-stdin", text=PASSWORD + "\n")


@pytest.fixture
def opened(log_in, ok, tmp_path):
    """A station with two accounts; Maria is logged in."""
    path = tmp_path / "accounts.csv"
    path.write_text(ACCOUNTS)
    log_in("maria")
    ok("account", "import", path)
    return path


@pytest.fixture
def received(opened, config, desk):
    """A station that has a real journal with one alarm of 1001 and one of nobody."""
    clock, ids = SystemClock(), SystemIds()
    journal = Journal.open(settings.load(config).journal.path, ids)
    note = b'{"listeners":{"ip":{"group":"main","mode":"primary","options":{},"receiver":"dc09"}}}'
    bodies = [_entry(clock, ids, Kind.STARTED, b"", "", note)]
    bodies += [_entry(clock, ids, Kind.FRAME, _frame(number), "ip", b"") for number in NUMBERS]
    journal.append(bodies)
    journal.close()
    reader = JournalReader(settings.load(config).journal.path)
    follow(desk, reader, node="n-1", accounts=lambda _group: lambda _number: None)
    reader.close()
    return desk


NUMBERS = ("01A4", "0C")


def _frame(number):
    body = f'"SIA-DCS"0001L0#{number}[#{number}|Nri1/BA004]_14:12:04,03-02-2026'.encode()
    return b"\n" + f"{fastcrc.crc16.arc(body):04X}{len(body):04X}".encode() + body + b"\r"


def _entry(clock, ids, kind, raw, listener, note):
    return encode_body(
        Draft(
            received_at=clock.now_ns(),
            ticks=clock.ticks(),
            listener=listener,
            peer="192.0.2.7:4000" if listener else "",
            kind=kind,
            raw=raw,
            note=note,
            salt=ids.salt(),
        )
    )


RETENTION = Retention(closing=timedelta(days=3650), other=timedelta(days=730))


@pytest.fixture
def worker(desk, keys, authority, tmp_path, monkeypatch):
    """Do the worker's part each time the command waits, as ``parts`` says."""
    (tmp_path / "sealed").mkdir()
    log_key = LogKey.load(keys.log_key)
    shop = Workshop(
        desk=desk,
        store=DirectoryStore(tmp_path / "store"),
        authority=authority,
        seal=Seal.load(keys.seal_key, keys.seal, keys.root),
        log_public_pem=log_key.public_pem,
        origin="log.example.com/south",
        sealed=tmp_path / "sealed",
        holder="n-1",
    )

    def trouble(order):
        with desk.database.writing() as connection:
            store.release(connection, order, retry_at=desk.clock.now(), why="S3 is away")

    def better(order):
        with desk.database.writing() as connection:
            store.release(connection, order, retry_at=desk.clock.now(), why="")

    def lost(order):
        with desk.database.writing() as connection:
            now = desk.clock.now()
            store.release(connection, order, retry_at=now, why="files are gone", failed=True)

    def done(order):
        work(shop, order, LedgerTree.load(desk), log_key=log_key, retention=RETENTION)

    acts = {"trouble": trouble, "better": better, "lost": lost, "done": done}
    parts = ["done"]

    def works(_seconds):
        acts[parts.pop(0)](bundles.orders(desk)[0].id)

    monkeypatch.setattr(export, "sleep", works)
    return parts
