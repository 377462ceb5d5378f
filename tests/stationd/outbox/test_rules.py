from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationd.cases.model import Case, ContractFact, Facts, Reason, RecordedFact
from stationd.cases.states import OVER, State
from stationd.letters.fields import LETTERS
from stationd.letters.model import LetterForm
from stationd.outbox.model import Letter
from stationd.outbox.rules import NOTICES, RULES, form_fault, sending_fault

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
DAY = timedelta(days=1)
FORM = LetterForm(
    id="f",
    kind="second_notice",
    version="L-1",
    jurisdiction="",
    doc=b"",
    signed_by="olga",
    signed_at=NOW - DAY,
    expires_at=NOW + DAY,
)
FACTS = Facts(now=NOW, reason=Reason.NONPAYMENT, forms=(FORM,))


def letter(kind, **more):
    return Letter(
        id="l",
        case_id="c",
        kind=kind,
        form_id="f",
        channel="email",
        recipient="A",
        address="a@b.example",
        file="l.pdf",
        doc=b"",
        sha256="",
        text_doc=b"",
        data_doc=b"",
        fact_id="x",
        drafted_by="maria",
        drafted_at=NOW,
        **more,
    )


def case(state, **more):
    return Case(
        id="c",
        acct="1",
        contract_id="k",
        reason=Reason.NONPAYMENT,
        state=state,
        previous_state=None,
        version=3,
        overdue=False,
        opened_at=NOW,
        opened_by="maria",
        **more,
    )


def test_every_letter_but_the_declaration_has_its_rule():
    assert set(RULES) == set(LETTERS) - {"declaration"}
    assert set(RULES) >= NOTICES


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize("state", State)
def test_no_letter_goes_out_in_a_state_that_its_rule_does_not_name(kind, state):
    if state in RULES[kind].states:
        return
    fault = sending_fault(letter(kind), case(state.value), FACTS, computed=None)
    assert "does not go out then" in fault


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_nothing_that_ends_service_goes_out_in_a_hold_or_when_a_case_is_over(kind):
    assert not RULES[kind].states & {State.DISPUTE_HOLD, State.COLLECTION_HOLD, *OVER}


@pytest.mark.parametrize(
    ("forms", "says"),
    [
        ((), "not among the signed"),
        ((replace(FORM, withdrawn_at=NOW),), "was withdrawn"),
        ((replace(FORM, expires_at=NOW),), "expired on 2026-03-02"),
        ((FORM,), None),
    ],
)
def test_a_letter_goes_out_only_from_a_form_that_counts(forms, says):
    fault = form_fault(letter("second_notice"), replace(FACTS, forms=forms))
    assert fault is None if says is None else says in fault


@pytest.mark.parametrize(("stated", "fine"), [(NOW, True), (NOW - DAY, False)])
def test_a_letter_that_states_another_instant_is_drafted_anew(stated, fine):
    one = letter("second_notice", stated_at=stated)
    fault = sending_fault(one, case("ended", ended_at=NOW), FACTS, computed=None)
    assert (fault is None) is fine


def test_the_last_moment_is_not_reached():
    one = letter("termination", send_by=NOW, stated_at=NOW + DAY)
    told = sending_fault(one, case("ready_for_notice"), FACTS, computed=NOW)
    assert "later --send-by" in told
    before = replace(one, send_by=NOW + DAY)
    told = sending_fault(before, case("ready_for_notice"), FACTS, computed=NOW)
    assert "drafted before" in told
    told = sending_fault(before, case("ready_for_notice"), FACTS, computed=NOW + 2 * DAY)
    assert "later than it states" in told


@pytest.mark.parametrize(("drafted", "fine"), [(7, True), (9, False)])
def test_a_copy_of_a_second_notice_goes_out_as_its_own_approval_says(drafted, fine):
    draft = RecordedFact(
        id="x", kind="notice_draft", author="m", at=NOW, version=drafted, has_document=True
    )
    contract = ContractFact(number="K-1", terms={"paid_through": "2026-01-01"})
    facts = replace(
        FACTS, recorded=(draft,), noticed_version=3, renoticed_version=9, contract=contract
    )
    one = letter("termination", stated_at=NOW + DAY)
    fault = sending_fault(one, case("noticed", effective_at=NOW + DAY), facts, computed=NOW)
    assert (fault is None) is fine, fault
