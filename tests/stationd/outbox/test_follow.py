import pytest

from stationd.accounts.service import change_details
from stationd.cases.effects import SECOND_NOTICE, TELL_AUTHORITY
from stationd.cases.model import Reason
from stationd.letters.service import withdraw_form
from stationd.outbox import service
from stationd.outbox.follow import STEPS, second_notice, tell_authority
from stationd.outbox.model import State
from stationd.schedule.store import read_steps
from tests.stationd.cases.conftest import DAY, LETTER
from tests.stationd.outbox.conftest import sign


def due(office, case):
    with office.desk.database.reading() as connection:
        return [one.step for one in read_steps(connection, case.id) if one.done_at is None]


def kinds(office, case):
    _made, sendings = service.letters(office.desk, case.id)
    return sorted((letter.kind, one.state) for one, letter in sendings)


@pytest.fixture
def fire(office):
    change_details(office.desk, "1234", {"systems": ["fire"]}, by=office.manager)
    return office


def fire_noticed(office):
    case = office.ready(Reason.NONPAYMENT)
    (letter,) = office.draft_letter(case, "termination")
    office.draft_letter(case, "ahj_termination")
    office.approve(case)
    office.order(letter)
    office.post()
    office.declared(office.sendings(case)[0])
    return office.step(case, "notice_sent")


def test_the_authority_is_told_after_the_notice_and_once(fire):
    case = fire_noticed(fire)
    assert TELL_AUTHORITY in due(fire, case)
    assert "in the outbox" in STEPS[TELL_AUTHORITY](fire.desk, case.id)
    tell_authority(fire.desk, case.id)
    fire.post()
    assert kinds(fire, case) == [
        ("ahj_termination", State.SENT),
        ("termination", State.SENT),
    ]
    (told,) = fire.facts(case, "authority_letter")
    assert (told.author, told.fact["address"]) == ("maria", "fire@example.com")


def test_what_people_drafted_people_send(fire):
    case = fire.ready(Reason.NONPAYMENT)
    (letter,) = fire.draft_letter(case, "termination")
    fire.fact(case, "authority_draft", document=LETTER)
    fire.approve(case)
    fire.order(letter)
    fire.post()
    fire.declared(fire.sendings(case)[0])
    case = fire.step(case, "notice_sent")
    assert "people drafted" in tell_authority(fire.desk, case.id)


def test_without_an_authority_nothing_is_due(office):
    case = office.notice_out()
    assert TELL_AUTHORITY not in due(office, case)
    assert "no letter" in tell_authority(office.desk, case.id)


def ended(office):
    case = office.notice_out()
    office.built(case)
    office.fact(case, "issuer_cancellation", number="C-9", document=LETTER)
    sign(office.desk, "second_notice")
    office.clock.advance(40 * DAY)
    return office.step(case, "time_over")


def test_the_second_notice_goes_the_way_of_the_first_and_once(office, mail):
    case = ended(office)
    assert SECOND_NOTICE in due(office, case)
    for _ in range(2):
        assert "email: in the outbox" in STEPS[SECOND_NOTICE](office.desk, case.id)
    office.post()
    assert kinds(office, case)[-1] == ("second_notice", State.SENT)
    assert [to for to, _ in mail.messages] == ["acme@example.com"] * 2
    assert len(office.facts(case, "second_notice")) == 1
    assert "recorded already" in second_notice(office.desk, case.id)


def test_without_a_signed_form_it_stays_a_task_of_people(office):
    case = ended(office)
    withdraw_form(office.desk, "second_notice", "L-1", by=office.manager)
    assert "people send it" in second_notice(office.desk, case.id)
    assert len(kinds(office, case)) == 1
