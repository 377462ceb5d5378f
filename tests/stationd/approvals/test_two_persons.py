from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.approvals.two_persons import check_confirmed, check_second, may_be_alone
from stationd.errors import NotAuthorisedError, RefusedError
from stationd.settings import ApprovalSettings
from stationd.staff.model import Confirmed, Person, Role

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
ASKED = NOW - 13 * HOUR
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER, since=NOW - HOUR)
TWO = ApprovalSettings()
ONE = ApprovalSettings(sole_operator=True)


def second(
    by: Person, settings: ApprovalSettings = ONE, managers: int = 1, asked_at: datetime = ASKED
) -> bool:
    return check_second(
        first="maria", asked_at=asked_at, by=by, settings=settings, managers=managers, now=NOW
    )


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_proofs_count_for_five_minutes(minutes: int) -> None:
    given = Confirmed(person=MARIA, at=NOW - timedelta(minutes=minutes))
    check_confirmed(given, TWO, NOW)


@pytest.mark.parametrize("seconds", [301, -301])
def test_old_proofs_and_those_of_a_clock_set_back_are_asked_for_again(seconds: int) -> None:
    given = Confirmed(person=MARIA, at=NOW - timedelta(seconds=seconds))
    with pytest.raises(NotAuthorisedError, match="asked for again before an approval"):
        check_confirmed(given, TWO, NOW)


@pytest.mark.parametrize("settings", [TWO, ONE])
def test_another_person_is_the_second_at_once(settings: ApprovalSettings) -> None:
    mona = Person(login="mona", name="Mona", role=Role.MANAGER)
    assert second(mona, settings, managers=2, asked_at=NOW) is False


def test_the_same_person_is_not_two() -> None:
    with pytest.raises(RefusedError, match="takes somebody else"):
        second(MARIA, TWO)


def test_a_sole_operator_gives_both_acts_apart_and_logged_in_anew() -> None:
    assert second(MARIA) is True


@pytest.mark.parametrize(
    ("by", "managers", "asked_at", "says"),
    [
        (MARIA, 2, ASKED, "there is a second manager"),
        (MARIA, 1, NOW - 12 * HOUR + timedelta(seconds=1), "the second counts from"),
        (replace(MARIA, since=ASKED), 1, ASKED, "logs in anew"),
        (replace(MARIA, since=None), 1, ASKED, "logs in anew"),
    ],
    ids=["not alone", "too soon", "the same login", "a login nobody knows"],
)
def test_a_sole_operator_waits_and_logs_in_anew(
    by: Person, managers: int, asked_at: datetime, says: str
) -> None:
    with pytest.raises(RefusedError, match=says):
        second(by, managers=managers, asked_at=asked_at)


@pytest.mark.parametrize(
    ("settings", "managers", "alone"),
    [(ONE, 1, True), (ONE, 0, True), (ONE, 2, False), (TWO, 1, False)],
)
def test_a_company_of_one_has_one_manager(
    settings: ApprovalSettings, managers: int, *, alone: bool
) -> None:
    assert may_be_alone(settings, managers) is alone
