from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationd.accounts.model import Contract, Customer, Opening, Ownership, Site, Transmitter
from stationd.accounts.service import link_transmitter, open_account
from stationd.cases.effects import CLOSING, EFFECTS, EVALUATE, EXTEND, Scene
from stationd.cases.model import Facts, Reason
from stationd.cases.states import TABLE
from stationd.errors import CheckFailedError, RefusedError
from stationd.staff.model import WORKER

Office = Any


def test_every_effect_belongs_to_a_row_that_says_so() -> None:
    speaking = {found.id for found in TABLE if found.effect}
    assert set(EFFECTS) <= speaking
    assert speaking - set(EFFECTS) == {"T13", "T18"}


@pytest.mark.parametrize("step", [EVALUATE, CLOSING, EXTEND])
def test_a_due_step_fits_its_column(step: str) -> None:
    assert len(step) <= 24


def test_closing_looks_at_the_locks_itself(office: Office) -> None:
    case = office.sealed()
    office.execute("UPDATE objects SET mode = 'GOVERNANCE'")
    facts = Facts(now=office.clock.now(), reason=Reason.CUSTOMER_REQUEST)
    with office.writing() as connection:
        scene = Scene(
            connection=connection, desk=office.desk, case=case, facts=facts, by=office.manager
        )
        with pytest.raises(CheckFailedError, match="are not all locked"):
            EFFECTS["T17"](scene)


def test_what_a_notice_promises_is_in_its_record(office: Office) -> None:
    office.noticed()
    (told,) = [one for one in office.records() if one.get("row") == "T12" and one["kind"] == "step"]
    assert told["effective_at"] == "2026-04-02T17:00:00.000000Z"
    assert told["order"]


def test_the_end_says_when_the_closing_is_due(office: Office) -> None:
    office.ended()
    (told,) = [one for one in office.records() if one.get("row") == "T14"]
    assert told["closing_due_at"] == "2026-04-12T15:00:00.000000Z"


def test_only_a_purged_record_is_told_as_purged(office: Office) -> None:
    case = office.step(office.sealed(), "close")
    with pytest.raises(CheckFailedError, match="was not purged"):
        office.step(case, "purge", WORKER)
    office.execute("UPDATE accounts SET record = 'purged'")
    assert office.step(case, "purge", WORKER).state == "closed"


def test_a_stay_is_not_lifted_by_a_step(office: Office) -> None:
    case = office.open()
    office.execute("UPDATE contracts SET standing = 'bankruptcy_stay'")
    office.fact(case, "dispute")
    office.step(case, "dispute")
    assert office.execute("SELECT standing FROM contracts") == [("bankruptcy_stay",)]


def test_a_contract_stands_as_its_case_does(office: Office) -> None:
    stood = []

    def look() -> None:
        stood.append(office.execute("SELECT standing FROM contracts")[0][0])

    case = office.open(Reason.NONPAYMENT)
    office.step(case, "start")
    office.review(case)
    office.step(case, "facts_ok")
    look()
    office.fact(case, "referral")
    office.step(case, "referred")
    look()
    office.fact(case, "dispute")
    office.step(case, "dispute")
    look()
    office.fact(case, "dispute_decision")
    office.step(case, "resolved")
    look()
    office.fact(case, "cure_accepted")
    office.step(case, "cure")
    look()
    assert stood == ["in_default", "in_collection", "disputed", "in_collection", "current"]


def test_a_reason_without_a_notice_ends_on_the_next_policy_hour(office: Office) -> None:
    case = office.open(Reason.DUPLICATE_OR_ERROR)
    office.step(case, "start")
    office.step(case, "facts_ok")
    office.approve(case)
    noticed = office.step(case, "notice_sent")
    # 30 days of notice from 2 March; nobody shortens what the contract says.
    assert noticed.effective_at == datetime(2026, 4, 2, 17, tzinfo=UTC)


def test_numbers_of_a_closed_account_are_nobody_elses_for_a_while(office: Office) -> None:
    number = Transmitter(id="t1", group="main", number="77")
    during = Ownership(valid_from=office.clock.now())
    link_transmitter(office.desk, "1234", number, during, by=office.manager)
    office.step(office.sealed(), "close")
    (kept,) = office.execute("SELECT fact FROM case_facts WHERE kind = 'quarantine'")
    assert '"number":"77"' in kept[0]
    opening = Opening(
        customer=Customer(id="c1", name="Acme"),
        site=Site(id="s1", customer_id="c1", name="Shop", address="1", zone="UTC"),
        contract=Contract(id="k2", site_id="s1", number="K-2"),
        acct="1235",
    )
    open_account(office.desk, opening, by=office.manager)
    with pytest.raises(RefusedError, match="is given to nobody before"):
        link_transmitter(
            office.desk,
            "1235",
            number,
            Ownership(valid_from=office.clock.now()),
            by=office.manager,
        )
    later = Ownership(valid_from=office.clock.now() + timedelta(days=90))
    link_transmitter(office.desk, "1235", number, later, by=office.manager)


def test_a_case_returned_from_collection_into_its_dispute_stands_as_disputed(
    office: Office,
) -> None:
    case = office.ready()
    office.fact(case, "dispute")
    office.step(case, "dispute")
    office.fact(case, "referral")
    office.step(case, "referred")
    office.fact(case, "collection_return")
    assert office.step(case, "returned").state == "dispute_hold"
    assert office.execute("SELECT standing FROM contracts") == [("disputed",)]
