from datetime import date, timedelta
from typing import Any

import pytest

from stationd.accounts.model import RecordState, Standing
from stationd.accounts.store import record_state
from stationd.board.model import Asked, Row, Sort
from stationd.board.service import board, move_renewals
from stationd.bundles.model import Kind
from stationd.bundles.service import place
from stationd.clock import SetClock
from stationd.desk import Desk
from stationd.errors import NotAuthorisedError
from stationd.staff.model import Person, Role
from tests.stationd.board.conftest import MARIA

DAY = timedelta(days=1)


def rows(desk: Desk, **asked: Any) -> list[Row]:
    found, _ = board(desk, Asked(**asked), MARIA)
    return found


def accts(desk: Desk, **asked: Any) -> list[str]:
    return [one.acct for one in rows(desk, **asked)]


@pytest.mark.both_databases
def test_a_row_says_how_a_contract_stands(station: Desk) -> None:
    first, *others = rows(station)
    assert first == Row(
        contract="K-1001",
        acct="1001",
        customer="Customer 1001",
        site="S",
        dealer="",
        tier="basic",
        service=first.service,
        standing=Standing.IN_DEFAULT,
        balance=9000,
        overdue=9000,
        currency="USD",
        days_past_due=91,
        renews_on=date(2027, 1, 10),
        case_id=first.case_id,
        case_state="contacting",
        case_overdue=False,
        next_step="Call; ask for the reason and a date.",
        next_due=first.next_due,
        bundle="none",
    )
    assert [(one.acct, one.balance, one.days_past_due) for one in others] == [
        ("1002", 50_000, 10),
        ("1003", -2500, 0),
        ("1004", None, 0),
    ]


_FOUND: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["1001", "1002", "1003", "1004"]),
    ({"sort": Sort.BALANCE}, ["1002", "1001", "1003", "1004"]),
    ({"sort": Sort.ACCOUNT}, ["1001", "1002", "1003", "1004"]),
    ({"sort": Sort.NEXT}, ["1001", "1002", "1003", "1004"]),
    ({"state": "contacting"}, ["1001"]),
    ({"state": "none"}, ["1002", "1003", "1004"]),
    ({"state": "noticed"}, []),
    ({"standing": Standing.PAST_DUE}, ["1002"]),
    ({"over": 10}, ["1001"]),
    ({"over": 9}, ["1001", "1002"]),
    ({"over": 9, "tier": "platinum"}, ["1002"]),
    ({"tier": "basic"}, ["1001", "1003"]),
    ({"dealer": "North"}, ["1002"]),
    ({"dealer": "South"}, []),
    ({"bundle": "none"}, ["1001", "1002", "1003", "1004"]),
    ({"bundle": "verified"}, []),
    ({"due": True}, []),
    ({"limit": 2}, ["1001", "1002"]),
]


@pytest.mark.both_databases
def test_rows_are_filtered_and_sorted(station: Desk) -> None:
    assert [accts(station, **asked) for asked, _ in _FOUND] == [found for _, found in _FOUND]


def test_it_is_told_when_there_are_more(station: Desk) -> None:
    assert board(station, Asked(limit=3), MARIA)[1]
    assert not board(station, Asked(limit=4), MARIA)[1]


def test_days_past_due_grow_without_an_import(station: Desk, clock: SetClock) -> None:
    clock.advance(5 * DAY)
    assert [one.days_past_due for one in rows(station)][:2] == [96, 15]
    assert accts(station, over=14) == ["1001", "1002"]


def test_what_is_due_comes_first(station: Desk, clock: SetClock) -> None:
    clock.advance(2 * DAY)
    (one,) = rows(station, due=True, sort=Sort.NEXT)
    assert one.acct == "1001"


@pytest.mark.both_databases
def test_renewals_within_days_are_those_of_the_daily_round(station: Desk, clock: SetClock) -> None:
    # It is 2 March 2026: one was in January, the next is on the tenth.
    move_renewals(station)
    assert accts(station, renews_within=8, sort=Sort.RENEWAL) == ["1003"]
    assert accts(station, renews_within=60, sort=Sort.RENEWAL) == ["1003", "1004"]
    assert accts(station, renews_within=7) == []
    clock.advance(9 * DAY)
    assert move_renewals(station) == 1
    assert move_renewals(station) == 0
    assert accts(station, renews_within=60, sort=Sort.RENEWAL) == ["1004"]
    assert rows(station, tier="basic")[1].renews_on == date(2027, 3, 10)


def test_the_bundle_that_was_ordered_last_counts(station: Desk) -> None:
    with station.database.writing() as connection:
        place(
            connection, station, acct="1002", epoch=1, kind=Kind.ON_REQUEST, by=MARIA, case_id=None
        )
    assert accts(station, bundle="ordered") == ["1002"]
    assert "1002" not in accts(station, bundle="none")


def test_a_record_that_is_not_open_any_more_is_not_on_the_board(station: Desk) -> None:
    with station.database.writing() as connection:
        record_state(connection, "1002", RecordState.PURGED)
    assert accts(station) == ["1001", "1003", "1004"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
def test_the_board_is_for_those_who_see_money(station: Desk, role: Role) -> None:
    with pytest.raises(NotAuthorisedError):
        board(station, Asked(), Person(login="x", name="X", role=role))
