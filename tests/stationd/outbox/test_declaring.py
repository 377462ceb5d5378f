from datetime import timedelta

import pytest

from stationd.cases import service
from stationd.cases.model import Attachment
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.letters.service import withdraw_form
from stationd.outbox import declaring
from stationd.outbox.model import State
from stationd.staff.model import Confirmed, Person, Role

HOUR = timedelta(hours=1)
MONA = Person(login="mona", name="Mona", role=Role.MANAGER)


def sent(office, *channels):
    case, (letter, *_) = office.ready_with_draft(*channels, *(["email"] if channels else []))
    (one, *_) = office.order(letter)
    office.post()
    return case, letter, next(two for two in office.sendings(case) if two.id == one.id)


def test_what_is_declared_is_what_was_shown_and_names_file_hash_address_and_id(office):
    case, letter, one = sent(office)
    shown = declaring.prepare(office.desk, one.id, office.manager)
    for said in (
        "Maria Manager",
        letter.file,
        letter.sha256,
        "acme@example.com",
        one.message_id,
        "250 2.0.0 taken as 42",
        "penalty of perjury",
        "9:00 a.m. (CST, America/Chicago, UTC-06:00)",
    ):
        assert said in shown.text
    done = declaring.declare(office.desk, shown, office.confirmed(office.manager))
    assert done.declared_at == office.clock.now()
    (fact,) = office.facts(case, "declaration")
    assert (fact.fact["notice"], fact.author, fact.doc is not None) == (one.fact_id, "maria", True)
    with pytest.raises(MistakeError, match="declared already"):
        declaring.prepare(office.desk, one.id, office.manager)


def test_the_password_is_given_again(office):
    _, _, one = sent(office)
    shown = declaring.prepare(office.desk, one.id, office.manager)
    old = Confirmed(person=office.manager, at=office.clock.now() - HOUR)
    with pytest.raises(NotAuthorisedError):
        declaring.declare(office.desk, shown, old)


def test_who_had_it_sent_declares_an_e_mail(office):
    _, _, one = sent(office)
    with pytest.raises(NotAuthorisedError, match="maria had it sent"):
        declaring.prepare(office.desk, one.id, MONA)


@pytest.mark.parametrize("channel", ["post", "courier", "hand"])
def test_what_a_person_sent_is_a_fact_once_they_declare_it(office, clock, channel):
    case, letter, one = sent(office, channel)
    assert (one.state, office.facts(case, "notice")) == (State.READY, [])
    clock.advance(HOUR)
    at = clock.now() - HOUR / 2
    done = office.declared(one, sent_at=at, tracking="T1")
    (notice,) = office.facts(case, "notice")
    assert (done.state, done.sent_at, done.tracking) == (State.SENT, at, "T1")
    assert notice.fact["sent_by"] == "person"
    assert notice.fact["sha256"] == letter.sha256


def test_a_text_on_the_keypad_is_told_beside_the_notice_and_is_none(office):
    case, _, one = sent(office, "keypad")
    office.declared(one)
    assert office.facts(case, "notice") == []
    (told,) = office.facts(case, "letter_sent")
    assert told.fact["channel"] == "keypad"


def test_what_went_out_too_late_counts_as_no_notice(office, clock):
    _case, letter, one = sent(office, "post")
    clock.advance(letter.send_by - clock.now() + HOUR)
    with pytest.raises(RefusedError, match="counts as no notice"):
        declaring.prepare(office.desk, one.id, office.manager)
    assert declaring.prepare(
        office.desk, one.id, office.manager, sent_at=letter.send_by - HOUR
    ).sent_at


@pytest.mark.parametrize("hours", [-1, 1])
def test_it_was_sent_after_it_was_ordered_and_not_in_the_future(office, clock, hours):
    _, _, one = sent(office, "post")
    when = clock.now() + hours * HOUR
    with pytest.raises(MistakeError, match="not in the future"):
        declaring.prepare(office.desk, one.id, office.manager, sent_at=when)


def test_what_waits_is_not_declared_and_without_a_signed_form_nothing_is(office):
    _case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    with pytest.raises(MistakeError, match="It is waiting"):
        declaring.prepare(office.desk, one.id, office.manager)
    office.post()
    withdraw_form(office.desk, "declaration", "L-1", by=office.manager)
    with pytest.raises(RefusedError, match="signed no declaration form"):
        declaring.prepare(office.desk, one.id, office.manager)


def test_a_declaration_on_paper_is_as_good(office):
    case, _, one = sent(office)
    scan = Attachment(name="scan.pdf", media_type="application/pdf", content=b"%PDF")
    service.record_declaration(office.desk, case.id, one.fact_id, office.manager, document=scan)
    assert office.step(case, "notice_sent").state == "noticed"
