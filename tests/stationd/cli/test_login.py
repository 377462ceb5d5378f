"""`stationctl login` and `logout`."""

import json

import pytest

from stationd.cli.office import Office
from stationd.staff import service
from stationd.staff.second_factor import code_at, open_factor
from stationd.staff.store import read_member

PASSWORD = "correct horse battery"


def test_who_logs_in_may_act_until_logged_out(log_in, run, ok):
    assert log_in("anna") == "Logged in as Anna (administrator).\n"
    ok("staff", "disable", "carla")
    assert ok("logout") == "Logged out.\n"
    assert run("staff", "enable", "carla").exit_code == 4
    assert ok("logout") == "Logged out.\n"


def test_name_and_password_are_asked_for(staffed, ok):
    assert "Logged in as Maria" in ok("login", text=f"maria\n{PASSWORD}\n")


def test_a_wrong_password_ends_with_4(staffed, run, tmp_path):
    result = run("login", "anna", "--password-stdin", text="not the password\n")
    assert result.exit_code == 4
    assert not list(tmp_path.glob("state/**/*.token"))


@pytest.fixture
def secret(staffed, config):
    """Anna's second factor, waiting for its first code."""
    sealer = Office(config).sealer()
    anna = service.staff_list(staffed)[0].person
    service.enrol_second_factor(staffed, sealer, by=anna)
    with staffed.database.reading() as connection:
        found = open_factor(read_member(connection, "anna").factor, sealer).secret
    code = code_at(found, staffed.clock.now())
    service.confirm_second_factor(staffed, code, sealer, by=anna)
    return found


def test_the_code_is_asked_for_where_it_is_needed(secret, run, staffed):
    result = run("login", "anna", text=f"{PASSWORD}\n000000\n")
    assert result.exit_code == 4
    assert "Code of the second factor" in result.stderr
    piped = run("login", "anna", "--password-stdin", text=PASSWORD)
    assert (piped.exit_code, "second factor" in piped.stderr) == (4, True)


def test_a_login_is_json_too(staffed, run):
    result = run("--json", "login", "maria", "--password-stdin", text=PASSWORD)
    assert json.loads(result.stdout) == {"login": "maria", "name": "Maria", "role": "MG"}
