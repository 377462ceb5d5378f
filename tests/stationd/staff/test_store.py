"""The SQL of staff."""

from datetime import UTC, datetime

import pytest

from stationd.errors import NotFoundError
from stationd.staff import store
from stationd.staff.model import Person, Role

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def member(login="anna", **more):
    return store.Member(
        **{
            "id": login,
            "login": login,
            "name": login.title(),
            "role": Role.ADMINISTRATOR,
            "password": "hash",
            **more,
        }
    )


@pytest.fixture
def connection(desk):
    with desk.database.writing() as connection:
        yield connection


@pytest.mark.parametrize(
    "made", [member(), member(factor="sealed", enabled=False, failures=3, locked_until=NOW)]
)
def test_what_was_recorded_is_read_back(connection, made):
    assert not store.staff_exists(connection)
    store.record_member(connection, made)
    assert store.staff_exists(connection)
    assert store.read_member(connection, "anna") == made
    assert store.read_members(connection) == [made]
    assert made.person == Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)


def test_nobody_is_found_or_said_to_be_missing(connection):
    assert store.find_member(connection, "ben") is None
    with pytest.raises(NotFoundError, match="ben"):
        store.read_member(connection, "ben")


def test_only_the_enabled_are_counted(connection):
    for one in (member(), member("ben", enabled=False), member("carla", role=Role.CLERK)):
        store.record_member(connection, one)
    assert store.count_enabled(connection, Role.ADMINISTRATOR) == 1


def test_rows_are_changed_by_column(connection):
    store.record_member(connection, member())
    store.record_attempt(connection, "anna", failures=2, locked_until=NOW)
    store.record_password(connection, "anna", "new")
    store.record_factor(connection, "anna", "sealed")
    store.record_role(connection, "anna", Role.MANAGER)
    store.record_enabled(connection, "anna", enabled=False)
    changed = {"failures": 2, "locked_until": NOW, "password": "new", "factor": "sealed"}
    assert store.read_member(connection, "anna") == member(
        **changed, role=Role.MANAGER, enabled=False
    )
    store.record_attempt(connection, "anna", failures=0, locked_until=None)
    assert store.read_member(connection, "anna").locked_until is None


def test_logins_are_opened_used_and_ended(connection):
    store.record_member(connection, member())
    store.record_login(connection, b"1" * 32, "anna", NOW)
    store.record_login(connection, b"2" * 32, "anna", NOW)
    later = NOW.replace(hour=1)
    store.record_use(connection, b"1" * 32, later)
    found = store.read_login(connection, b"1" * 32)
    assert (found.member.login, found.began_at, found.used_at) == ("anna", NOW, later)
    assert store.end_logins(connection, later, token=b"1" * 32) == 1
    assert store.read_login(connection, b"1" * 32) is None
    assert store.end_logins(connection, later, member_id="anna") == 1
    assert store.read_login(connection, b"2" * 32) is None


def test_secrets_are_not_shown_by_accident():
    assert "hash" not in repr(member(factor="sealed"))
    assert "sealed" not in repr(member(factor="sealed"))
