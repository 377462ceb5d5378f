"""`stationctl migrate`."""

import pytest

from stationd.cli.migrate import _beside
from stationd.cli.office import Office
from stationd.db.engine import Database
from stationd.db.revision import newest_revision
from tests.postgresql import PROGRAMS


def test_tables_are_made_once(value, ok):
    assert value("migrate") == {"before": None, "after": newest_revision(), "copy": None}
    assert "as before" in ok("migrate")


def test_other_commands_wait_for_it(run, ok):
    result = run("staff", "list")
    assert result.exit_code == 2
    assert "stationctl migrate" in result.stderr
    ok("migrate")
    ok("staff", "list")


def test_the_copy_lies_beside_the_database(config, tmp_path):
    office = Office(config)
    target = _beside(office, office.unchecked_desk.database)
    assert target.parent == tmp_path
    assert target.name.startswith("station.sqlite3.before-")


@pytest.mark.parametrize("url", ["sqlite://"])
def test_what_is_no_file_has_no_copy(config, url):
    assert _beside(Office(config), Database(url)) is None


# --- PostgreSQL ---


@pytest.fixture
def server(postgres, config, tmp_path):
    """Put an empty database of a server into the configuration, with an owner of its own."""
    name = postgres.make(more="OWNER keeper")
    url = f"sqlite:///{tmp_path}/station.sqlite3"
    addresses = f'{postgres.url(name, PROGRAMS)}"\nowner = "{postgres.url(name, "keeper")}'
    config.write_text(config.read_text().replace(url, addresses))
    yield name
    postgres.drop(name)


def test_tables_are_the_owners_and_the_programs_get_their_rights(server, value, ok, postgres):
    made = value("migrate")
    assert made == {"before": None, "after": newest_revision(), "copy": None, "role": PROGRAMS}
    owners = postgres.execute(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'", database=server
    )
    assert owners == [("keeper",)]
    assert "it adds records and changes none" in ok("migrate")
    ok("staff", "list")


def test_rights_are_given_anew_each_time(server, ok, run, postgres):
    ok("migrate")
    postgres.execute(f"REVOKE ALL ON staff FROM {PROGRAMS}", database=server)
    assert "lacks a right" in run("staff", "list").stderr
    ok("migrate")
    ok("staff", "list")


def test_a_worker_that_is_not_the_owner_starts_when_there_is_nothing_to_do(
    server, ok, run, config, postgres
):
    text = config.read_text()
    without = text.replace("keeper@", "absent@")
    config.write_text(without)
    result = run("migrate")
    assert (result.exit_code, "absent" in result.stderr) == (5, True)
    config.write_text(text)
    ok("migrate")
    config.write_text(without)
    result = run("migrate")
    assert result.exit_code == 0
    assert "Nothing had to be done, and the owner was not there to ask" in result.stderr


def test_a_server_that_is_away_is_told(run, config, tmp_path):
    url = f"sqlite:///{tmp_path}/station.sqlite3"
    config.write_text(config.read_text().replace(url, "postgresql+psycopg://w@127.0.0.1:1/x"))
    result = run("migrate")
    assert result.exit_code == 5
    assert "listens where database.url says" in result.stderr
