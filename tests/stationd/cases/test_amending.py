from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Site
from stationd.accounts.store import read_account
from stationd.cases import service
from stationd.cases.amending import change_reason, lengthen, reinstate
from stationd.cases.model import Attachment, Reason
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError, StepUnknownError
from stationd.schedule.store import read_steps
from stationd.staff.model import Person, Role

Office = Any
DAY = timedelta(days=1)
PAPER = Attachment(name="l.pdf", media_type="application/pdf", content=b"l")
CARL = Person(login="carl", name="Carl", role=Role.CLERK)


def change(office: Office, case: Any, reason: Reason, text: str = "they wrote") -> Any:
    return change_reason(office.desk, case.id, reason, office.manager, text=text)


def test_a_reason_is_changed_where_its_document_is_there(office: Office) -> None:
    case = office.open(Reason.CUSTOMER_REQUEST)
    moved = change(office, case, Reason.TAKEOVER_BY_OTHER_COMPANY)
    assert (moved.reason, moved.state, moved.version) == (
        Reason.TAKEOVER_BY_OTHER_COMPANY,
        "opened",
        2,
    )
    assert service.look(office.desk, case.id).case == moved
    (told,) = [one for one in office.records() if one.get("kind") == "reason"]
    assert (told["from"], told["to"]) == ("customer_request", "takeover_by_other_company")
    assert "they wrote" not in repr(office.records())
    assert office.step(moved, "start").state == "verifying"


def test_a_reason_without_its_document_is_refused(office: Office) -> None:
    case = office.open()
    with pytest.raises(RefusedError, match="has not come so far: G2"):
        change(office, case, Reason.NONPAYMENT)


def test_a_new_reason_runs_the_guards_of_every_row_again(office: Office) -> None:
    case = office.ready()
    office.fact(case, "billing_statement", document=PAPER)
    with pytest.raises(RefusedError, match="G1, G3"):
        change(office, case, Reason.NONPAYMENT)
    moved = change(office, case, Reason.TAKEOVER_BY_OTHER_COMPANY)
    assert moved.state == "ready_for_notice"


def test_in_contacting_the_ladder_is_not_asked_for_yet(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    office.step(case, "start")
    office.review(case)
    office.step(case, "facts_ok")
    office.fact(case, "customer_writing", document=PAPER)
    moved = change(office, case, Reason.TAKEOVER_BY_OTHER_COMPANY)
    assert (moved.state, moved.reason) == ("contacting", Reason.TAKEOVER_BY_OTHER_COMPANY)
    assert office.step(moved, "ladder_done").state == "ready_for_notice"


@pytest.mark.parametrize(
    ("reason", "text", "says"),
    [
        (Reason.CUSTOMER_REQUEST, "x", "is customer_request already"),
        (Reason.NONPAYMENT, " ", "says why"),
    ],
)
def test_a_change_changes_something_and_says_why(
    office: Office, reason: Reason, text: str, says: str
) -> None:
    with pytest.raises(MistakeError, match=says):
        change(office, office.open(), reason, text)


def test_once_a_notice_is_out_its_reason_stays(office: Office) -> None:
    with pytest.raises(MistakeError, match="until a notice is out"):
        change(office, office.noticed(), Reason.TAKEOVER_BY_OTHER_COMPANY)


# --- A later end ---


def test_the_end_is_put_off_and_looked_at_anew(office: Office) -> None:
    case = office.noticed()
    later = case.effective_at + 10 * DAY
    moved = lengthen(office.desk, case.id, later, office.manager, text="they asked for it")
    assert moved.effective_at == later
    with office.desk.database.reading() as connection:
        steps = read_steps(connection, case.id)
    due = [one.due_at for one in steps if one.done_at is None and one.step == "notice.evaluate"]
    assert max(due) == later
    assert min(due) == later - 3 * DAY
    office.built(case)
    office.clock.advance(case.effective_at - office.clock.now())
    with pytest.raises(RefusedError, match="refused by G7"):
        office.step(case, "time_over")


@pytest.mark.parametrize("by", [timedelta(), -timedelta(seconds=1), -30 * DAY])
def test_the_end_is_never_brought_forward(office: Office, by: timedelta) -> None:
    case = office.noticed()
    with pytest.raises(RefusedError, match="put off and never brought forward"):
        lengthen(office.desk, case.id, case.effective_at + by, office.manager, text="sooner")


def test_putting_off_is_a_managers_and_says_why(office: Office) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    case = office.open()
    with pytest.raises(NotAuthorisedError):
        lengthen(office.desk, case.id, later, CARL, text="x")
    with pytest.raises(MistakeError, match="says why"):
        lengthen(office.desk, case.id, later, office.manager, text="")
    with pytest.raises(MistakeError, match="has no end to put off"):
        lengthen(office.desk, case.id, later, office.manager, text="x")


def test_an_end_that_has_come_is_not_put_off(office: Office) -> None:
    case = office.ended()
    later = datetime(2027, 1, 1, tzinfo=UTC)
    with pytest.raises(MistakeError, match="has no end to put off"):
        lengthen(office.desk, case.id, later, office.manager, text="x")


# --- Back again ---


def opening(acct: str = "1234-2", contract: str = "k2") -> Opening:
    return Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1 Main", zone="UTC"),
        contract=Contract(id=contract, site_id="s1", number=f"N-{contract}"),
        acct=acct,
    )


def test_a_reinstated_customer_gets_a_new_contract_and_account(office: Office) -> None:
    case = office.step(office.sealed(), "close")
    made = reinstate(office.desk, case.id, opening(), office.manager)
    assert made.details["reinstates"] == {"acct": "1234", "case": case.id}
    with office.desk.database.reading() as connection:
        assert read_account(connection, "1234").record == "closed"
        assert read_account(connection, "1234-2").service == "active"
    view = service.look(office.desk, case.id)
    assert (view.case.state, view.history[-1].row) == ("closed", "T18")
    assert [one["kind"] for one in office.records("station")[-2:]] == ["step", "reinstated"]
    assert office.records("1234-2")[0]["type"] == "open"


def test_only_a_closed_case_is_reinstated_and_only_so(office: Office) -> None:
    case = office.open()
    with pytest.raises(StepUnknownError):
        reinstate(office.desk, case.id, opening(), office.manager)
    with pytest.raises(MistakeError, match="gets a new account"):
        office.step(case, "reinstated")


def test_a_reinstatement_that_fails_leaves_nothing(office: Office) -> None:
    case = office.step(office.sealed(), "close")
    with pytest.raises(MistakeError, match="There is an account 1234 already"):
        reinstate(office.desk, case.id, opening("1234"), office.manager)
    assert service.look(office.desk, case.id).history[-1].row == "T17"
