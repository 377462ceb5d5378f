from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stationd.approvals.model import Purpose
from stationd.cases import deciding, service
from stationd.cases.model import Attachment
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.holds.model import HoldKind
from stationd.holds.service import set_hold
from stationd.ledger.store import read_documents
from stationd.settings import ApprovalSettings
from stationd.staff.model import Confirmed, Person, Role
from stationd.staff.service import add

Office = Any
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONA = Person(login="mona", name="Mona", role=Role.MANAGER)
CARL = Person(login="carl", name="Carl", role=Role.CLERK)
OLGA = Person(login="olga", name="Olga", role=Role.ATTORNEY)
ANNA = Person(login="anna", name="Anna", role=Role.ADMINISTRATOR)
WHY = "the vendor has gone out of business and answers no letter"
PAPER = Attachment(name="counsel.pdf", media_type="application/pdf", content=b"counsel says")


def asked(office: Office, case: Any, by: Person | None = None) -> Any:
    return deciding.ask(office.desk, case.id, "notice_sent", office.confirmed(by or office.manager))


def approve(office: Office, one: Any, by: Person) -> Any:
    return deciding.approve(office.desk, one.id, office.confirmed(by))


def waive(office: Office, case: Any, event: str, *guards: str, **more: Any) -> Any:
    given = {"code": "vendor_gone", "text": WHY, **more}
    by = office.confirmed(given.pop("by", office.manager))
    return deciding.ask_override(office.desk, case.id, event, guards, by, **given)


@pytest.fixture
def drafted(office: Office) -> Any:
    case = office.ready()
    office.draft(case, by=CARL)
    return case


# --- The notice ---


def test_a_second_person_approves_and_the_step_uses_it_up(office: Office, drafted: Any) -> None:
    one = asked(office, drafted, CARL)
    assert (one.purpose, one.row, one.approved) == (Purpose.STEP, "T12", None)
    assert [(found.id, case.id) for found, case in deciding.open_approvals(office.desk)] == [
        (one.id, drafted.id)
    ]
    given = approve(office, one, office.manager)
    assert (given.approved, given.decided_by, given.alone) == (True, "maria", False)
    office.notice(drafted)
    office.step(drafted, "notice_sent")
    (used,) = service.look(office.desk, drafted.id).approvals
    assert used.used_at == office.clock.now()
    (told,) = [r for r in office.records() if r.get("kind") == "step" and r["row"] == "T12"]
    assert told["approvals"] == [one.id]
    kinds = [r["kind"] for r in office.records() if "approval" in r]
    assert kinds == ["approval_asked", "approval_given"]


def test_who_asked_does_not_approve(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    with pytest.raises(RefusedError, match="takes somebody else"):
        approve(office, one, office.manager)


def test_who_drafted_does_not_approve(office: Office) -> None:
    case = office.ready()
    office.draft(case, by=MONA)
    one = asked(office, case)
    with pytest.raises(RefusedError, match="mona drafted the letter"):
        approve(office, one, MONA)


@pytest.mark.parametrize("by", [CARL, OLGA], ids=["a clerk", "an attorney"])
def test_only_a_manager_approves_that_a_notice_goes_out(
    office: Office, drafted: Any, by: Person
) -> None:
    one = asked(office, drafted)
    with pytest.raises(NotAuthorisedError, match=r"may not approve this\. Who may: manager, admin"):
        approve(office, one, by)


def test_an_administrator_approves_what_a_manager_asked_for(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    with pytest.raises(NotAuthorisedError, match="approves only what a manager asked for"):
        approve(office, one, ANNA)
    anna = add(
        office.desk,
        login="anna",
        name="Anna",
        role=Role.ADMINISTRATOR,
        password="a long enough password",
        by=None,
    )
    add(
        office.desk,
        login="maria",
        name="Maria",
        role=Role.MANAGER,
        password="a long enough password",
        by=anna,
    )
    assert approve(office, one, anna).approved


def test_what_cannot_be_approved_yet_is_told_with_its_rows(office: Office) -> None:
    case = office.ready()
    with pytest.raises(RefusedError, match="cannot be approved yet: G6p") as error:
        asked(office, case)
    assert len(error.value.results) == 9
    with pytest.raises(MistakeError, match="needs no approval"):
        deciding.ask(office.desk, case.id, "withdraw", office.confirmed(office.manager))


def test_an_operator_asks_for_nothing(office: Office, drafted: Any) -> None:
    with pytest.raises(NotAuthorisedError, match="may not ask for the step notice_sent"):
        asked(office, drafted, Person(login="otto", name="Otto", role=Role.OPERATOR))


def test_what_changed_since_it_was_asked_for_is_not_approved(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    office.fact(drafted, "dispute")
    with pytest.raises(RefusedError, match="has changed since this was asked for"):
        approve(office, one, MONA)


def test_what_changed_since_it_was_approved_moves_nothing(office: Office, drafted: Any) -> None:
    approve(office, asked(office, drafted), MONA)
    office.notice(drafted)
    office.draft(drafted, "post")
    with pytest.raises(RefusedError, match="refused by approval"):
        office.step(drafted, "notice_sent")


def test_a_case_that_has_moved_on_is_not_approved(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    office.step(drafted, "withdraw")
    with pytest.raises(RefusedError, match="has changed"):
        approve(office, one, MONA)


def test_after_a_day_it_has_to_be_asked_for_anew(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    office.clock.advance(DAY + timedelta(seconds=1))
    with pytest.raises(RefusedError, match="asked for too long ago"):
        approve(office, one, MONA)
    assert deciding.open_approvals(office.desk) == []


def test_a_day_after_it_was_given_an_approval_counts_no_more(office: Office, drafted: Any) -> None:
    approve(office, asked(office, drafted), MONA)
    office.notice(drafted)
    office.clock.advance(DAY + timedelta(seconds=1))
    with pytest.raises(RefusedError, match="refused by approval"):
        office.step(drafted, "notice_sent")


def test_proofs_are_given_again_by_both(office: Office, drafted: Any) -> None:
    old = Confirmed(person=office.manager, at=office.clock.now() - timedelta(minutes=6))
    with pytest.raises(NotAuthorisedError, match="too long ago"):
        deciding.ask(office.desk, drafted.id, "notice_sent", old)
    with pytest.raises(NotAuthorisedError, match="too long ago"):
        deciding.ask_override(office.desk, drafted.id, "notice_sent", ["G6"], old, code="", text="")
    one = asked(office, drafted)
    with pytest.raises(NotAuthorisedError, match="too long ago"):
        deciding.approve(office.desk, one.id, replace(old, person=MONA))


def test_what_is_decided_is_decided(office: Office, drafted: Any) -> None:
    one = asked(office, drafted)
    assert deciding.refuse(office.desk, one.id[:8], MONA).approved is False
    with pytest.raises(MistakeError, match="mona refused this already"):
        approve(office, one, MONA)
    again = asked(office, drafted)
    approve(office, again, MONA)
    with pytest.raises(MistakeError, match="mona approved this already"):
        deciding.refuse(office.desk, again.id, CARL)
    with pytest.raises(NotFoundError, match="There is no approval zz"):
        deciding.refuse(office.desk, "zz", CARL)


# --- Overrides ---


def test_a_guard_is_waived_for_one_step_and_told_in_its_record(office: Office) -> None:
    case = office.due()
    office.execute('UPDATE accounts SET details = \'{"systems":["medical"]}\'')
    with pytest.raises(RefusedError, match="refused by G20"):
        office.step(case, "time_over")
    one = waive(office, case, "time_over", "G20", document=PAPER)
    approve(office, one, CARL)
    assert office.step(case, "time_over").state == "ended"
    (told,) = [r for r in office.records() if r.get("kind") == "step" and r["row"] == "T14"]
    assert (told["waived"], told["approvals"]) == (["G20"], [one.id])
    waived = [r for r in office.records() if r.get("kind") == "approval_asked"][-1]
    assert (waived["waive"], waived["code"]) == (["G20"], "vendor_gone")
    assert "vendor has gone" not in repr(office.records())


@pytest.mark.parametrize("guard", ["G6", "G7"])
def test_what_is_nobodys_to_waive_is_refused(office: Office, guard: str) -> None:
    case = office.noticed()
    office.execute("DELETE FROM objects")
    if guard == "G6":
        office.execute(
            "UPDATE contracts SET terms = json_set(terms, '$.notice_methods', json('[\"hand\"]'))"
        )
    with pytest.raises(RefusedError, match=f"{guard} is waived by nobody"):
        waive(office, case, "time_over", guard)


def test_a_hole_is_disclosed_by_other_means(office: Office) -> None:
    with pytest.raises(RefusedError, match="an administrator retires a journal"):
        waive(office, office.ended(), "covered", "G12")


def test_a_guard_that_refuses_nothing_is_not_waived(office: Office) -> None:
    case = office.due()
    with pytest.raises(MistakeError, match="G13 does not refuse the step time_over; nothing does"):
        waive(office, case, "time_over", "G13")
    with pytest.raises(MistakeError, match="names the guards"):
        waive(office, case, "time_over")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"code": "because"}, "There is no reason code because"),
        ({"text": "x" * 39}, "at least 40 characters"),
        ({"text": " " * 50}, "at least 40 characters"),
    ],
)
def test_an_override_says_why(office: Office, more: dict[str, str], says: str) -> None:
    with pytest.raises(MistakeError, match=says):
        waive(office, office.open(), "start", "G20", **more)


def test_counsels_guards_need_counsels_document(office: Office) -> None:
    case = office.due()
    set_hold(office.desk, "1234", HoldKind.SERVICE, "claim", by=office.manager)
    with pytest.raises(RefusedError, match="G10 cannot be waived so: a manager asks, with counsel"):
        waive(office, case, "time_over", "G10")
    one = waive(office, case, "time_over", "G10", document=PAPER, code="counsel_advice")
    with pytest.raises(NotAuthorisedError, match="attorney, administrator"):
        approve(office, one, CARL)
    approve(office, one, OLGA)
    with office.desk.database.reading() as connection:
        kept = read_documents(connection, [one.doc, one.file])
    assert {doc.compartment for doc in kept} == {"privileged"}
    assert office.step(case, "time_over").state == "ended"


def test_a_hold_on_records_is_not_waived_at_closing(office: Office) -> None:
    case = office.sealed()
    set_hold(office.desk, "1234", HoldKind.RECORDS, "claim", by=office.manager)
    with pytest.raises(RefusedError, match="G10 is waived by nobody"):
        waive(office, case, "close", "G10", document=PAPER)


def test_only_a_manager_asks_to_waive(office: Office) -> None:
    case = office.due()
    office.execute('UPDATE accounts SET details = \'{"systems":["medical"]}\'')
    with pytest.raises(NotAuthorisedError, match="may not ask to waive G20"):
        waive(office, case, "time_over", "G20", by=CARL)


# --- A company of one ---


def test_a_sole_operator_gives_both_acts_and_the_record_says_so(office: Office) -> None:
    case = office.ready()
    office.draft(case)
    only = replace(office.desk, approvals=ApprovalSettings(sole_operator=True))
    began = replace(office.manager, since=office.clock.now())
    one = deciding.ask(only, case.id, "notice_sent", office.confirmed(began))
    office.clock.advance(12 * HOUR)
    with pytest.raises(RefusedError, match="logs in anew"):
        deciding.approve(only, one.id, office.confirmed(began))
    anew = replace(office.manager, since=office.clock.now())
    assert deciding.approve(only, one.id, office.confirmed(anew)).alone
    office.notice(case)
    service.step(only, case.id, "notice_sent", office.manager)
    told = [r for r in office.records() if r.get("sole_operator")]
    assert [r["kind"] for r in told] == ["approval_given", "step"]
