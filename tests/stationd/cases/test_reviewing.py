from datetime import timedelta
from typing import Any

import pytest

from stationd.bundles import service as bundles
from stationd.bundles.model import Kind
from stationd.cases import due, service
from stationd.cases.model import Case
from stationd.cases.reviewing import COLLECTION, DISPUTE, POLL, REVIEWS, TAIL
from stationd.ledger.model import Origin, RecordDraft, RecordType
from stationd.ledger.store import append
from stationd.schedule.store import read_due, record_done
from stationd.tasks.model import Task
from stationd.tasks.service import finish, tasks
from tests.stationd.cases.conftest import Office

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def take_due(office: Office, *steps: str) -> list[str]:
    """Take what is due, as the worker does; return what became of the steps named."""
    now = office.clock.now()
    with office.desk.database.reading() as connection:
        found = [one for one in read_due(connection, now) if one.step in steps]
    said = []
    for one in found:
        outcome = due.STEPS[one.step](office.desk, one.case_id)
        assert outcome is not None
        with office.writing() as connection:
            record_done(connection, one, at=now, outcome=outcome)
        said.append(outcome)
    return said


def disputed(office: Office) -> Case:
    case = office.noticed()
    office.fact(case, "dispute", text="it does not work")
    return office.step(case, "dispute")


def open_tasks(office: Office, job: str) -> list[Task]:
    return [one for one in tasks(office.desk) if one.job == job]


def test_every_one_is_taken_by_the_table_of_due_steps() -> None:
    assert set(REVIEWS) == {DISPUTE, COLLECTION, POLL, TAIL}
    assert REVIEWS.items() <= due.STEPS.items()


def test_a_dispute_is_looked_at_every_fortnight_until_it_is_decided(office: Office) -> None:
    case = disputed(office)
    since = office.clock.now()
    office.clock.advance(14 * DAY - HOUR)
    assert take_due(office, DISPUTE) == []
    office.clock.advance(HOUR)
    assert take_due(office, DISPUTE) == ["a task was made"]
    (task,) = open_tasks(office, DISPUTE)
    assert (task.subject, task.due_at) == (case.id, since + 14 * DAY)
    office.clock.advance(14 * DAY)
    assert take_due(office, DISPUTE) == ["the task of before is still open"]
    finish(office.desk, task.id, "spoke with them", by=office.manager)
    office.clock.advance(14 * DAY)
    assert take_due(office, DISPUTE) == ["a task was made"]
    office.fact(case, "dispute_decision", text="decided for us")
    service.step(office.desk, case.id, "resolved", office.manager)
    assert open_tasks(office, DISPUTE) == []
    office.clock.advance(14 * DAY)
    take_due(office, DISPUTE)
    assert open_tasks(office, DISPUTE) == []


def test_after_a_long_stop_there_is_one_task_and_one_instant_to_come(office: Office) -> None:
    case = disputed(office)
    since = office.clock.now()
    office.clock.step(100 * DAY)
    assert take_due(office, DISPUTE) == ["a task was made"]
    (task,) = open_tasks(office, DISPUTE)
    assert task.due_at == since + 98 * DAY
    with office.desk.database.reading() as connection:
        ahead = [one for one in read_due(connection, since + 1000 * DAY) if one.step == DISPUTE]
    assert [(one.case_id, one.due_at) for one in ahead] == [(case.id, since + 112 * DAY)]


def test_a_step_that_is_taken_twice_asks_once(office: Office) -> None:
    case = disputed(office)
    office.clock.advance(14 * DAY)
    REVIEWS[DISPUTE](office.desk, case.id)
    finish(office.desk, open_tasks(office, DISPUTE)[0].id, "done", by=office.manager)
    REVIEWS[DISPUTE](office.desk, case.id)
    assert open_tasks(office, DISPUTE) == []


def test_a_clock_that_was_ahead_asks_nobody_too_early(office: Office) -> None:
    disputed(office)
    office.clock.step(14 * DAY)
    take_due(office, DISPUTE)
    finish(office.desk, open_tasks(office, DISPUTE)[0].id, "done", by=office.manager)
    office.clock.step(-14 * DAY)
    assert take_due(office, DISPUTE) == []
    assert open_tasks(office, DISPUTE) == []


def test_a_referral_is_asked_after_every_30_days(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "referral", matter="M-1")
    service.step(office.desk, case.id, "referred", office.manager)
    office.clock.advance(30 * DAY)
    assert take_due(office, COLLECTION) == ["a task was made"]
    assert "for 30 days" in open_tasks(office, COLLECTION)[0].said


@pytest.mark.parametrize("kind", ["notice_delivered", "notice_returned"])
def test_carriers_are_asked_about_a_notice_until_it_arrived_or_came_back(
    office: Office, kind: str
) -> None:
    case = office.noticed()
    office.clock.advance(6 * HOUR)
    assert take_due(office, POLL) == ["a task was made"]
    finish(office.desk, open_tasks(office, POLL)[0].id, "on its way", by=office.manager)
    office.clock.advance(6 * HOUR)
    assert take_due(office, POLL) == ["a task was made"]
    office.fact(case, kind, text="they say so")
    office.clock.advance(6 * HOUR)
    assert take_due(office, POLL) == [f"nothing to do: {kind} was recorded"]
    assert open_tasks(office, POLL) == []


def test_nobody_asks_carriers_for_ever(office: Office) -> None:
    office.noticed()
    office.clock.advance(30 * DAY - HOUR)
    assert take_due(office, POLL) == ["a task was made"]
    office.clock.advance(6 * HOUR)
    assert take_due(office, POLL) == ["nothing to do: 30 days are over"]


def closed(office: Office) -> Case:
    return service.step(office.desk, office.sealed().id, "close", office.manager)


def test_what_came_after_the_close_record_gets_a_bundle_once(office: Office) -> None:
    case = closed(office)
    with office.writing() as connection:
        _signal(connection, office)
    office.clock.advance(90 * DAY)
    (said,) = take_due(office, TAIL)
    (order,) = [
        one for one in bundles.orders(office.desk, case_id=case.id) if one.kind is Kind.ON_REQUEST
    ]
    assert said == f"the tail's bundle is ordered: {order.id}"
    assert order.epoch == 2
    assert REVIEWS[TAIL](office.desk, case.id) == "the tail's bundle is ordered already"


def _signal(connection: Any, office: Office) -> None:
    """Let something come of the account after its chain was closed."""
    draft = RecordDraft("1234", RecordType.SIGNAL, Origin.MACHINE, {"code": "BA"})
    append(
        connection,
        [draft],
        station="station-1",
        now=office.clock.now(),
        ids=office.desk.ids,
    )


def test_where_nothing_came_there_is_no_bundle_of_it(office: Office) -> None:
    closed(office)
    office.clock.advance(90 * DAY)
    assert take_due(office, TAIL) == ["nothing came after the close record"]
