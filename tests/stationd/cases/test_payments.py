import io
from datetime import timedelta
from typing import Any

import pytest

from stationd.accounts.model import Standing
from stationd.accounts.store import read_contract
from stationd.billing.mapping import Arrangement
from stationd.billing.service import File, import_lines
from stationd.billing.store import read_lines
from stationd.cases import payments, service
from stationd.cases.model import Attachment, Reason
from stationd.cases.payments import note_payments
from stationd.cases.recording import decide_payment
from stationd.errors import RefusedError
from stationd.ledger.store import read_documents

Office = Any
DAY = timedelta(days=1)
USUAL = Arrangement(source="books", defaults={"currency": "USD"})
PROOF = Attachment(name="back.pdf", media_type="application/pdf", content=b"returned")
HEAD = "number,kind,account,on,amount\n"


def bill(office: Office, *rows: str, head: str = HEAD, desk: Any = None) -> Any:
    """Import billing lines as the worker or a person does."""
    data = (head + "\n".join(rows) + "\n").encode()
    file = File(name="f.csv", open=lambda: io.BytesIO(data), format="csv", arrangement=USUAL)
    return import_lines(desk or office.desk, file, by=office.manager, credited=note_payments)


def payments_of(office: Office, case: Any) -> list[Any]:
    return [one for one in service.look(office.desk, case.id).facts if one.kind == "payment"]


@pytest.mark.both_databases
def test_a_payment_after_the_notice_stops_the_end_until_it_is_decided(office: Office) -> None:
    case = office.due()
    office.clock.advance(-DAY)
    bill(office, "P-1,payment,1234,2026-04-10,50.00", "R-1,invoice,1234,2026-04-10,50.00")
    office.clock.advance(DAY)
    (paid,) = payments_of(office, case)
    assert dict(paid.fact) == {
        "amount": "50.00",
        "received_on": "2026-04-10",
        "line": "payment P-1 of books",
    }
    told = [one for one in office.records() if one.get("fact") == "payment"]
    assert [(one["kind"], one["case"]) for one in told] == [("fact", case.id)]
    with pytest.raises(RefusedError, match="G8"):
        office.step(case, "time_over")
    decide_payment(
        office.desk, case.id, paid.id, "reject_and_return", office.manager, document=PROOF
    )
    assert office.step(case, "time_over").state == "ended"


def test_the_same_payment_again_is_no_second_fact(office: Office) -> None:
    case = office.noticed()
    for _ in range(2):
        bill(office, "P-1,payment,1234,2026-04-10,50.00")
    assert len(payments_of(office, case)) == 1


def test_a_credit_is_a_payment_too_and_an_invoice_is_none(office: Office) -> None:
    case = office.noticed()
    bill(office, "C-1,credit,1234,2026-04-10,5.00", "R-1,invoice,1234,2026-04-10,5.00")
    assert [one.fact["line"] for one in payments_of(office, case)] == ["credit C-1 of books"]


def test_a_payment_before_the_notice_is_shown_and_is_no_fact(office: Office) -> None:
    case = office.ready()
    bill(office, "P-1,payment,1234,2026-03-01,50.00")
    view = service.look(office.desk, case.id)
    assert payments_of(office, case) == []
    assert view.stands is not None
    assert [line.number for line in view.stands.lines] == ["P-1"]


def test_a_payment_in_a_dispute_after_the_notice_counts_too(office: Office) -> None:
    case = office.noticed()
    office.fact(case, "dispute", text="wrong")
    office.step(case, "dispute")
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    assert len(payments_of(office, case)) == 1


def test_who_pays_between_the_sending_and_the_step_is_not_ended(office: Office) -> None:
    case = office.ready()
    office.draft(case)
    office.approve(case)
    office.notice(case)
    office.clock.advance(timedelta(hours=1))
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    assert len(payments_of(office, case)) == 1
    office.clock.advance(timedelta(hours=1))
    office.step(case, "notice_sent")
    office.built(case)
    office.clock.advance(40 * DAY)
    with pytest.raises(RefusedError, match="G8"):
        office.step(case, "time_over")


def test_nor_who_pays_before_the_sending_is_typed_in(office: Office) -> None:
    case = office.ready()
    office.draft(case)
    office.approve(case)
    bill(office, "P-0,payment,1234,2026-04-10,7.00")
    office.clock.advance(timedelta(hours=1))
    posted = office.clock.now()
    office.clock.advance(timedelta(hours=1))
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    office.clock.advance(timedelta(hours=1))
    office.notice(case, sent_at=posted)
    assert [one.fact["amount"] for one in payments_of(office, case)] == ["50.00"]
    office.step(case, "notice_sent")
    office.built(case)
    office.clock.advance(40 * DAY)
    with pytest.raises(RefusedError, match="G8"):
        office.step(case, "time_over")


@pytest.mark.parametrize("back", [timedelta(hours=3), timedelta(days=400)])
def test_nor_if_the_clock_is_set_back_in_between(office: Office, back: timedelta) -> None:
    case = office.ready()
    office.draft(case)
    office.approve(case)
    office.notice(case)
    office.clock.advance(-back)
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    office.clock.advance(back)
    office.step(case, "notice_sent")
    office.built(case)
    office.clock.advance(40 * DAY)
    with pytest.raises(RefusedError, match="G8"):
        office.step(case, "time_over")


def test_a_payment_after_the_end_changes_nothing_in_the_case(office: Office) -> None:
    case = office.ended()
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    assert payments_of(office, case) == []


@pytest.mark.parametrize("part", ["place_payment", "_was_noticed", "quiet_scene"])
def test_ended_anywhere_an_import_leaves_line_and_fact_or_neither(
    office: Office, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    case = office.noticed()
    real = getattr(payments, part)

    def ends(*given: Any) -> Any:
        real(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(payments, part, ends)
        with pytest.raises(KeyboardInterrupt):
            bill(office, "P-1,payment,1234,2026-04-10,50.00")
    with office.desk.database.reading() as connection:
        assert read_lines(connection, "k1") == []
    assert payments_of(office, case) == []
    bill(office, "P-1,payment,1234,2026-04-10,50.00")
    assert len(payments_of(office, case)) == 1


# --- What else of a case comes from billing ---


def test_the_opening_freezes_the_statement(office: Office) -> None:
    bill(office, "R-1,invoice,1234,2026-01-01,90.00")
    case = office.open(Reason.NONPAYMENT)
    bill(office, "R-2,invoice,1234,2026-02-01,90.00")
    (kept,) = [one for one in service.look(office.desk, case.id).facts if one.kind == "snapshot"]
    with office.desk.database.reading() as connection:
        (document,) = read_documents(connection, [bytes.fromhex(kept.fact["doc"])])
    assert b'"billing":{"balance":9000,' in document.content
    assert b"R-2" not in document.content


def test_while_a_case_is_open_billing_only_worsens_the_standing(office: Office) -> None:
    case = office.open(Reason.NONPAYMENT)
    office.step(case, "start")
    office.review(case)
    office.step(case, "facts_ok")
    bill(office, "P-1,payment,1234,2026-03-01,50.00")
    with office.desk.database.reading() as connection:
        assert read_contract(connection, "k1").standing is Standing.IN_DEFAULT
