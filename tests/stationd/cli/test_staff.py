"""`stationctl staff`."""

from stationd.cli.office import Office
from stationd.staff.second_factor import code_at, open_factor
from stationd.staff.store import read_member

PASSWORD = "correct horse battery"
NEW = "another good password"


def add(run, login, role="MG"):
    words = ["staff", "add", login, "--name", login.title(), "--role", role, "--password-stdin"]
    return run(*words, text=PASSWORD)


def test_the_first_is_added_without_a_login_and_nobody_after(desk, run):
    assert add(run, "anna", "AD").exit_code == 0
    assert add(run, "ben").exit_code == 4


def test_an_administrator_adds_others_who_are_listed(log_in, run, value):
    log_in("anna")
    assert add(run, "ben").stdout == "Ben (manager) is on the staff.\n"
    found = {one["login"]: one for one in value("staff", "list")}
    assert found["ben"]["role"] == "manager"
    assert "carla" in run("staff", "list").stdout


def test_a_password_is_asked_for_twice(desk, run):
    result = run("staff", "add", "anna", "--name", "A", "--role", "AD", text=f"{PASSWORD}\nx\n")
    assert result.exit_code != 0
    assert PASSWORD not in result.output


def test_without_staff_the_list_says_what_helps(desk, ok):
    assert "staff add" in ok("staff", "list")


def test_members_are_disabled_enabled_and_given_roles(log_in, ok, run):
    log_in("anna")
    assert "no longer" in ok("staff", "disable", "carla")
    assert "may log in" in ok("staff", "enable", "carla")
    assert "carla is manager now" in ok("staff", "role", "carla", "MG")
    assert run("staff", "disable", "anna").exit_code == 2


def test_passwords_are_changed_and_given_anew(log_in, ok, run):
    log_in("maria")
    ok("staff", "password", "--password-stdin", text=f"{PASSWORD}\n{NEW}\n")
    assert run("login", "maria", "--password-stdin", text=PASSWORD).exit_code == 4
    log_in("anna")
    ok("staff", "password", "carla", "--password-stdin", text=f"{NEW}\n")
    ok("login", "carla", "--password-stdin", text=NEW)


def test_ones_own_password_may_be_typed(log_in, ok):
    log_in("maria")
    ok("staff", "password", text=f"{PASSWORD}\n{NEW}\n{NEW}\n")


def test_a_second_factor_is_enrolled_and_dropped(log_in, ok, run, value, config, staffed):
    log_in("maria")
    begun = value("staff", "totp")
    assert begun["address"].startswith("otpauth://totp/south:maria")
    with staffed.database.reading() as connection:
        sealed = read_member(connection, "maria").factor
    secret = open_factor(sealed, Office(config).sealer()).secret
    code = code_at(secret, staffed.clock.now())
    assert "asks for a code" in ok("staff", "totp", "--code", code)
    log_in("anna")
    assert "no second factor" in ok("staff", "totp", "--drop", "maria")
    log_in("maria")
    assert run("staff", "totp", text="000000\n").exit_code == 4
    assert run("staff", "totp", "--code", "").exit_code == 4
