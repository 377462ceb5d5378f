from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from stationd.accounts.model import Standing
from stationd.accounts.store import read_contract, record_standing
from stationd.billing.restanding import make_anew, restand_due
from stationd.billing.store import find_balance
from stationd.clock import SetClock
from stationd.db.schema import billing_balances, heads
from stationd.desk import Desk
from stationd.ledger.store import read_head, read_records
from stationd.policies import BillingSettings
from tests.stationd.billing.conftest import HEAD

Take = Callable[..., object]
DUE = "R-1,invoice,1001,2026-03-01,2026-03-10,90.00,,\n"


def standing(desk: Desk, contract: str = "k1001") -> Standing:
    with desk.database.reading() as connection:
        return read_contract(connection, contract).standing


def set_day(clock: SetClock, day: date, hour: int = 15) -> None:
    clock.advance(datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - clock.now())


@pytest.mark.both_databases
def test_days_that_pass_without_an_import_move_the_standing(
    station: Desk, take: Take, clock: SetClock
) -> None:
    take(HEAD + DUE)
    seen = []
    for day in (date(2026, 3, 15), date(2026, 3, 16), date(2026, 4, 9), date(2026, 4, 10)):
        set_day(clock, day)
        restand_due(station)
        seen.append(standing(station))
    # Five days of grace after the tenth, and in default after thirty.
    assert seen == [
        Standing.CURRENT,
        Standing.PAST_DUE,
        Standing.PAST_DUE,
        Standing.IN_DEFAULT,
    ]
    with station.database.reading() as connection:
        size = read_head(connection, "1001", 1).size
        told = read_records(connection, "1001", 1, size - 1, size)
    assert b'"from":"current"' in told[0]
    assert b'"days_past_due":31' in told[1]
    assert all(b'"by":"worker"' in one for one in told)


def test_a_day_begins_at_the_site_and_not_at_the_station(
    station: Desk, take: Take, clock: SetClock
) -> None:
    take(HEAD + DUE + DUE.replace("1001", "1002").replace("R-1", "R-2"))
    # 14:00 UTC is the next day in Auckland, and still the same one in Denver.
    set_day(clock, date(2026, 3, 15), hour=14)
    restand_due(station)
    assert standing(station, "k1002") is Standing.PAST_DUE
    assert standing(station) is Standing.CURRENT


def test_nothing_is_looked_at_before_its_day(station: Desk, take: Take, clock: SetClock) -> None:
    take(HEAD + DUE)
    assert restand_due(station) == 0
    set_day(clock, date(2026, 3, 11))
    assert restand_due(station) == 1
    assert restand_due(station) == 0


def test_another_policy_makes_every_balance_be_looked_at(station: Desk, take: Take) -> None:
    take(HEAD + DUE.replace("2026-03-10", "2026-02-28"))
    assert standing(station) is Standing.CURRENT
    strict = replace(station, billing=BillingSettings(grace_days=0))
    assert restand_due(strict) == 1
    assert standing(station) is Standing.PAST_DUE


@pytest.mark.parametrize(
    "decided",
    [
        Standing.DISPUTED,
        Standing.IN_COLLECTION,
        Standing.IN_LITIGATION,
        Standing.BANKRUPTCY_STAY,
        Standing.ENDED,
    ],
)
def test_what_people_decided_is_not_moved(
    station: Desk, take: Take, clock: SetClock, decided: Standing
) -> None:
    with station.database.writing() as connection:
        record_standing(connection, "k1001", decided)
    take(HEAD + DUE)
    clock.advance(timedelta(days=90))
    restand_due(station)
    assert standing(station) is decided


def test_a_standing_that_was_decided_otherwise_meanwhile_is_billings_again(
    station: Desk, take: Take
) -> None:
    take(HEAD + DUE)
    with station.database.writing() as connection:
        record_standing(connection, "k1001", Standing.IN_DEFAULT)
    restand_due(station)
    assert standing(station) is Standing.CURRENT


def test_what_a_closed_chain_says_of_its_contract_no_longer_changes(
    station: Desk, take: Take, clock: SetClock
) -> None:
    take(HEAD + DUE)
    with station.database.writing() as connection:
        connection.execute(sa.update(heads).where(heads.c.acct == "1001").values(closed=True))
    clock.advance(timedelta(days=90))
    assert restand_due(station) == 1
    assert standing(station) is Standing.CURRENT


@pytest.mark.both_databases
def test_a_balance_that_is_not_what_its_lines_come_to_is_found_and_put_right(
    station: Desk, take: Take, clock: SetClock
) -> None:
    take(HEAD + DUE + DUE.replace("1001", "1002").replace("R-1", "R-2"))
    clock.advance(timedelta(days=60))
    assert make_anew(station) == []
    with station.database.writing() as connection:
        connection.execute(
            sa.update(billing_balances)
            .where(billing_balances.c.contract_id == "k1001")
            .values(balance=1)
        )
        connection.execute(
            sa.delete(billing_balances).where(billing_balances.c.contract_id == "k1002")
        )
    assert make_anew(station) == ["K-1001", "K-1002"]
    with station.database.reading() as connection:
        balance = find_balance(connection, "k1001")
    assert balance is not None
    assert balance.balance == 9000
    assert make_anew(station) == []
