from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stationd.cases import due, service, store
from stationd.cases.contacting import CHECK, CONTACT
from stationd.cases.model import Reason
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.policies import LadderSettings
from stationd.schedule.store import Due, read_steps
from stationd.staff.model import Person, Role
from tests.stationd.cases.test_payments import bill

Office = Any
DAY = timedelta(days=1)
CARL = Person(login="carl", name="Carl", role=Role.CLERK)


def contacting(office: Office) -> Any:
    case = office.open(Reason.NONPAYMENT)
    office.step(case, "start")
    office.review(case)
    return office.step(case, "facts_ok")


def task(office: Office, case: Any) -> Any:
    shown = service.look(office.desk, case.id).task
    with office.desk.database.reading() as connection:
        assert store.find_task(connection, case.id) == shown
    return shown


def steps(office: Office, case: Any) -> list[Due]:
    with office.desk.database.reading() as connection:
        return [
            one
            for one in read_steps(connection, case.id)
            if one.step in {CONTACT, CHECK} and one.done_at is None
        ]


def test_the_first_call_is_due_at_a_business_hour_of_the_next_day(office: Office) -> None:
    case = contacting(office)
    # Monday 09:00 in Chicago; the call is for Tuesday, at the policy's hour.
    assert task(office, case).step == "call"
    assert task(office, case).due_at == datetime(2026, 3, 3, 15, tzinfo=UTC)
    assert [(one.step, one.due_at) for one in steps(office, case)] == [
        (CONTACT, datetime(2026, 3, 3, 15, tzinfo=UTC))
    ]


def test_a_due_step_says_what_is_next_and_does_nothing(office: Office) -> None:
    case = contacting(office)
    office.clock.advance(DAY)
    outcome = due.STEPS[CONTACT](office.desk, case.id)
    assert outcome == "next: Call; ask for the reason and a date."
    assert service.look(office.desk, case.id).case.version == case.version
    office.step(case, "withdraw")
    assert due.STEPS[CONTACT](office.desk, case.id) == "nothing to do: the case is withdrawn"


def test_each_contact_makes_the_next_one_due(office: Office) -> None:
    case = contacting(office)
    office.clock.advance(3 * DAY)
    office.fact(case, "contact", step="call", outcome="nobody")
    # Thursday and 48 hours is Saturday, so the call back is for Monday.
    found = task(office, case)
    assert (found.step, found.due_at.astimezone(UTC).date()) == ("call-back", date(2026, 3, 9))
    office.fact(case, "ladder_waiver", step="call-back", why="number is dead")
    assert task(office, case).step == "email"


def test_a_promise_is_looked_at_on_the_next_business_day(office: Office) -> None:
    case = contacting(office)
    office.fact(case, "contact", step="call", outcome="reached")
    office.fact(case, "promise", due="2026-03-06", amount="50")
    # The sixth is a Friday.
    assert task(office, case).step == "promise"
    (row,) = steps(office, case)
    assert (row.step, row.due_at.date()) == (CHECK, date(2026, 3, 9))
    office.clock.advance(row.due_at - office.clock.now())
    assert due.STEPS[CHECK](office.desk, case.id).startswith(
        "next: The promise for 2026-03-06 was not kept."
    )
    assert task(office, case).step == "call-back"


def test_a_promise_that_billing_shows_kept_asks_for_the_cure(office: Office) -> None:
    case = contacting(office)
    office.fact(case, "contact", step="call", outcome="reached")
    office.fact(case, "promise", due="2026-03-06", amount="50")
    office.clock.advance(DAY)
    bill(office, "R-1,invoice,1234,2026-03-03,50.00")
    assert task(office, case).step == "promise"
    bill(office, "P-1,payment,1234,2026-03-03,50.00")
    assert task(office, case).step == "cure"
    assert due.STEPS[CONTACT](office.desk, case.id).startswith("next: 50.00 came in")


def test_what_is_next_stops_with_the_contacting_and_comes_back_with_it(office: Office) -> None:
    case = contacting(office)
    office.fact(case, "dispute", text="the panel was dead")
    office.step(case, "dispute")
    assert task(office, case) is None
    assert steps(office, case) == []
    office.fact(case, "dispute_decision", text="it was not")
    office.step(case, "resolved")
    assert task(office, case).step == "call"


def test_a_letter_waits_for_the_reason_or_a_managers_waiver(office: Office) -> None:
    case = contacting(office)
    office.fact(case, "contact", step="email", outcome="sent")
    with pytest.raises(RefusedError, match="why nothing is paid"):
        office.fact(case, "contact", step="letter", outcome="sent")
    with pytest.raises(NotAuthorisedError):
        office.fact(case, "ladder_waiver", CARL, step="reason", why="nobody answers")
    office.fact(case, "ladder_waiver", step="reason", why="nobody answers")
    office.fact(case, "contact", step="letter", outcome="sent")


def test_a_case_keeps_the_ladder_it_began_with(office: Office) -> None:
    case = contacting(office)
    other = {"version": "2", "steps": ({"name": "visit", "title": "Go there."},)}
    ladder = LadderSettings.model_validate(other)
    office.desk = replace(office.desk, ladder=ladder)
    assert task(office, case).step == "call"
    (kept,) = [one for one in service.look(office.desk, case.id).facts if one.kind == "ladder"]
    assert kept.fact["version"] == "1"


def test_a_review_cites_billing_lines_of_its_own_contract(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    with pytest.raises(MistakeError, match="no billing line R-1"):
        office.review(case, lines="R-1")
    bill(office, "R-1,invoice,1234,2026-01-01,90.00")
    office.review(case, lines="R-1")
