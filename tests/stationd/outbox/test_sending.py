import hashlib
from dataclasses import replace
from datetime import date, timedelta

import pytest

from stationd.cases import service as cases
from stationd.cases.model import Reason
from stationd.errors import RefusedError
from stationd.hooks.service import alarms
from stationd.letters.channels.smtp import SmtpChannel
from stationd.letters.service import withdraw_form
from stationd.outbox import service as outbox
from stationd.outbox.model import State
from stationd.outbox.store import move
from tests.mail_server import BREAK
from tests.stationd.outbox.conftest import bill

HOUR = timedelta(hours=1)


def test_a_notice_goes_out_is_declared_and_moves_the_case_to_the_instant_it_states(office, mail):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    assert office.order(letter) == [one]
    assert office.post() == 1
    (sent,) = office.sendings(case)
    assert (sent.state, sent.tries, sent.proof["reply"]) == (State.SENT, 1, "250 2.0.0 taken as 42")
    (notice,) = office.facts(case, "notice")
    assert notice.fact["sha256"] == letter.sha256
    assert notice.fact["proof"]["message_id"] == sent.message_id
    assert (notice.author, notice.fact["sent_by"]) == ("maria", "program")
    office.declared(sent)
    moved = cases.step(office.desk, case.id, "notice_sent", office.manager)
    assert moved.effective_at == letter.stated_at
    assert office.post() == 0
    ((to, message),) = mail.messages
    assert to == "acme@example.com"
    view = outbox.look(office.desk, letter.id, office.manager)
    assert hashlib.sha256(view.pdf.content).hexdigest() == letter.sha256
    assert sent.message_id.encode() in message


def test_a_notice_that_nobody_approved_does_not_go_out(office):
    case = office.ready()
    (letter,) = office.draft_letter(case, "confirmation")
    with pytest.raises(RefusedError, match="approval"):
        office.order(letter)


def test_an_approval_that_dies_meanwhile_cancels_the_letter(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    office.fact(case, "dispute", text="the bill is wrong")
    office.post()
    (one,) = office.sendings(case)
    assert one.state is State.CANCELLED
    assert one.why.startswith("G4")
    assert mail.messages == []


@pytest.mark.parametrize("event", ["dispute", "withdraw", "cure"])
def test_a_letter_of_a_case_that_moved_away_is_cancelled(office, mail, event):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    if event == "dispute":
        office.fact(case, "dispute", text="the bill is wrong")
    if event == "cure":
        office.fact(case, "cure_accepted", text="paid")
    office.step(case, event)
    office.post()
    assert [(one.state, one.tries) for one in office.sendings(case)] == [(State.CANCELLED, 0)]
    assert mail.messages == []


def test_a_case_that_moves_away_while_the_server_is_asked_stops_the_message(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    usual = mail._reply

    def reply(connection, word):
        if word == "DATA":
            office.step(case, "withdraw")
        return usual(connection, word)

    mail._reply = reply
    office.post()
    assert [one.state for one in office.sendings(case)] == [State.CANCELLED]
    assert mail.messages == []


def test_a_form_that_was_withdrawn_or_expired_sends_nothing(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    withdraw_form(office.desk, "confirmation", "L-1", by=office.manager)
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, "withdrawn" in one.why) == (State.CANCELLED, True)
    assert mail.messages == []


def test_after_its_last_day_a_letter_is_not_sent(office, clock, mail):
    case, (letter,) = office.ready_with_draft(send_by=None)
    office.order(letter)
    clock.advance(letter.send_by - clock.now())
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, "--send-by" in one.why) == (State.CANCELLED, True)
    assert mail.messages == []


def test_a_server_that_says_later_is_asked_again_more_and_more_seldom(office, clock, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    mail.answers["RCPT"] = "451 later"
    office.post()
    assert office.post() == 0
    waits = []
    for _ in range(3):
        (one,) = office.sendings(case)
        waits.append(one.next_at - clock.now())
        clock.advance(waits[-1])
        office.post()
    assert [wait.total_seconds() for wait in waits] == [60, 120, 240]
    del mail.answers["RCPT"]
    (one,) = office.sendings(case)
    assert (one.state, "451 later" in one.why) == (State.WAITING, True)
    clock.advance(one.next_at - clock.now())
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, one.tries, len(mail.messages)) == (State.SENT, 5, 1)


def test_a_letter_that_is_never_taken_is_given_up_and_shown(office, clock, mail):
    office.desk = replace(
        office.desk, letters=office.desk.letters.model_copy(update={"attempts": 2})
    )
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    mail.answers["RCPT"] = "451 later"
    office.post()
    clock.advance(HOUR)
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, one.why.startswith("Given up after 2 tries")) == (State.REFUSED, True)


def test_a_final_no_is_final_and_the_letter_may_be_ordered_again(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    mail.answers["RCPT"] = "550 no such user"
    office.post()
    mail.answers.clear()
    assert office.post() == 0
    (one,) = office.sendings(case)
    assert (one.state, "550 no such user" in one.why) == (State.REFUSED, True)
    (again,) = office.order(letter)
    assert again.id != one.id
    office.post()
    assert len(mail.messages) == 1


def test_silence_after_the_message_is_uncertain_and_never_tried_again(office, clock, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    mail.answers["."] = BREAK
    office.post()
    clock.advance(HOUR)
    assert office.post() == 0
    (one,) = office.sendings(case)
    assert one.state is State.UNCERTAIN
    assert office.facts(case, "notice") == []
    assert office.order(letter) == [one]
    done = outbox.resolve(
        office.desk, one.id, office.manager, sent=True, reason="its log has the id"
    )
    assert (done.state, done.sent_at) == (State.SENT, one.handing_at)
    assert len(office.facts(case, "notice")) == 1


def cut(office, sending, **values):
    """Leave a row as a process that was killed leaves it."""
    with office.desk.database.writing() as connection:
        now = office.clock.now()
        told = {"state": State.TRYING, "tries": 1, "holder": "node-1", "taken_at": now, **values}
        move(connection, sending, **told)


def test_cut_off_before_the_act_it_is_tried_again(office, mail):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    cut(office, one)
    office.post()
    assert ([one.state for one in office.sendings(case)], len(mail.messages)) == ([State.SENT], 1)


def test_cut_off_amid_the_act_nobody_knows(office, clock, mail):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    cut(office, one, handing_at=clock.now())
    office.post()
    assert [one.state for one in office.sendings(case)] == [State.UNCERTAIN]
    assert mail.messages == []


def test_what_another_node_tries_is_its_own_for_a_while(office, clock, mail):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    cut(office, one, holder="node-2")
    office.post()
    assert [one.state for one in office.sendings(case)] == [State.TRYING]
    clock.advance(HOUR)
    office.post()
    assert [one.state for one in office.sendings(case)] == [State.SENT]


def test_without_settings_a_letter_waits_and_says_so(office, mail):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    office.post(office.desk.letters.model_copy(update={"smtp": None}))
    (one,) = office.sendings(case)
    assert (one.state, "letters.smtp" in one.why) == (State.WAITING, True)


def test_certified_mail_takes_its_first_class_copy_along_and_people_declare_both(
    office, tmp_path, clock
):
    case, letters = office.ready_with_draft("certified", reason=Reason.NONPAYMENT)
    assert [one.channel for one in letters] == ["certified", "post"]
    (certified, copy) = office.order(letters[0])
    assert office.post() == 2
    queue = tmp_path / "queue"
    assert sorted(one.name for one in queue.glob("[!.]*")) == sorted([certified.id, copy.id])
    assert b"perjury" in (queue / copy.id / "declaration.txt").read_bytes()
    assert office.facts(case, "notice") == []
    clock.advance(HOUR)
    done = office.declared(certified, tracking="9407")
    office.declared(copy)
    assert (done.state, done.tracking) == (State.SENT, "9407")
    assert [one.fact["channel"] for one in office.facts(case, "notice")] == ["certified", "post"]
    moved = cases.step(office.desk, case.id, "notice_sent", office.manager)
    assert moved.effective_at == letters[0].stated_at


def test_a_print_job_of_a_case_that_moved_away_is_called_back(office, tmp_path):
    case, (letter,) = office.ready_with_draft("post")
    (one,) = office.order(letter)
    office.post()
    office.step(case, "withdraw")
    office.post()
    assert [found.state for found in office.sendings(case)] == [State.CANCELLED]
    assert not (tmp_path / "queue" / one.id).exists()


def test_what_a_server_says_of_an_address_stands_in_the_row_and_not_in_the_log(
    office, mail, caplog
):
    caplog.set_level("INFO", logger="stationd.worker")
    mail.answers["RCPT"] = "550 5.1.1 <acme@example.com> unknown here"
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, "acme@example.com" in one.why) == (State.REFUSED, True)
    assert [record.name for record in caplog.records]
    assert all("acme" not in str(vars(record)) for record in caplog.records)


@pytest.mark.parametrize(("begun", "state"), [(False, State.WAITING), (True, State.UNCERTAIN)])
def test_a_letter_in_which_the_program_fails_holds_up_no_other_and_goes_out_once(
    office, monkeypatch, begun, state
):
    case, (letter,) = office.ready_with_draft()
    office.order(letter)

    def fails(_self, _parcel, handing):
        if begun:
            handing()
        raise UnicodeError

    monkeypatch.setattr(SmtpChannel, "send", fails)
    assert office.post() == 1
    (one,) = office.sendings(case)
    assert (one.state, "UnicodeError" in one.why) == (state, True)
    assert office.post() == 0


def test_what_is_cut_off_again_and_again_is_given_up(office, mail):
    case, (letter,) = office.ready_with_draft()
    (one,) = office.order(letter)
    cut(office, one, tries=office.desk.letters.attempts)
    assert office.post() == 0
    (one,) = office.sendings(case)
    assert (one.state, "It was cut off" in one.why) == (State.REFUSED, True)
    assert mail.messages == []


def stuck(office):
    with office.desk.database.reading() as connection:
        return [one for one in alarms(connection) if one.kind == "letter_stuck"]


@pytest.mark.both_databases
@pytest.mark.parametrize(("word", "answer"), [(".", BREAK), ("RCPT", "550 no such user")])
def test_people_are_paged_for_a_letter_that_is_stuck_until_it_is_cleared_up(
    office, mail, word, answer
):
    mail.answers[word] = answer
    case, (letter,) = office.ready_with_draft()
    office.order(letter)
    assert stuck(office) == []
    office.post()
    (told,) = stuck(office)
    assert case.id in told.said
    assert "acme" not in told.said.lower()
    (one,) = office.sendings(case)
    if one.state is State.UNCERTAIN:
        said = "the server's log says that it was not taken"
        outbox.resolve(office.desk, one.id, office.manager, sent=False, reason=said)
    assert len(stuck(office)) == 1
    mail.answers.clear()
    # The second act comes later than the first.
    office.clock.advance(timedelta(seconds=1))
    office.order(letter)
    assert stuck(office) == []


def test_no_notice_of_a_debt_goes_out_once_it_is_paid(office, mail):
    case, (letter,) = office.ready_with_draft(reason=Reason.NONPAYMENT)
    office.order(letter)
    bill(office.desk, "P-1", 13550, date(2026, 2, 28), "check", kind="payment")
    office.post()
    (one,) = office.sendings(case)
    assert (one.state, "Nothing is overdue" in one.why) == (State.CANCELLED, True)
    assert mail.messages == []
