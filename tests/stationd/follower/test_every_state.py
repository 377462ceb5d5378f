"""Invariant: whatever an account's four states are, a signal stands in its own chain."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
import sqlalchemy as sa

from receivers.session import Account
from stationd.cases.states import State
from stationd.clock import SetClock, iso
from stationd.db import closing, schema
from stationd.desk import Desk
from stationd.follower.service import follow
from stationd.ledger.store import append_close

STANDINGS = (
    "current",
    "past_due",
    "in_default",
    "disputed",
    "in_collection",
    "in_litigation",
    "bankruptcy_stay",
    "ended",
)
SERVICES = ("pending", "active", "suspended", "ended")
RECORDS = ("open", "closed", "purged")
CASES = (None, *(state.value for state in State))


def nobody(_group: str) -> Callable[[str], Account | None]:
    return lambda _number: None


def follow_all(desk: Desk, journal: Any) -> None:
    while follow(desk, journal, node="n1", accounts=nobody):
        pass


@pytest.fixture
def without_wall(desk: Desk) -> None:
    """Take the wall in front of `closed` away: these accounts were never anybody's."""
    with desk.database.writing() as connection:
        for name in closing.names():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")


def put(desk: Desk, roll: Any, name: str, states: tuple[str, str, str, str | None]) -> None:
    standing, service, record, state = states
    roll.account(name, service=service, record=record)
    roll.link(name, "main", name)
    with desk.database.writing() as connection:
        connection.execute(
            sa.update(schema.contracts)
            .where(schema.contracts.c.id == name)
            .values(standing=standing)
        )
        if state is not None:
            connection.execute(
                sa.insert(schema.cases),
                {
                    "id": name,
                    "acct": name,
                    "contract_id": name,
                    "open_contract_id": name,
                    "reason": "nonpayment",
                    "state": state,
                    "version": 1,
                    "overdue": False,
                    "opened_at": iso(desk.clock.now()),
                    "opened_by": "maria",
                },
            )


@pytest.mark.usefixtures("without_wall")
@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("record", RECORDS)
def test_a_signal_is_kept_in_its_chain_in_every_state(
    desk: Desk, journal: Any, frames: Any, roll: Any, service: str, record: str
) -> None:
    states = list(product(STANDINGS, (service,), (record,), CASES))
    names = [f"{number:04X}" for number in range(0x1000, 0x1000 + len(states))]
    for name, one in zip(names, states, strict=True):
        put(desk, roll, name, one)
    journal.start()
    sent = {name: journal.frame(frames.dc09(name, "NBA004")).position for name in names}
    follow_all(desk, journal)
    with desk.database.reading() as connection:
        query = sa.select(schema.records.c.acct, schema.records.c.position)
        kept = connection.execute(query.where(schema.records.c.type == "signal")).all()
    assert {row.acct: row.position for row in kept} == sent
    assert len(kept) == len(names)


def test_what_comes_after_close_is_the_tail_until_the_number_is_given_on(
    desk: Desk, journal: Any, frames: Any, roll: Any, clock: SetClock
) -> None:
    roll.account("A")
    roll.account("B")
    given_on = clock.now() + timedelta(hours=1)
    roll.link("A", "main", "1234", until=given_on)
    roll.link("B", "main", "1234", since=given_on)
    journal.start()
    journal.frame(frames.dc09("1234", "NBA001"))
    follow_all(desk, journal)
    with desk.database.writing() as connection:
        append_close(connection, "A", 1, fields={}, now=clock.now(), ids=desk.ids)
    journal.frame(frames.dc09("1234", "NBA002", 2))
    journal.frame(frames.dc09("1234", "NBA003", 3), after=timedelta(hours=2))
    follow_all(desk, journal)
    with desk.database.reading() as connection:
        query = sa.select(schema.signals).order_by(schema.signals.c.received_at)
        found = [(row.acct, row.epoch, row.zone) for row in connection.execute(query)]
    assert found == [("A", 1, "001"), ("A", 2, "002"), ("B", 1, "003")]


def test_a_clock_that_steps_reorders_nothing(
    desk: Desk, journal: Any, frames: Any, roll: Any, clock: SetClock
) -> None:
    roll.account("A")
    roll.link("A", "main", "1234")
    journal.start()
    for number, step in enumerate((1, -7200, 1, 86400, -86400), start=1):
        clock.step(timedelta(seconds=step))
        journal.frame(frames.dc09("1234", f"NBA{number:03}", number))
    follow_all(desk, journal)
    with desk.database.reading() as connection:
        query = sa.select(schema.signals.c.zone).order_by(schema.signals.c.seq)
        zones = list(connection.execute(query).scalars())
    assert zones == ["001", "002", "003", "004", "005"]
