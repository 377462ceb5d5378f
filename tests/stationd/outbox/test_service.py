from dataclasses import replace

import pytest

from stationd.cases.model import Attachment
from stationd.cases.service import look
from stationd.errors import MistakeError, NotAuthorisedError, NotFoundError, RefusedError
from stationd.outbox import service
from stationd.outbox.model import State
from stationd.staff.model import Person, Role
from tests.mail_server import BREAK

CARLA = Person(login="carla", name="Carla", role=Role.CLERK)


def ordered(office, *channels):
    case, (letter, *_) = office.ready_with_draft(*channels)
    return case, letter, office.order(letter)[0]


def test_the_message_is_kept_to_the_byte_and_named_in_the_record(office):
    _case, _letter, one = ordered(office)
    assert one.message_id == f"<{one.id}@maple.example>"
    docs = [record.get("doc") for record in office.records()]
    assert one.message_doc.hex() in docs
    kinds = [record["kind"] for record in office.records() if record.get("sending") == one.id]
    assert kinds == ["letter_ordered"]


def test_a_letter_may_go_another_way_to_an_address_that_is_given(office):
    _case, letter, _one = ordered(office, "email", "post")
    with pytest.raises(MistakeError, match="give the --address"):
        office.order(letter, channel="post")
    (other,) = office.order(letter, channel="post", address="1 Main St")
    assert (other.channel, other.address) == ("post", "1 Main St")
    with pytest.raises(MistakeError, match="no channel pigeon"):
        office.order(letter, channel="pigeon", address="1")


def test_what_is_not_set_up_is_not_ordered(office):
    _case, (letter,) = office.ready_with_draft()
    for missing, channel in (("smtp", "email"), ("print", "post")):
        letters = office.desk.letters.model_copy(update={missing: None})
        bare = replace(office.desk, letters=letters)
        with pytest.raises(RefusedError, match=rf"letters\.{missing}"):
            service.send(bare, letter.id, office.manager, channel=channel, address="a@b.example")


def test_a_manager_orders_the_withdrawal_of_a_notice_and_it_satisfies_the_step(office):
    case = office.notice_out()
    (letter,) = office.draft_letter(case, "withdrawal_of_notice")
    with pytest.raises(NotAuthorisedError):
        office.order(letter, by=CARLA)
    office.order(letter)
    office.post()
    assert len(office.facts(case, "withdrawal_letter")) == 1
    assert office.step(case, "withdraw").state == "withdrawn"


def test_what_waits_or_lies_ready_is_cancelled_with_a_reason(office):
    _case, _letter, one = ordered(office)
    with pytest.raises(MistakeError, match="at least 10"):
        service.cancel(office.desk, one.id, office.manager, reason="no")
    done = service.cancel(office.desk, one.id, office.manager, reason="wrong address on file")
    assert (done.state, done.why) == (State.CANCELLED, "maria: wrong address on file")
    with pytest.raises(MistakeError, match="It is cancelled"):
        service.cancel(office.desk, one.id, office.manager, reason="wrong address on file")
    assert office.post() == 0


def test_only_what_is_uncertain_is_resolved_and_not_before_it_was_ordered(office, mail, clock):
    _case, letter, one = ordered(office)
    why = "the log of the server"
    with pytest.raises(MistakeError, match="It is waiting"):
        service.resolve(office.desk, one.id, office.manager, sent=True, reason=why)
    mail.answers["."] = BREAK
    office.post()
    early = clock.now().replace(year=2025)
    with pytest.raises(MistakeError, match="after it was ordered"):
        service.resolve(office.desk, one.id, office.manager, sent=True, reason=why, at=early)
    done = service.resolve(office.desk, one.id, office.manager, sent=False, reason=why)
    assert done.state is State.REFUSED
    assert office.order(letter)[0].id != one.id


def test_tracking_numbers_are_facts_with_the_carriers_copy(office):
    case, _letter, one = ordered(office, "post")
    with pytest.raises(MistakeError, match="letter declare"):
        service.track(office.desk, one.id, "9407", office.manager)
    office.post()
    (ready,) = office.sendings(case)
    office.declared(ready)
    receipt = Attachment(name="r.pdf", media_type="application/pdf", content=b"%PDF")
    done = service.track(office.desk, one.id, " 9407 10 ", office.manager, document=receipt)
    assert done.tracking == "9407 10"
    (fact,) = office.facts(case, "tracking")
    assert (fact.fact["number"], fact.doc is not None) == ("9407 10", True)
    with pytest.raises(MistakeError, match="1 to 200"):
        service.track(office.desk, one.id, "\x07", office.manager)


def test_letters_are_found_by_the_beginning_of_their_id(office):
    _case, letter, one = ordered(office)
    assert service.look(office.desk, letter.id[:8], office.manager).letter == letter
    with pytest.raises(NotFoundError, match="letter list"):
        service.look(office.desk, "zz", office.manager)
    assert service.letters(office.desk) == ([], [(one, letter)])


def test_a_way_that_would_lead_to_a_later_instant_is_refused(office):
    _case, letter, _one = ordered(office)
    with pytest.raises(RefusedError, match="later than it states"):
        office.order(letter, channel="post", address="1 Main St")


def test_a_copy_of_a_notice_that_came_back_goes_another_way_and_moves_nothing(office, clock):
    case = office.notice_out()
    (first,) = office.sendings(case)
    letter = service.look(office.desk, first.letter_id, office.manager).letter
    clock.advance(letter.send_by - clock.now())
    (copy,) = office.order(letter, channel="post", address="1 Main St")
    office.post()
    clock.advance(letter.send_by - letter.drafted_at)
    office.declared(copy)
    assert [one.fact["channel"] for one in office.facts(case, "notice")] == ["email", "post"]
    assert look(office.desk, case.id).case.effective_at == letter.stated_at
