import json
from dataclasses import replace
from datetime import date

import pytest

from stationd.accounts.service import change, change_details
from stationd.accounts.store import read_contract, read_customer, read_site
from stationd.cases.model import Reason
from stationd.errors import MistakeError, NotAuthorisedError, RefusedError
from stationd.ledger.store import read_documents
from stationd.letters.service import withdraw_form
from stationd.outbox import service as outbox
from stationd.staff.model import Person, Role
from tests.stationd.outbox.conftest import bill

GIVEN = {
    "late_fee": {"fees.starts_on": "2026-04-01", "fees.rule": "1.5 percent a month"},
    "intent_to_suspend": {"suspension.on": "2026-04-01"},
    "agency_warning": {"agency.name": "Collect LLC", "agency.on": "2026-04-01"},
    "hold_notice": {
        "hold.scope": "account 1234",
        "hold.classes": "all",
        "hold.since": "2026-03-01",
        "hold.asked_by": "Olga",
    },
    "release_record": {
        "release.to": "Adler & Berg LLP",
        "release.ground": "subpoena",
        "release.what": "alarm history",
        "release.redactions": "codes",
    },
}


def text_of(office, letter):
    return outbox.look(office.desk, letter.id, office.manager).text.content.decode()


def term(office, **terms):
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, "k1")
    merged = {name: value for name, value in {**contract.terms, **terms}.items() if value}
    change(office.desk, replace(contract, terms=merged), by=office.manager)


def cure(office, days):
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, "k1")
    change(office.desk, replace(contract, cure_days=days), by=office.manager)


def test_a_termination_names_each_charge_by_its_billing_line_and_states_the_instant(office):
    case = office.ready(Reason.NONPAYMENT)
    (letter,) = office.draft_letter(case, "termination", "post")
    text = text_of(office, letter)
    assert (
        "Monitoring ends on Monday, April 6, 2026, 12:00 noon (CDT, America/Chicago, UTC-05:00)"
        in text
    )
    assert "I-17  monitoring January 2026  2026-01-01  2026-01-01  USD 90.00  USD 90.00" in text
    assert "In all, USD 135.50 was due on that day." in text
    assert "not a release" in text
    assert "property of Maple Alarm, Inc." in text
    assert "PUT THE DEFAULT RIGHT" not in text
    assert "does not by itself take this notice back" in text


def test_a_right_to_cure_has_amount_last_day_way_and_what_follows(office):
    cure(office, 10)
    case = office.ready(Reason.NONPAYMENT)
    (letter,) = office.draft_letter(case, "termination", "email")
    text = text_of(office, letter)
    assert "is Thursday, March 12, 2026, until the end" in text
    assert "Pay by check" in text
    assert "the default is put right" in text
    assert "does not by itself" not in text


def test_the_slowest_way_decides_what_all_letters_of_a_notice_state(office):
    case = office.ready()
    letters = office.draft_letter(case, "confirmation", "email", "post")
    assert len({one.stated_at for one in letters}) == 1
    (alone,) = office.draft_letter(case, "confirmation", "email")
    assert alone.stated_at < letters[0].stated_at


def test_a_later_day_of_sending_leaves_a_margin_and_never_shortens(office, clock):
    case = office.ready()
    (letter,) = office.draft_letter(case, "confirmation", "email", send_by=date(2026, 3, 6))
    office.approve(case)
    office.order(letter)
    office.post()
    (one,) = office.sendings(case)
    office.declared(one)
    moved = office.step(case, "notice_sent")
    assert moved.effective_at == letter.stated_at
    (told,) = office.facts(case, "effective")
    assert told.fact["bounds"]["stated"] > told.fact["bounds"]["notice"]


def test_what_is_missing_is_named_with_who_supplies_it(office):
    case = office.ready(Reason.NONPAYMENT)
    bill(office.desk, "P-1", 13550, date(2026, 2, 20), "check", kind="payment")
    with pytest.raises(RefusedError, match=r"money\.charges .*billing import"):
        office.draft_letter(case, "termination", "post")


def test_the_authority_is_told_the_class_of_reason_and_nothing_of_a_debt(office):
    change_details(office.desk, "1234", {"systems": ["fire"]}, by=office.manager)
    case = office.ready(Reason.NONPAYMENT)
    with pytest.raises(RefusedError, match="Draft the notice first"):
        office.draft_letter(case, "ahj_termination", "post")
    (notice,) = office.draft_letter(case, "termination", "post")
    (letter,) = office.draft_letter(case, "ahj_termination", "post")
    view = outbox.look(office.desk, letter.id, office.manager)
    text, data = view.text.content.decode(), view.data.content.decode()
    assert "Reason: ended by the monitoring company" in text
    assert "9 Fire Lane" in text
    for word in ("USD", "paid", "default", "135"):
        assert word not in text
        assert word not in data
    assert letter.stated_at == notice.stated_at
    assert [one.fact["letter"] for one in office.facts(case, "authority_draft")] == [letter.id]


@pytest.mark.parametrize("kind", ["late_fee", "intent_to_suspend", "agency_warning"])
def test_letters_of_the_ladder_are_drafted_while_the_customer_is_contacted(office, kind):
    case = office.contacting()
    (letter,) = office.draft_letter(case, kind, "post", given=GIVEN[kind])
    text = text_of(office, letter)
    assert "Wednesday, April 1, 2026" in text
    assert "I-18" in text
    office.order(letter)
    assert office.post() == 1


@pytest.mark.parametrize(("reports", "said"), [("yes", True), ("no", False), (None, False)])
def test_credit_bureaus_are_named_only_where_the_agency_reports_to_them(office, reports, said):
    term(office, reports_to_bureau=reports)
    case = office.contacting()
    given = GIVEN["agency_warning"]
    (letter,) = office.draft_letter(case, "agency_warning", "post", given=given)
    assert ("credit bureau" in text_of(office, letter)) is said


@pytest.mark.parametrize("kind", ["hold_notice", "release_record"])
def test_letters_to_others_say_to_whom(office, kind):
    case = office.ready()
    with pytest.raises(RefusedError, match="--to, --address"):
        office.draft_letter(case, kind, "post", given=GIVEN[kind])
    whom = {"recipient": "Adler & Berg", "address": "5 Court St"}
    (letter,) = office.draft_letter(case, kind, "post", given=GIVEN[kind], **whom)
    assert "Adler & Berg\n5 Court St" in text_of(office, letter)


def test_a_letter_keeps_its_text_its_pdf_and_what_it_was_filled_with(office):
    case = office.ready()
    (letter,) = office.draft_letter(case, "confirmation")
    with office.desk.database.reading() as connection:
        kept = [read_documents(connection, [doc])[0] for doc in (letter.doc, letter.data_doc)]
    assert kept[0].content.startswith(b"%PDF")
    assert json.loads(kept[1].content)["contract"]["number"] == "K-1"
    named = {one.get("doc") for one in office.records()}
    assert {letter.doc.hex(), letter.text_doc.hex(), letter.data_doc.hex()} <= named
    whole = json.dumps(office.records())
    for personal in ("acme@example.com", "1 Main St, Aurora", "Maple Alarm"):
        assert personal not in whole


@pytest.mark.parametrize(
    ("kind", "more", "error", "says"),
    [
        ("poem", {}, MistakeError, "There is no letter poem"),
        ("termination", {}, MistakeError, "the notice is: confirmation"),
        ("second_notice", {}, RefusedError, "drafted when it is: ended, sealed"),
        ("confirmation", {"given": {"fees.rule": "x"}}, MistakeError, "is not given for it"),
        ("confirmation", {"form": "L-9"}, RefusedError, "signed no confirmation form L-9"),
        ("confirmation", {"send_by": date(2026, 3, 1)}, MistakeError, "--send-by to come"),
    ],
)
def test_what_cannot_be_drafted_says_why(office, kind, more, error, says):
    case = office.ready()
    with pytest.raises(error, match=says):
        office.draft_letter(case, kind, **more)


def test_an_unknown_way_is_no_way(office):
    case = office.ready()
    with pytest.raises(MistakeError, match="goes by some of"):
        office.draft_letter(case, "confirmation", "pigeon")


def test_nothing_is_drafted_from_a_form_that_counts_no_longer_or_that_people_fill(office, clock):
    case = office.ready()
    withdraw_form(office.desk, "confirmation", "L-1", by=office.manager)
    # Of the forms of the cases' tests, F-1 is a file that people fill.
    with pytest.raises(RefusedError, match="can fill"):
        office.draft_letter(case, "confirmation")


def test_without_an_address_nothing_is_drafted(office):
    with office.desk.database.reading() as connection:
        customer = read_customer(connection, read_site(connection, "s1").customer_id)
    change(office.desk, replace(customer, details={}), by=office.manager)
    case = office.ready()
    with pytest.raises(RefusedError, match="no e-mail address"):
        office.draft_letter(case, "confirmation")
    (letter,) = office.draft_letter(case, "confirmation", "post")
    assert letter.address == "1 Main"


def test_who_may_not_work_cases_drafts_nothing(office):
    case = office.ready()
    oscar = Person(login="oscar", name="Oscar", role=Role.OPERATOR)
    with pytest.raises(NotAuthorisedError):
        office.draft_letter(case, "confirmation", by=oscar)
