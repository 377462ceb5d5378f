"""`stationctl migrate`."""

import pytest

from stationd.cli.migrate import _beside
from stationd.cli.office import Office
from stationd.db.engine import Database
from stationd.db.revision import newest_revision


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
