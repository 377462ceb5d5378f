from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from stationd.accounts.model import Party, Standing
from stationd.cases.grounds import (
    breach_verified,
    contract_complete,
    ground,
    ladder_done,
    no_stay,
    not_prepaid,
    own_ground,
    paid_through,
)
from stationd.cases.model import AccountFact, BillingFact, Facts, Reason, Status
from stationd.cases.states import Gate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Change = Callable[[Facts], Facts]


def without(good: Facts, kind: str) -> Facts:
    return replace(good, recorded=tuple(one for one in good.recorded if one.kind != kind))


def review(good: Facts, author: str = "carl", days: int = 58, **more: object) -> Facts:
    (known,) = good.of("breach_review")
    new = replace(known, author=author, at=NOW - days * DAY, told={**known.told, **more})
    return replace(without(good, "breach_review"), recorded=(*good.recorded, new))


def terms(good: Facts, **more: object) -> Facts:
    kept = {**good.contract.terms, **more}
    return replace(good, contract=replace(good.contract, terms=kept))


def dealer(good: Facts) -> Facts:
    return replace(good, contract=replace(good.contract, party=Party.DEALER))


# --- G1 ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda good: without(good, "billing_statement"), "No billing statement"),
        (lambda good: without(good, "breach_review"), "Nobody has reviewed the default"),
        (lambda good: review(good, author="maria"), "maria opened the case and reviewed"),
        (lambda good: review(good, default_on="2026-06-01"), "is not in the past"),
        (lambda good: review(good, paid_through="2026-06-01"), "paid through 2026-06-01"),
        (lambda good: terms(good, paid_through=None), "last day paid for is not known"),
        (lambda good: terms(good, paid_through="soon"), "last day paid for is not known"),
    ],
)
def test_a_default_that_was_not_verified_fails(good: Facts, change: Change, says: str) -> None:
    result = breach_verified(change(good), Gate.STEP)
    assert result.status is Status.FAILED
    assert says in result.text


def test_a_statement_without_its_file_is_none(good: Facts, fact: Any) -> None:
    bare = replace(good, recorded=(fact("billing_statement"),))
    assert "No billing statement" in breach_verified(bare, Gate.STEP).text


def test_a_reviewed_default_passes_and_says_by_what_clause(good: Facts) -> None:
    result = breach_verified(good, Gate.STEP)
    assert result.status is Status.PASSED
    assert "since 2026-02-01 with 90.00, by the clause '9.1'; reviewed by carl" in result.text


def test_a_sole_operator_reviews_their_own_case_later(good: Facts) -> None:
    alone = replace(good, alone=True)
    assert breach_verified(review(alone, author="maria"), Gate.STEP).status is Status.PASSED
    early = review(alone, author="maria", days=61)
    assert breach_verified(early, Gate.STEP).status is Status.FAILED
    assert breach_verified(replace(early, opened_at=None), Gate.STEP).status is Status.FAILED


def test_the_day_is_that_of_the_site(good: Facts) -> None:
    at_night = replace(good, now=datetime(2026, 6, 1, 3, tzinfo=UTC))
    in_chicago = replace(at_night, account=AccountFact(zone="America/Chicago"))
    told = review(in_chicago, default_on="2026-05-31")
    assert breach_verified(told, Gate.STEP).status is Status.FAILED
    assert breach_verified(replace(told, account=AccountFact()), Gate.STEP).status is Status.PASSED


def test_a_request_rests_on_no_default(good: Facts) -> None:
    asked = replace(good, reason=Reason.CUSTOMER_REQUEST)
    assert breach_verified(asked, Gate.STEP).status is Status.NOT_APPLICABLE
    assert ladder_done(asked, Gate.STEP).status is Status.NOT_APPLICABLE


# --- G2 ---


@pytest.mark.parametrize(
    ("reason", "kinds", "opens", "status"),
    [
        (Reason.NONPAYMENT, ["billing_statement"], Status.PASSED, Status.PASSED),
        (Reason.NONPAYMENT, ["customer_writing"], Status.FAILED, Status.FAILED),
        (Reason.CUSTOMER_REQUEST, ["customer_writing"], Status.PASSED, Status.FAILED),
        (Reason.CUSTOMER_REQUEST, ["ending_statement"], Status.FAILED, Status.FAILED),
        (
            Reason.CUSTOMER_REQUEST,
            ["recorded_call", "ending_statement"],
            Status.PASSED,
            Status.PASSED,
        ),
        (Reason.PREMISES_GONE, ["supervision_evidence", "returned_mail"], *[Status.PASSED] * 2),
        (Reason.DEALER_TRANSFER, ["dealer_instruction"], Status.FAILED, Status.FAILED),
    ],
)
def test_each_reason_has_its_own_documents(
    good: Facts, fact: Any, reason: Reason, kinds: list[str], opens: Status, status: Status
) -> None:
    told = tuple(fact(kind, document=True) for kind in kinds)
    facts = replace(good, reason=reason, recorded=told)
    assert ground(facts, Gate.OPEN).status is opens
    assert ground(facts, Gate.STEP).status is status


def test_what_needs_a_document_is_nothing_without_it(good: Facts, fact: Any) -> None:
    result = ground(replace(good, recorded=(fact("billing_statement"),)), Gate.STEP)
    assert result.status is Status.FAILED
    assert "billing statement that shows the default (billing_statement)" in result.text


def test_an_attorney_who_says_it_needs_no_document(good: Facts, fact: Any) -> None:
    told = (fact("manager_grounds", document=True), fact("counsel_note", author="olga"))
    facts = replace(good, reason=Reason.COMPANY_DECISION, recorded=told)
    assert ground(facts, Gate.STEP).status is Status.PASSED


def test_a_dealers_instruction_is_the_authority_for_its_accounts(good: Facts, fact: Any) -> None:
    facts = dealer(good)
    assert "dealer's written instruction" in ground(facts, Gate.STEP).text
    told = fact("dealer_instruction", document=True)
    instructed = replace(facts, recorded=(*good.recorded, told))
    assert ground(instructed, Gate.STEP).status is Status.PASSED
    transfer = replace(
        instructed,
        reason=Reason.DEALER_TRANSFER,
        recorded=(told, fact("receiving_station", name="North")),
    )
    assert ground(transfer, Gate.STEP).status is Status.PASSED


# --- G3 ---


def test_a_step_of_the_ladder_is_done_or_waived(good: Facts, fact: Any) -> None:
    longer = replace(good, ladder=("call", "letter"))
    assert "Not done: letter" in ladder_done(longer, Gate.STEP).text
    waived = fact("ladder_waiver", days=50, step="letter", why="moved away")
    facts = replace(longer, recorded=(*longer.recorded, waived))
    result = ladder_done(facts, Gate.STEP)
    assert (result.status, "1 contact(s), 1 step(s) waived" in result.text) == (Status.PASSED, True)


def test_why_nothing_is_paid_is_known_or_waived(good: Facts, fact: Any) -> None:
    silent = without(good, "nonpayment_reason")
    assert "the reason for not paying" in ladder_done(silent, Gate.STEP).text
    waived = fact("ladder_waiver", days=50, step="reason", why="never reached")
    facts = replace(silent, recorded=(*silent.recorded, waived))
    assert ladder_done(facts, Gate.STEP).status is Status.PASSED


def test_contacts_before_the_case_do_not_count(good: Facts) -> None:
    later = replace(good, contacting_since=NOW - 10 * DAY)
    assert "Not done: call" in ladder_done(later, Gate.STEP).text


# --- G8c ---


@pytest.mark.parametrize("name", ["form", "notice_methods", "default_clause", "termination_clause"])
@pytest.mark.parametrize("value", [None, "", []])
def test_a_contract_without_a_term_is_not_complete(good: Facts, name: str, value: object) -> None:
    result = contract_complete(terms(good, **{name: value}), Gate.STEP)
    assert result.status is Status.FAILED
    assert f"is not known: {name}." in result.text


def test_a_reason_asks_for_its_own_terms_only(good: Facts) -> None:
    facts = terms(good, default_clause=None)
    assert contract_complete(good, Gate.STEP).status is Status.PASSED
    asked = replace(facts, reason=Reason.CUSTOMER_REQUEST)
    assert contract_complete(asked, Gate.STEP).status is Status.PASSED


# --- G14, G15, G16 ---


def test_under_a_stay_counsel_has_seen_the_letter(good: Facts, fact: Any) -> None:
    assert no_stay(good, Gate.NOTICE).status is Status.PASSED
    stayed = replace(good, contract=replace(good.contract, standing=Standing.BANKRUPTCY_STAY))
    assert no_stay(stayed, Gate.NOTICE).status is Status.FAILED
    old = replace(stayed, recorded=(fact("stay_review", days=51),))
    assert no_stay(old, Gate.NOTICE).status is Status.FAILED
    seen = replace(stayed, recorded=(fact("stay_review", days=44),))
    assert no_stay(seen, Gate.NOTICE).status is Status.PASSED


def test_another_contracts_debt_is_no_ground(good: Facts) -> None:
    other = review(good, contract="K-2")
    result = own_ground(other, Gate.NOTICE)
    assert result.status is Status.FAILED
    assert "A ground is of contract K-2, and K-1 has no cross-default clause" in result.text
    attached = terms(other, cross_default_clause="any contract with us")
    assert own_ground(attached, Gate.NOTICE).status is Status.PASSED
    assert own_ground(good, Gate.NOTICE).status is Status.PASSED


@pytest.mark.parametrize(
    ("paid", "gate", "status"),
    [
        ("2026-05-27", Gate.END, Status.PASSED),
        ("2026-05-28", Gate.END, Status.FAILED),
        ("2026-05-28", Gate.NOTICE, Status.PASSED),
        ("2026-07-02", Gate.NOTICE, Status.FAILED),
        (None, Gate.END, Status.FAILED),
    ],
)
def test_nothing_is_paid_beyond_the_end(
    good: Facts, fact: Any, paid: str | None, gate: Gate, status: Status
) -> None:
    facts = terms(replace(good, projected=NOW + 30 * DAY), paid_through=paid)
    assert not_prepaid(facts, gate).status is status
    refunded = replace(facts, recorded=(*facts.recorded, fact("refund", days=3, amount="30.00")))
    assert not_prepaid(refunded, gate).status is Status.PASSED


def test_before_a_notice_the_end_is_the_one_it_would_lead_to(good: Facts) -> None:
    facts = replace(terms(good, paid_through="2026-06-30"), effective_at=None)
    assert not_prepaid(replace(facts, projected=NOW), Gate.CLOSE).status is Status.FAILED
    assert not_prepaid(replace(facts, projected=None), Gate.CLOSE).status is Status.PASSED


def test_the_reviewers_day_counts_before_the_contracts(good: Facts) -> None:
    assert paid_through(good) == date(2026, 1, 31)
    assert paid_through(review(good, paid_through="2026-02-28")) == date(2026, 2, 28)


# --- Billing ---


def billed(good: Facts, **more: Any) -> Facts:
    given = {"balance": 9000, "overdue": 9000, "days_past_due": 40, **more}
    return replace(good, billing=BillingFact(**given))


def test_billing_says_what_is_paid_for_where_it_knows(good: Facts) -> None:
    assert paid_through(billed(good, paid_through=date(2026, 5, 31))) == date(2026, 5, 31)
    assert paid_through(billed(good)) == paid_through(good)


def test_a_contract_with_nothing_overdue_is_in_no_default(good: Facts) -> None:
    assert breach_verified(billed(good), Gate.STEP).status is Status.PASSED
    result = breach_verified(billed(good, overdue=0), Gate.STEP)
    assert result.status is Status.FAILED
    assert "Nothing is overdue" in result.text


def test_what_billing_says_is_paid_ahead_stops_the_notice(good: Facts) -> None:
    ahead = billed(good, paid_through=date(2027, 1, 31))
    assert not_prepaid(replace(ahead, projected=NOW), Gate.NOTICE).status is Status.FAILED


def test_the_review_shows_the_lines_it_cites(good: Facts) -> None:
    assert "(R-1, R-2)" in breach_verified(review(good, lines="R-1, R-2"), Gate.STEP).text
