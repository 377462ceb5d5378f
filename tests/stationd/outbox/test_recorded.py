from stationd.outbox.recorded import ordering_person, place_sent, scene_for
from stationd.staff.model import WORKER


def test_who_ordered_a_letter_is_its_author_and_else_the_program(office):
    with office.desk.database.reading() as connection:
        assert ordering_person(connection, "maria") == office.manager
        assert ordering_person(connection, "gone") == WORKER


def test_what_went_out_is_recorded_even_of_a_case_that_is_over(office):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    office.step(case, "withdraw")
    with office.desk.database.writing() as connection:
        scene = scene_for(connection, office.desk, case.id, office.manager)
        place_sent(scene, letter, one, sent_at=scene.now, proof={"reply": "250"})
    assert len(office.facts(case, "notice")) == 1


def test_a_letter_of_the_ladder_is_a_contact_too(office):
    case = office.contacting()
    given = {"fees.starts_on": "2026-04-01", "fees.rule": "1.5 percent"}
    (letter,) = office.draft_letter(case, "late_fee", given=given)
    office.order(letter)
    office.post()
    (told,) = office.facts(case, "letter_sent")
    assert told.fact["given"] == given
    assert [one.fact["step"] for one in office.facts(case, "contact")] == ["late-fee"]


def test_the_issuer_of_a_certificate_is_told_its_number(office):
    case = office.notice_out()
    (letter,) = office.draft_letter(case, "issuer_cancellation")
    office.order(letter)
    office.post()
    (told,) = office.facts(case, "issuer_cancellation")
    assert (told.fact["number"], told.fact["address"]) == ("C-9", "lab@example.com")
