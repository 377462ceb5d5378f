"""A station in a folder, and `stationctl` as a user calls it."""

import json

import pytest
from click.testing import CliRunner

from stationd import settings
from stationd.cli.main import cli
from stationd.clock import SystemClock
from stationd.db.revision import migrate
from stationd.desk import open_desk
from stationd.ids import SystemIds
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


@pytest.fixture
def config(tmp_path):
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
        url = "sqlite:///{tmp_path}/station.sqlite3"
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
def desk(config):
    """The desk of a migrated station."""
    made = open_desk(settings.load(config), clock=SystemClock(), ids=SystemIds())
    migrate(made.database, copy_to=None)
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
