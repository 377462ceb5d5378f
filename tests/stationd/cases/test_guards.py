from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationd.approvals.model import Approval, Purpose
from stationd.cases.guards import GUARDS, approvable, evaluate, evaluate_all
from stationd.cases.model import (
    BundleFact,
    ContractFact,
    Facts,
    ObjectFact,
    Reason,
    Status,
)
from stationd.cases.overrides import Class, class_of
from stationd.cases.results import refusals, results_hash
from stationd.cases.states import CLOSE_GUARDS, TABLE, Event, Row, State, row

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LOCK = NOW + 3650 * DAY
CLOSE = row(State.SEALED, Event.CLOSE, Reason.NONPAYMENT)
END = row(State.NOTICED, Event.TIME_OVER, Reason.NONPAYMENT)
NOTICE = row(State.READY_FOR_NOTICE, Event.NOTICE_SENT, Reason.NONPAYMENT)
HOUSE = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("found", [CLOSE, END], ids=["close", "end"])
def test_good_facts_pass(good: Facts, found: Row) -> None:
    results = evaluate(found, good)
    assert {result.status for result in results} <= {Status.PASSED, Status.NOT_APPLICABLE}
    assert refusals(results) == ()


def test_end_looks_at_the_primary_bundle_and_only_warns(good: Facts) -> None:
    results = evaluate(END, replace(good, bundles=(good.bundles[1],), recorded=good.recorded[:-1]))
    told = {one.id: one.status for one in results}
    assert told["G18"] is Status.WARNED
    stale = replace(good.bundles[1], verified_at=NOW - 9 * DAY)
    (bundle,) = [one for one in evaluate(END, replace(good, bundles=(stale,))) if one.id == "G11"]
    assert bundle.status is Status.WARNED
    assert "b.asice" in bundle.text


def test_all_guards_of_a_row_are_reported_not_the_first_that_fails() -> None:
    results = evaluate(CLOSE, Facts(now=NOW, reason=Reason.NONPAYMENT))
    assert [result.id for result in results] == list(CLOSE_GUARDS)
    assert [result.id for result in refusals(results)] == ["G6", "G11", "G12", "G17", "G18"]
    assert {result.blocks for result in results} == {("T17",)}


def test_a_row_that_rests_on_a_fact_needs_one_recorded_since(good: Facts, fact: Any) -> None:
    dispute = row(State.NOTICED, Event.DISPUTE, Reason.NONPAYMENT)
    told = fact("dispute", days=0)
    entered = replace(good, entered_at=NOW, recorded=(told,))
    (passed,) = evaluate(dispute, entered)
    assert (passed.id, passed.status, passed.facts) == ("fact", Status.PASSED, (told.id,))

    (failed,) = evaluate(dispute, replace(entered, recorded=(fact("dispute", days=1),)))
    assert failed.status is Status.FAILED
    assert "dispute" in failed.text


def test_a_fact_counts_from_the_start_where_no_step_was_taken(good: Facts, fact: Any) -> None:
    dispute = row(State.OPENED, Event.DISPUTE, Reason.NONPAYMENT)
    (result,) = evaluate(dispute, replace(good, entered_at=None, recorded=(fact("dispute"),)))
    assert result.status is Status.PASSED


def test_once_a_notice_is_out_giving_up_needs_the_letter_that_withdraws_it(
    good: Facts, fact: Any
) -> None:
    withdraw = row(State.NOTICED, Event.WITHDRAW, Reason.NONPAYMENT)
    assert evaluate(withdraw, replace(good, effective_at=None)) == ()
    (missing,) = evaluate(withdraw, good)
    assert (missing.id, missing.status) == ("fact", Status.FAILED)
    sent = fact("withdrawal_letter", days=1, document=True)
    (there,) = evaluate(withdraw, replace(good, recorded=(sent,)))
    assert there.status is Status.PASSED


def test_a_page_shows_every_guard(good: Facts) -> None:
    assert [result.id for result in evaluate_all(good)] == list(GUARDS)
    before = {one.id: one.text for one in evaluate_all(replace(good, state="noticed"))}
    after = {one.id: one.text for one in evaluate_all(good)}
    assert "service" in before["G10"]
    assert "records" in after["G10"]


# --- Approvals ---


def approved(facts: Facts, found: Row, *guards: str, **more: Any) -> Facts:
    """Return facts with an approval of what the row shows on them."""
    one = Approval(
        id="a1",
        case_id="c",
        purpose=Purpose.OVERRIDE if guards else Purpose.STEP,
        row=found.id,
        guards=guards,
        results=(),
        results_hash=approvable(found, facts)[1],
        doc=b"d",
        asked_by="maria",
        asked_at=NOW - HOUR,
        decided_by="mona",
        decided_at=NOW - HOUR,
        approved=True,
        code="other",
    )
    return replace(facts, approvals=(replace(one, **more),))


def test_the_notice_needs_a_second_person(good: Facts) -> None:
    (last,) = [one for one in evaluate(NOTICE, good) if one.id == "approval"]
    assert last.status is Status.FAILED
    given = evaluate(NOTICE, approved(good, NOTICE))[-1]
    assert (given.status, given.text) == (Status.PASSED, "maria asked, mona approved.")


@pytest.mark.parametrize(
    "more",
    [
        {"approved": None, "decided_at": None, "decided_by": None},
        {"approved": False},
        {"used_at": NOW},
        {"decided_at": NOW - DAY - timedelta(seconds=1)},
        {"results_hash": b"other"},
        {"row": "T14"},
        {"decided_by": "carl"},
    ],
    ids=["asked only", "refused", "used", "too old", "of something else", "other row", "author"],
)
def test_an_approval_that_does_not_count(good: Facts, more: dict[str, Any]) -> None:
    result = evaluate(NOTICE, approved(good, NOTICE, **more))[-1]
    assert (result.id, result.status) == ("approval", Status.FAILED)


def test_who_was_asked_is_told(good: Facts) -> None:
    open_one = {"approved": None, "decided_at": None, "decided_by": None}
    assert "case approve a1" in evaluate(NOTICE, approved(good, NOTICE, **open_one))[-1].text


def test_a_sole_operator_may_have_drafted_the_letter(good: Facts) -> None:
    result = evaluate(NOTICE, approved(good, NOTICE, decided_by="carl", alone=True))[-1]
    assert result.status is Status.PASSED
    assert "as sole operator" in result.text


def test_an_approval_dies_with_any_fact_it_rests_on(good: Facts, fact: Any) -> None:
    given = approved(good, NOTICE)
    told = fact("refund", days=0, amount="1.00")
    changed = replace(given, recorded=(*given.recorded, told))
    assert evaluate(NOTICE, changed)[-1].status is Status.FAILED


def test_an_approval_covers_what_comes_about_by_sending(good: Facts) -> None:
    """G6 is about the letter as sent: it is not part of what is approved before."""
    unsent = replace(good, notices=())
    given = approved(unsent, NOTICE)
    assert evaluate(NOTICE, replace(given, notices=good.notices))[-1].status is Status.PASSED


def test_two_persons_waive_what_may_be_waived(good: Facts) -> None:
    silent = replace(good, recorded=good.recorded[:-1])
    waived = approved(silent, CLOSE, "G18")
    results = evaluate(CLOSE, waived)
    assert refusals(results) == ()
    (one,) = [result for result in results if result.id == "G18"]
    assert one.status is Status.WAIVED
    assert one.text.startswith("Waived (other): maria asked, mona approved. What became of")


def test_a_waiver_waives_what_it_names_and_nothing_else(good: Facts) -> None:
    silent = replace(good, recorded=good.recorded[:-2])
    waived = approved(silent, CLOSE, "G18")
    assert [one.id for one in refusals(evaluate(CLOSE, waived))] == ["G17"]


# --- Properties ---

moments = st.one_of(st.none(), st.sampled_from([NOW - 9 * DAY, NOW - HOUR, NOW, NOW + DAY, LOCK]))
objects_ = st.builds(
    ObjectFact,
    file=st.sampled_from(["a.asice", "b.zip"]),
    version_id=st.sampled_from([None, "v1"]),
    mode=st.sampled_from([None, "GOVERNANCE", "COMPLIANCE"]),
    retain_until=moments,
    legal_hold=st.booleans(),
    verified_at=moments,
)
bundles_ = st.builds(
    BundleFact,
    order_id=st.just("o"),
    kind=st.sampled_from(["primary", "closing", "on_request"]),
    state=st.sampled_from(["ordered", "built", "stored", "verified", "failed"]),
    epoch=st.integers(1, 2),
    records=st.sampled_from([None, 39, 40]),
    retain_until=moments,
    verified_at=moments,
    why=st.sampled_from(["", "S3 is away"]),
    objects=st.lists(objects_, max_size=2).map(tuple),
)
facts_ = st.builds(
    Facts,
    now=st.just(NOW),
    reason=st.sampled_from(list(Reason)),
    contract=st.just(ContractFact(number="K-1")),
    effective_at=moments,
    ended_at=moments,
    bundles=st.lists(bundles_, max_size=3).map(tuple),
    stored=st.lists(bundles_, max_size=3).map(tuple),
)


def proven(facts: Facts) -> bool:
    """State G11 anew, apart from the guard."""
    closing = [one for one in facts.bundles if one.kind == "closing"]
    if not closing:
        return False
    one = closing[0]
    return (
        one.state == "verified"
        and one.verified_at is not None
        and one.retain_until is not None
        and len(one.objects) > 0
        and NOW - one.verified_at <= facts.verified_within
        and all(
            held.version_id is not None
            and held.mode == "COMPLIANCE"
            and held.retain_until is not None
            and held.retain_until >= one.retain_until
            and held.verified_at is not None
            and NOW - held.verified_at <= facts.verified_within
            for held in one.objects
        )
    )


@HOUSE
@given(facts=facts_)
def test_no_row_leads_to_closed_without_a_locked_bundle_read_back_in_time(
    good: Facts, facts: Facts
) -> None:
    drawn = replace(good, bundles=facts.bundles, stored=facts.stored, ended_at=facts.ended_at)
    every = tuple(sorted(GUARDS))
    waived = approved(drawn, CLOSE, *every)
    assert bool(refusals(evaluate(CLOSE, waived))) or proven(drawn)


@settings(max_examples=300)
@given(facts=facts_)
def test_the_bundle_guard_says_what_is_stated_apart_from_it(facts: Facts) -> None:
    (result,) = [one for one in evaluate(CLOSE, facts) if one.id == "G11"]
    assert (result.status is Status.PASSED) == proven(facts)


@settings(max_examples=100)
@given(facts=facts_)
def test_the_same_facts_give_the_same_results_and_hash(facts: Facts) -> None:
    twin = replace(facts)
    assert evaluate_all(facts) == evaluate_all(twin)
    assert results_hash(evaluate_all(facts)) == results_hash(evaluate_all(twin))


@settings(max_examples=60)
@given(facts=facts_, found=st.sampled_from([one for one in TABLE if one.guards]))
def test_no_approval_waives_what_is_nobodys_to_waive(facts: Facts, found: Row) -> None:
    plain = {one.id: one.status for one in evaluate(found, facts)}
    waived = evaluate(found, approved(facts, found, *sorted(GUARDS)))
    for one in waived:
        if one.status is Status.WAIVED:
            assert class_of(one.id, found.id) is not Class.NEVER
            assert plain[one.id] is Status.FAILED
