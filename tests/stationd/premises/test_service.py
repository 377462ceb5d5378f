from datetime import datetime, timedelta
from typing import Any

import pytest

from stationd.clock import SetClock, iso
from stationd.desk import Desk
from stationd.errors import NotFoundError
from stationd.premises.service import look, scan
from stationd.staff.model import Person, Role
from stationd.tasks.service import finish, tasks

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
MARIA = Person(login="maria", name="Maria", role=Role.MANAGER)


def put(desk: Desk, table: str, **values: Any) -> None:
    names = ", ".join(f'"{name}"' for name in values)
    given = ", ".join("NULL" if one is None else repr(one) for one in values.values())
    with desk.database.writing() as connection:
        connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({given})")


@pytest.fixture
def dead(desk: Desk, clock: SetClock, roll: Any) -> str:
    """Account 1234: power lost, battery low, then silent for 15 days while its line was heard."""
    roll.account("1234")
    start = clock.now()
    for seq, (code, at) in enumerate((("301", start - DAY), ("302", start)), start=1):
        _signal(desk, seq, code, at)
    put(
        desk,
        "supervision",
        acct="1234",
        way="tests",
        receiver_group="",
        number="",
        interval=86400,
        grace=3600,
        counts="any",
        state="missed",
        since=iso(start),
        why="",
        supervised_at=iso(start),
        longest=0,
        listener="ip",
        epoch=1,
        seq=2,
    )
    put(
        desk,
        "silences",
        acct="1234",
        way="tests",
        receiver_group="",
        number="",
        began_at=iso(start),
        missed_at=iso(start + DAY),
        ended_at=None,
        listener="ip",
        interval=86400,
        patience=90000,
        alive_at=None,
    )
    for day in range(15):
        hour = int((start + day * DAY).timestamp()) // 3600 + 2
        put(desk, "heard_hours", listener="ip", hour=hour, minutes=1)
    clock.advance(15 * DAY)
    return "1234"


def _signal(desk: Desk, seq: int, code: str, at: datetime) -> None:
    empty = dict.fromkeys(("number", "name", "zone", "user", "area", "text", "marks"), "")
    put(
        desk,
        "signals",
        acct="1234",
        epoch=1,
        seq=seq,
        received_at=iso(at),
        listener="ip",
        receiver_group="main",
        signal_class="trouble",
        code=code,
        **empty,
    )


def test_what_looks_dead_is_a_task_once_for_each_silence(desk: Desk, dead: str) -> None:
    assert scan(desk) == "1 account(s) silent for 14 tests, 1 look dead"
    assert scan(desk) == "0 account(s) silent for 14 tests, 0 look dead"
    (task,) = tasks(desk)
    assert (task.job, task.subject) == ("supervision.scan", dead)
    finish(desk, task.id, "nobody there", by=MARIA)
    scan(desk)
    assert tasks(desk) == []


def test_its_evidence_can_be_written_at_any_time(desk: Desk, dead: str) -> None:
    scan(desk)
    found = look(desk, dead)
    assert found is not None
    assert (found.power_code, found.then_code, found.missed) == ("301", "302", 15)


def test_an_account_that_is_heard_has_no_pattern(desk: Desk, roll: Any) -> None:
    roll.account("1234")
    assert look(desk, "1234") is None
    with pytest.raises(NotFoundError):
        look(desk, "9999")
