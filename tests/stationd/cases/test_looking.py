from datetime import timedelta
from typing import Any

import pytest

from stationd.cases import service
from stationd.cases.looking import AHEAD, look
from stationd.cases.model import Attachment, Reason
from stationd.cases.states import OVER, TABLE, State
from stationd.schedule.checks import Check, record_check

Office = Any
LETTER = Attachment(name="l.pdf", media_type="application/pdf", content=b"l")


def missing(office: Office, case: Any) -> str:
    return "\n".join(look(office.desk, case.id).missing)


def test_every_state_but_an_end_has_a_step_that_takes_a_case_on() -> None:
    assert set(AHEAD) == set(State) - OVER
    rows = {(one.source, one.event) for one in TABLE}
    assert {(state, event) for state, event in AHEAD.items()} <= rows


def test_at_every_moment_it_is_said_what_is_missing_and_who_can_supply_it(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    assert missing(office, case) == "Nothing is missing: the step start can be taken."
    office.step(case, "start")
    assert "A clerk or manager who did not open the case" in missing(office, case)
    office.review(case)
    office.step(case, "facts_ok")
    assert "Not done: call, call-back, email" in missing(office, case)
    office.fact(case, "dispute")
    office.step(case, "dispute")
    assert "No fact of kind dispute_decision is recorded" in missing(office, case)
    office.fact(case, "dispute_decision")
    office.step(case, "resolved")
    office.contacted(case)
    office.step(case, "ladder_done")
    assert "No draft of the termination notice" in missing(office, case)
    assert "A second person approves" in missing(office, case)
    office.send(case)
    assert "nobody can shorten it" in missing(office, case)


def test_what_the_worker_does_by_itself_is_said(office: Office) -> None:
    case = office.due()
    by_itself = "Nothing is missing; the worker takes the next step by itself."
    assert missing(office, case) == by_itself
    office.step(case, "time_over")
    assert "The customer was not told yet that monitoring has ended" in missing(office, case)
    with office.writing() as connection:
        waits = Check(
            name=f"closing {case.id}",
            outcome="waits",
            detail="waits until journals are followed",
            at=office.clock.now(),
        )
        record_check(connection, waits)
    assert "waits until journals are followed" in missing(office, case)


def test_a_decided_dispute_says_until_when_the_notice_runs(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "dispute")
    office.step(case, "dispute")
    office.fact(case, "dispute_decision")
    assert missing(office, case) == (
        "Nothing is missing; the notice runs until 2026-04-02 17:00:00 UTC."
    )


def test_after_the_second_notice_nothing_is_missing_but_the_bundle(office: Office) -> None:
    case = office.ended()
    sent = {"channel": "post", "address": "1 Main", "sent_on": "2026-04-12"}
    office.fact(case, "second_notice", document=LETTER, **sent)
    assert "told yet" not in missing(office, case)
    assert "No closing bundle is ordered yet" in missing(office, case)


@pytest.mark.parametrize("event", ["withdraw", "cure"])
def test_of_a_case_that_is_over_nothing_is_missing(office: Office, event: str) -> None:
    case = office.open()
    office.fact(case, "cure_accepted")
    assert look(office.desk, office.step(case, event).id).missing == ()


def test_a_look_sees_approvals_and_all_results_of_each_step(office: Office) -> None:
    case = office.approved()
    view = service.look(office.desk, case.id)
    assert [one.row for one in view.approvals] == ["T12"]
    (ahead,) = [one for one in view.possible if one.row.id == "T12"]
    assert [one.id for one in ahead.refused_by] == ["G6"]
    assert len(ahead.results) == 9
    office.clock.advance(timedelta(days=2))
    (ahead,) = [one for one in look(office.desk, case.id).possible if one.row.id == "T12"]
    assert [one.id for one in ahead.refused_by] == ["G6", "approval"]
