from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from stationd.accounts.model import Customer
from stationd.accounts.service import change, change_details
from stationd.cases import service
from stationd.cases.calling import Call, Outcome, call_card, record_call
from stationd.cases.model import Reason
from stationd.errors import MistakeError, NotAuthorisedError
from stationd.staff.model import Person, Role
from tests.stationd.cases.test_contacting import contacting
from tests.stationd.cases.test_payments import bill

Office = Any
CARL = Person(login="carl", name="Carl", role=Role.CLERK)
OTTO = Person(login="otto", name="Otto", role=Role.OPERATOR)
ADA = Person(login="ada", name="Ada", role=Role.ADMINISTRATOR)
REACHED = Call(outcome=Outcome.REACHED, person="Ann")


def kinds(office: Office, case: Any) -> list[str]:
    return [one.kind for one in service.look(office.desk, case.id).facts][-4:]


def test_the_card_says_whom_to_call_what_is_owed_and_what_to_ask(office: Office) -> None:
    details = {"phone": "+1 555 0100", "email": "a@example.com"}
    change(office.desk, Customer(id="c1", name="Acme", details=details), by=office.manager)
    change_details(
        office.desk, "1234", {"call_list": [{"name": "Ann", "phone": "+1 555 0101"}]}, by=CARL
    )
    bill(office, "R-1,invoice,1234,2026-01-01,90.00")
    case = contacting(office)
    card = call_card(office.desk, case.id, office.manager)
    assert [one.get("phone") for one in card.people] == ["+1 555 0100", "+1 555 0101"]
    assert f"{card.local_time:%H:%M %Z}" == "09:00 CST"
    assert card.task is not None
    assert card.task.step == "call"
    assert "90.00 USD is overdue since 2026-01-01 (R-1)." in card.say
    # The station's call list is for those who may see it.
    assert len(call_card(office.desk, case.id, CARL).people) == 1


def test_who_may_see_the_card_and_record_a_call(office: Office) -> None:
    case = contacting(office)
    for person in (OTTO, ADA):
        with pytest.raises(NotAuthorisedError):
            call_card(office.desk, case.id, person)
        with pytest.raises(NotAuthorisedError):
            record_call(office.desk, case.id, REACHED, person)


def test_a_call_that_nobody_took_is_the_step_all_the_same(office: Office) -> None:
    case = contacting(office)
    record_call(office.desk, case.id, Call(outcome=Outcome.NO_ANSWER), CARL)
    assert kinds(office, case)[-1] == "contact"
    view = service.look(office.desk, case.id)
    assert dict(view.facts[-1].fact) == {"step": "call", "outcome": "no-answer"}
    assert view.task is not None
    assert view.task.step == "call-back"


def test_reason_and_promise_are_recorded_with_the_call(office: Office) -> None:
    case = contacting(office)
    told = replace(REACHED, reason="no work", promised_on=date(2026, 3, 6), promised="90")
    record_call(office.desk, case.id, told, CARL)
    assert kinds(office, case)[-3:] == ["contact", "nonpayment_reason", "promise"]
    view = service.look(office.desk, case.id)
    assert view.facts[-1].fact == {"due": "2026-03-06", "amount": "90.00"}
    assert view.task is not None
    assert view.task.step == "promise"


def test_a_problem_with_the_service_opens_the_dispute_in_the_same_transaction(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = contacting(office)
    before = len(office.records())
    moved = record_call(office.desk, case.id, replace(REACHED, problem="keypad dead"), CARL)
    assert moved.state == "dispute_hold"
    assert kinds(office, case)[-2:] == ["contact", "dispute"]
    new = office.records()[before:]
    assert [one.get("row") for one in new if one.get("row")] == ["T6"]
    assert [one["fact"] for one in new if one.get("kind") == "fact"] == ["contact", "dispute"]
    # A second problem is one more fact, and the case stays where it is.
    again = record_call(office.desk, case.id, replace(REACHED, problem="siren too"), CARL)
    assert (again.state, again.version) == ("dispute_hold", moved.version)


def test_where_the_dispute_cannot_be_opened_nothing_of_the_call_is_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = contacting(office)
    before = len(service.look(office.desk, case.id).facts)

    def refuses(*_given: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("stationd.cases.calling.step_within", refuses)
    with pytest.raises(KeyboardInterrupt):
        record_call(office.desk, case.id, replace(REACHED, problem="keypad dead"), CARL)
    assert len(service.look(office.desk, case.id).facts) == before


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (Call(outcome=Outcome.NO_ANSWER, reason="x"), "nobody was reached"),
        (Call(outcome=Outcome.WRONG_NUMBER, problem="x"), "nobody was reached"),
        (replace(REACHED, promised="5"), "say --promise-on too"),
        (replace(REACHED, promised="much", promised_on=date(2026, 3, 6)), "amount such as"),
        (replace(REACHED, reason="x" * 501), "1 to 500"),
    ],
)
def test_a_call_that_cannot_be_so_is_refused_and_nothing_is_kept(
    office: Office, call: Call, says: str
) -> None:
    case = contacting(office)
    before = len(service.look(office.desk, case.id).facts)
    with pytest.raises(MistakeError, match=says):
        record_call(office.desk, case.id, call, CARL)
    assert len(service.look(office.desk, case.id).facts) == before


def test_a_call_in_another_state_is_a_contact_without_a_step(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    office.clock.advance(timedelta(hours=1))
    record_call(office.desk, case.id, replace(REACHED, text="asks for the bill"), CARL)
    (kept,) = [one for one in service.look(office.desk, case.id).facts if one.kind == "contact"]
    assert kept.fact == {"outcome": "reached", "person": "Ann", "text": "asks for the bill"}
