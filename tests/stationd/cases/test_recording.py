import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from stationd.cases import service
from stationd.cases.model import Attachment, Reason
from stationd.cases.recording import decide_payment, read_attachment, record_fact
from stationd.errors import MistakeError, NotAuthorisedError
from stationd.ledger.store import read_documents
from stationd.settings import PolicySettings
from stationd.staff.model import Person, Role

Office = Any
CARL = Person(login="carl", name="Carl", role=Role.CLERK)
OLGA = Person(login="olga", name="Olga", role=Role.ATTORNEY)
OTTO = Person(login="otto", name="Otto", role=Role.OPERATOR)
PAPER = Attachment(name="l.pdf", media_type="application/pdf", content=b"letter")
PAID = {"amount": "50", "received_on": "2026-03-20"}


def stored(office: Office, case: Any, fact_id: str) -> Any:
    return next(one for one in service.look(office.desk, case.id).facts if one.id == fact_id)


# --- Facts and attachments ---


def test_a_fact_has_author_time_fields_and_the_hash_of_its_file(office: Office) -> None:
    case = office.open()
    made = office.fact(case, "premises_visit", by=CARL, text="nobody there", document=PAPER)
    kept = stored(office, case, made)
    assert (kept.author, kept.at, kept.compartment) == ("carl", office.clock.now(), "producible")
    assert kept.fact["text"] == "nobody there"
    assert kept.fact["sha256"] == hashlib.sha256(b"letter").hexdigest()
    assert "nobody there" not in repr(office.records())


def test_a_fact_lands_in_the_compartment_of_its_kind_or_a_stricter_one(office: Office) -> None:
    case = office.open()
    note = office.fact(case, "counsel_note", document=PAPER)
    visit = record_fact(office.desk, case.id, "note", {"text": "dog"}, CARL, compartment="internal")
    assert stored(office, case, note).compartment == "privileged"
    assert stored(office, case, visit).compartment == "internal"
    docs = [
        bytes.fromhex(one["doc"]) for one in office.records() if one.get("fact") == "counsel_note"
    ]
    with office.desk.database.reading() as connection:
        kept = read_documents(connection, docs)
    assert {one.compartment for one in kept} == {"privileged"}


def test_a_fact_says_something(office: Office) -> None:
    with pytest.raises(MistakeError, match="says something"):
        record_fact(office.desk, office.open().id, "note", {}, CARL)


def test_an_attorney_says_what_others_need_a_document_for(office: Office) -> None:
    case = office.open()
    told = {"contract": "K-1", "valid_from": "2026-03-01", "valid_until": "2026-04-01"}
    with pytest.raises(MistakeError, match="is a document"):
        record_fact(office.desk, case.id, "clearance", told, office.manager)
    assert record_fact(office.desk, case.id, "clearance", told, OLGA)


@pytest.mark.parametrize(
    ("by", "kind"),
    [(OTTO, "note"), (CARL, "dispute_decision"), (OLGA, "contact"), (CARL, "clearance")],
)
def test_a_fact_is_recorded_by_those_whose_it_is(office: Office, by: Person, kind: str) -> None:
    with pytest.raises(NotAuthorisedError, match=f"may not record a {kind}"):
        record_fact(office.desk, office.open().id, kind, {"text": "x"}, by, document=PAPER)


def test_an_attachment_is_bounded(office: Office) -> None:
    case = office.open()
    small = replace(office.desk, policies=PolicySettings(largest_attachment=1000))
    big = replace(PAPER, content=bytes(1001))
    with pytest.raises(MistakeError, match="has 1001 bytes, and an attachment at most 1000"):
        record_fact(small, case.id, "note", {"text": "x"}, CARL, document=big)
    assert record_fact(
        small, case.id, "note", {"text": "x"}, CARL, document=replace(PAPER, content=bytes(1000))
    )


@pytest.mark.parametrize(
    ("name", "media_type", "kept"),
    [
        ("../../etc/passwd", "text/plain", ("passwd", "text/plain")),
        ("C:\\a\\b.pdf", "application/pdf", ("b.pdf", "application/pdf")),
        ("x\x1b[2J\n.pdf", "application/pdf", ("x_[2J_.pdf", "application/pdf")),
        ("...", "text/html; charset=x", ("attachment", "application/octet-stream")),
        ("a" * 300, "Text/HTML\r\nX: y", ("a" * 200, "application/octet-stream")),
    ],
)
def test_a_name_means_nothing_to_a_file_system_or_a_terminal(
    office: Office, name: str, media_type: str, kept: tuple[str, str]
) -> None:
    case = office.open()
    odd = Attachment(name=name, media_type=media_type, content=b"x")
    made = office.fact(case, "note", document=odd)
    found = read_attachment(office.desk, case.id, made, office.manager)
    assert (found.name, found.media_type) == kept


def test_a_file_is_given_back_byte_for_byte_to_those_who_may_see_it(office: Office) -> None:
    case = office.open()
    letter = office.fact(case, "note", document=PAPER)
    secret = office.fact(case, "counsel_note", document=PAPER)
    assert read_attachment(office.desk, case.id[:6], letter[:8], CARL).content == b"letter"
    assert read_attachment(office.desk, case.id, secret, office.manager).content == b"letter"
    with pytest.raises(NotAuthorisedError, match="may not see privileged"):
        read_attachment(office.desk, case.id, secret, CARL)
    with pytest.raises(NotAuthorisedError):
        read_attachment(office.desk, case.id, letter, OTTO)
    bare = office.fact(case, "note")
    for unknown in ("", "zz", bare):
        with pytest.raises(MistakeError, match="with a file"):
            read_attachment(office.desk, case.id, unknown, CARL)


# --- Payments ---


def test_a_payment_after_the_notice_stops_the_end_until_a_manager_decides(office: Office) -> None:
    case = office.due()
    paid = office.fact(case, "payment", **PAID)
    assert blocked(office, case) == ["G8"]
    with pytest.raises(NotAuthorisedError):
        decide_payment(office.desk, case.id, paid, "accept_as_cure", CARL)
    made = decide_payment(
        office.desk,
        case.id,
        paid[:8],
        "partial_not_cure",
        office.manager,
        text="a third",
        document=PAPER,
    )
    assert stored(office, case, made).compartment == "privileged"
    assert blocked(office, case) == []


def test_an_accepted_payment_cures_and_ends_nothing(office: Office) -> None:
    case = office.due()
    paid = office.fact(case, "payment", **PAID)
    decide_payment(office.desk, case.id, paid, "accept_as_cure", office.manager)
    assert blocked(office, case) == ["G8"]
    office.fact(case, "cure_accepted")
    assert office.step(case, "cure").state == "cured"


def blocked(office: Office, case: Any) -> list[str]:
    view = service.look(office.desk, case.id)
    (ahead,) = [one for one in view.possible if one.row.id == "T14"]
    return [one.id for one in ahead.refused_by]


@pytest.mark.parametrize(
    ("payment", "decision", "more", "says"),
    [
        ("x", "accept_as_cure", {}, "has no payment x"),
        ("", "accept_as_cure", {}, "must be 1 to 500"),
        ("x", "ignore", {"document": PAPER}, "must be one of: accept_as_cure"),
        ("x", "reject_and_return", {}, "needs a document"),
        ("x", "partial_not_cure", {"document": PAPER}, "needs a reason"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    office: Office, payment: str, decision: str, more: dict[str, Any], says: str
) -> None:
    case = office.noticed()
    with pytest.raises(MistakeError, match=says):
        decide_payment(office.desk, case.id, payment, decision, office.manager, **more)


def test_for_an_error_no_notice_is_recorded(office: Office) -> None:
    case = office.open(Reason.DUPLICATE_OR_ERROR)
    office.step(case, "start")
    office.step(case, "facts_ok")
    with pytest.raises(MistakeError, match="no notice is sent"):
        office.notice(case)


# --- A clock that is set back ---


def test_facts_keep_their_order_and_payments_their_place_when_the_clock_is_set_back(
    office: Office,
) -> None:
    case = office.due()
    office.clock.step(timedelta(days=-60))
    paid = office.fact(case, "payment", **PAID)
    office.fact(case, "note", text="after it")
    kinds = [one.kind for one in service.look(office.desk, case.id).facts]
    assert kinds[-2:] == ["payment", "note"]
    office.clock.step(timedelta(days=60))
    assert blocked(office, case) == ["G8"]
    assert stored(office, case, paid).at < case.noticed_at
