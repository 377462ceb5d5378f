from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from stationd.accounts.model import Service, Standing
from stationd.accounts.service import change
from stationd.accounts.store import read_account, read_contract
from stationd.cases.chronicle import scene_of
from stationd.cases.model import Reason
from stationd.cases.recording import place_fact
from stationd.cases.suspending import set_service
from stationd.errors import NotAuthorisedError, RefusedError

ZONE_DAY = timedelta(days=1)


def stand(office, standing):
    with office.desk.database.reading() as connection:
        contract = read_contract(connection, "k1")
    change(office.desk, replace(contract, standing=standing), by=office.manager)


def suspend(office, by=None):
    set_service(office.desk, "1234", Service.SUSPENDED, by=by or office.manager)
    with office.desk.database.reading() as connection:
        return read_account(connection, "1234").service


def told(office, case, day):
    with office.writing() as connection:
        scene = scene_of(connection, office.desk, case.id, office.manager)
        fact = {"letter_kind": "intent_to_suspend", "given": {"suspension.on": day}}
        place_fact(scene, "letter_sent", fact, None)


def test_a_manager_suspends_a_customer_who_owes_nothing_and_the_ledger_tells(office):
    assert suspend(office) is Service.SUSPENDED
    assert suspend(office) is Service.SUSPENDED
    assert [one.get("to") for one in office.records()].count("suspended") == 1


def test_service_ends_by_a_case_only_and_a_clerk_sets_none(office, clerk):
    with pytest.raises(RefusedError, match="termination case"):
        set_service(office.desk, "1234", Service.ENDED, by=office.manager)
    with pytest.raises(NotAuthorisedError):
        suspend(office, by=clerk)


@pytest.mark.parametrize(
    "standing", [Standing.PAST_DUE, Standing.IN_DEFAULT, Standing.IN_COLLECTION]
)
def test_who_owes_is_not_suspended_before_a_letter_said_so(office, standing):
    stand(office, standing)
    with pytest.raises(RefusedError, match="no letter intent_to_suspend"):
        suspend(office)


def test_a_case_of_nonpayment_counts_as_owing(office):
    office.open(Reason.NONPAYMENT)
    with pytest.raises(RefusedError, match="no letter intent_to_suspend"):
        suspend(office)


def test_not_before_the_day_that_the_letter_named(office):
    case = office.open(Reason.NONPAYMENT)
    now: datetime = office.clock.now()
    told(office, case, (now + ZONE_DAY).date().isoformat())
    with pytest.raises(RefusedError, match="not before that day"):
        suspend(office)
    office.clock.advance(ZONE_DAY)
    assert suspend(office) is Service.SUSPENDED


def test_ended_service_does_not_begin_again(office):
    office.ended()
    with pytest.raises(RefusedError, match="has ended"):
        set_service(office.desk, "1234", Service.ACTIVE, by=office.manager)


def test_during_a_dispute_service_goes_on_whatever_a_letter_said_before(office):
    case = office.open(Reason.NONPAYMENT)
    told(office, case, office.clock.now().date().isoformat())
    office.fact(case, "dispute", text="the siren never worked")
    office.step(case, "dispute")
    with pytest.raises(RefusedError, match="service goes on"):
        suspend(office)


def test_the_letter_of_a_debt_that_was_paid_suspends_nobody_for_the_next_one(office):
    case = office.open(Reason.NONPAYMENT)
    told(office, case, office.clock.now().date().isoformat())
    office.step(case, "withdraw")
    stand(office, Standing.PAST_DUE)
    with pytest.raises(RefusedError, match="no letter intent_to_suspend"):
        suspend(office)
