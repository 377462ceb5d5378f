"""Staff: added, logged in, locked out, given second factors."""

import json
from datetime import timedelta

import pytest

from stationd.errors import MistakeError, NotAuthorisedError, SecondFactorNeededError
from stationd.ledger.store import read_head, read_records
from stationd.staff import service
from stationd.staff.model import Role
from stationd.staff.second_factor import code_at, open_factor
from stationd.staff.store import read_member

PASSWORD = "correct horse battery"


def records(desk):
    with desk.database.reading() as connection:
        size = read_head(connection, "station", 1).size
        found = [json.loads(one) for one in read_records(connection, "station", 1, 2, size)]
    return [(one["kind"], one.get("by"), one["login"]) for one in found]


@pytest.fixture
def log_in(desk, sealer):
    def log_in(name="anna", password=PASSWORD, code=""):
        return service.login(desk, name, password, code=code, sealer=lambda: sealer)

    return log_in


@pytest.fixture
def enrolled(desk, anna, sealer):
    """Anna with a second factor; returns what gives her code of now."""
    service.enrol_second_factor(desk, sealer, by=anna)
    with desk.database.reading() as connection:
        secret = open_factor(read_member(connection, "anna").factor, sealer).secret

    def code():
        return code_at(secret, desk.clock.now())

    service.confirm_second_factor(desk, code(), sealer, by=anna)
    desk.clock.advance(timedelta(seconds=30))
    return code


# --- The staff ---


def test_the_first_needs_no_login_and_is_a_record(desk, anna):
    assert anna.role is Role.ADMINISTRATOR
    assert records(desk) == [("first_staff_added", None, "anna")]


def test_the_first_is_an_administrator(desk):
    with pytest.raises(MistakeError, match="first member"):
        service.add(desk, login="ben", name="Ben", role=Role.MANAGER, password=PASSWORD, by=None)


def test_there_is_one_first_only(desk, anna):
    with pytest.raises(NotAuthorisedError, match="There is staff already"):
        service.add(
            desk, login="eve", name="Eve", role=Role.ADMINISTRATOR, password=PASSWORD, by=None
        )


def test_an_administrator_adds_others(desk, add):
    add("ben")
    assert [one.login for one in service.staff_list(desk)] == ["anna", "ben"]
    assert records(desk)[-1] == ("staff_added", "anna", "ben")


def test_a_manager_adds_nobody(desk, add):
    ben = add("ben")
    with pytest.raises(NotAuthorisedError, match="manage staff"):
        service.add(desk, login="eve", name="Eve", role=Role.CLERK, password=PASSWORD, by=ben)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"login": "Ben"}, "small letter"),
        ({"login": "b"}, "small letter"),
        ({"login": "anna"}, "already"),
        ({"name": " "}, "has a name"),
        ({"role": Role.NOBODY}, "program's own"),
        ({"password": "short"}, "12 to"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_new_member_is_said(desk, anna, given, words):
    right = {"login": "ben", "name": "Ben", "role": Role.CLERK, "password": PASSWORD}
    with pytest.raises(MistakeError, match=words):
        service.add(desk, **{**right, **given}, by=anna)


def test_the_last_administrator_stays(desk, anna, add):
    with pytest.raises(MistakeError, match="last administrator"):
        service.set_enabled(desk, "anna", enabled=False, by=anna)
    with pytest.raises(MistakeError, match="last administrator"):
        service.set_role(desk, "anna", Role.MANAGER, by=anna)
    service.set_role(desk, "anna", Role.ADMINISTRATOR, by=anna)
    add("zoe", Role.ADMINISTRATOR)
    service.set_role(desk, "anna", Role.MANAGER, by=anna)
    assert records(desk)[-1] == ("staff_role", "anna", "anna")


def test_the_programs_role_is_given_to_nobody(desk, anna):
    with pytest.raises(MistakeError, match="program's own"):
        service.set_role(desk, "anna", Role.NOBODY, by=anna)


def test_who_is_disabled_is_out_until_enabled_again(desk, anna, add, log_in):
    add("ben")
    token = log_in("ben")
    service.set_enabled(desk, "ben", enabled=False, by=anna)
    with pytest.raises(NotAuthorisedError):
        service.authenticate(desk, token)
    with pytest.raises(NotAuthorisedError, match="is wrong"):
        log_in("ben")
    service.set_enabled(desk, "ben", enabled=True, by=anna)
    assert service.authenticate(desk, log_in("ben")).login == "ben"


def test_a_new_password_ends_logins_and_locks(desk, anna, add, log_in):
    add("ben")
    token = log_in("ben")
    service.set_password(desk, "ben", "another good password", by=anna)
    with pytest.raises(NotAuthorisedError):
        service.authenticate(desk, token)
    log_in("ben", "another good password")
    assert records(desk)[-1] == ("staff_password", "anna", "ben")


def test_ones_own_password_needs_the_old_one(desk, anna, log_in):
    with pytest.raises(NotAuthorisedError):
        service.change_password(desk, "wrong old password", "another good password", by=anna)
    service.change_password(desk, PASSWORD, "another good password", by=anna)
    log_in(password="another good password")


# --- Logins ---


def test_who_logged_in_is_known_by_the_token(desk, anna, log_in):
    token = log_in()
    assert service.authenticate(desk, token) == anna
    service.logout(desk, token)
    service.logout(desk, token)
    with pytest.raises(NotAuthorisedError, match="stationctl login"):
        service.authenticate(desk, token)


@pytest.mark.parametrize("token", ["", "0" * 64], ids=["empty", "made up"])
def test_another_token_is_nobodys(desk, anna, token):
    with pytest.raises(NotAuthorisedError):
        service.authenticate(desk, token)


def test_the_token_itself_is_stored_nowhere(desk, anna, log_in, tmp_path):
    token = log_in()
    files = b"".join(path.read_bytes() for path in tmp_path.glob("station.sqlite3*"))
    assert token.encode() not in files
    assert bytes.fromhex(token) not in files
    assert PASSWORD.encode() not in files


def test_an_idle_login_ends_and_a_used_one_goes_on(desk, anna, log_in):
    token = log_in()
    for _ in range(3):
        desk.clock.advance(timedelta(minutes=14, seconds=59))
        service.authenticate(desk, token)
    desk.clock.advance(timedelta(minutes=15))
    with pytest.raises(NotAuthorisedError, match="idle"):
        service.authenticate(desk, token)
    desk.clock.advance(timedelta(minutes=-1))
    with pytest.raises(NotAuthorisedError):
        service.authenticate(desk, token)


def test_setting_the_clock_back_does_not_lengthen_a_login(desk, anna, log_in):
    token = log_in()
    desk.clock.step(timedelta(hours=-1))
    with pytest.raises(NotAuthorisedError):
        service.authenticate(desk, token)


def wrong(log_in, times):
    for _ in range(times):
        with pytest.raises(NotAuthorisedError, match="is wrong"):
            log_in(password="not the password")


def test_a_few_mistakes_are_forgiven(desk, anna, log_in):
    wrong(log_in, 4)
    log_in()
    wrong(log_in, 4)
    log_in()


@pytest.mark.parametrize(
    ("failures", "wait"), [(5, 30), (6, 60), (7, 120), (11, 1920), (12, 3600), (40, 3600)]
)
def test_the_wait_grows_with_each_failure(failures, wait):
    assert service._wait(failures) == timedelta(seconds=wait)
    assert service._wait(4) is None


def test_who_fails_often_waits_even_with_the_right_password(desk, anna, log_in):
    wrong(log_in, 5)
    with pytest.raises(NotAuthorisedError, match="too many"):
        log_in()
    desk.clock.advance(timedelta(seconds=30))
    wrong(log_in, 1)
    desk.clock.advance(timedelta(seconds=59))
    with pytest.raises(NotAuthorisedError, match="too many"):
        log_in()
    desk.clock.advance(timedelta(seconds=1))
    log_in()


def test_an_unknown_name_is_told_the_same(desk, anna, log_in):
    with pytest.raises(NotAuthorisedError, match="Login name, password or code is wrong"):
        log_in("nobody")


# --- The second factor ---


def test_enrolment_counts_once_a_code_was_shown(desk, anna, sealer, log_in):
    address = service.enrol_second_factor(desk, sealer, by=anna)
    assert address.startswith("otpauth://totp/")
    log_in()
    with pytest.raises(NotAuthorisedError, match="not the one of now"):
        service.confirm_second_factor(desk, "000000", sealer, by=anna)
    log_in()


def test_with_a_second_factor_a_login_needs_its_code(desk, enrolled, log_in):
    with pytest.raises(SecondFactorNeededError):
        log_in()
    log_in(code=enrolled())
    assert records(desk)[-1] == ("second_factor_enrolled", "anna", "anna")


def test_no_code_is_taken_twice(desk, enrolled, log_in):
    code = enrolled()
    log_in(code=code)
    with pytest.raises(NotAuthorisedError, match="is wrong"):
        log_in(code=code)


def test_codes_cannot_be_guessed_by_who_has_the_password(desk, enrolled, log_in):
    for _ in range(5):
        with pytest.raises(NotAuthorisedError, match="is wrong"):
            log_in(code="000000")
    with pytest.raises(NotAuthorisedError, match="too many"):
        log_in(code=enrolled())
    desk.clock.advance(timedelta(seconds=30))
    log_in(code=enrolled())
    with desk.database.reading() as connection:
        assert read_member(connection, "anna").failures == 0


def test_an_administrator_drops_a_lost_factor(desk, anna, enrolled, sealer, log_in):
    with pytest.raises(MistakeError, match="is enrolled"):
        service.enrol_second_factor(desk, sealer, by=anna)
    service.drop_second_factor(desk, "anna", by=anna)
    log_in()
    with pytest.raises(MistakeError, match="No enrolment"):
        service.confirm_second_factor(desk, "000000", sealer, by=anna)


def test_an_approval_asks_for_the_proofs_again(desk, anna, sealer):
    service.confirm(desk, anna, PASSWORD, sealer=lambda: sealer)
    with pytest.raises(NotAuthorisedError):
        service.confirm(desk, anna, "not the password", sealer=lambda: sealer)


def test_no_password_or_name_stands_in_the_ledger(desk, anna, add):
    add("ben")
    with desk.database.reading() as connection:
        text = b"".join(read_records(connection, "station", 1, 1, 99))
    assert b"argon2" not in text
    assert b"Ben" not in text
