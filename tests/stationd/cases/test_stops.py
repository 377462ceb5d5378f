from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationd.accounts.model import Standing
from stationd.cases.model import AccountFact, AlarmFact, BundleFact, Facts, HoldFact, Status
from stationd.cases.states import Gate
from stationd.cases.stops import attorney_agrees, no_dispute, no_hold, quiet, vulnerable_told

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
CLEARED = {"contract": "K-1", "valid_from": "2026-05-01", "valid_until": "2026-06-01"}


def standing(good: Facts, one: Standing) -> Facts:
    return replace(good, contract=replace(good.contract, standing=one))


# --- G4 ---


@pytest.mark.parametrize(
    ("kinds", "status"),
    [
        ([], Status.PASSED),
        (["dispute"], Status.FAILED),
        (["dispute", "dispute_decision"], Status.PASSED),
        (["dispute", "dispute_decision", "dispute"], Status.FAILED),
        (["dispute_decision", "dispute"], Status.FAILED),
    ],
)
def test_a_dispute_is_open_until_it_is_decided(
    good: Facts, fact: Any, kinds: list[str], status: Status
) -> None:
    told = tuple(fact(kind, days=20 - place) for place, kind in enumerate(kinds))
    assert no_dispute(replace(good, recorded=told), Gate.END).status is status


def test_a_contract_that_stands_as_disputed_is_asked_about(good: Facts, fact: Any) -> None:
    disputed = standing(good, Standing.DISPUTED)
    assert "stands as disputed" in no_dispute(disputed, Gate.END).text
    decided = replace(disputed, recorded=(fact("dispute_decision"),))
    assert no_dispute(decided, Gate.END).status is Status.PASSED


# --- G5 ---


@pytest.mark.parametrize(
    ("told", "status", "says"),
    [
        ([], Status.PASSED, "never referred"),
        (["referral"], Status.FAILED, "gives clearance for this contract and date"),
        (["referral", "collection_return"], Status.PASSED, "returned from collection"),
        (["referral", "attorney_instruction"], Status.PASSED, "instructed it in writing"),
        (["collection_return", "referral"], Status.FAILED, "may want monitoring kept"),
        (["referral", ("clearance", CLEARED)], Status.FAILED, "no date of the proceedings"),
        (
            ["referral", ("proceedings", {"on": "2026-07-01"}), ("clearance", CLEARED)],
            Status.PASSED,
            "Proceedings are set for 2026-07-01",
        ),
        (
            [("clearance", CLEARED), ("proceedings", {"on": "2026-07-01"}), "referral"],
            Status.FAILED,
            "gives clearance",
        ),
        (
            [("proceedings", {"on": "2026-07-01"}), "referral", ("clearance", CLEARED)],
            Status.FAILED,
            "no date of the proceedings",
        ),
        (
            ["referral", ("clearance", {**CLEARED, "contract": "K-2"})],
            Status.FAILED,
            "clearance is for contract K-2, not for K-1",
        ),
        (
            ["referral", ("clearance", {**CLEARED, "valid_until": "2026-05-31"})],
            Status.FAILED,
            "good from 2026-05-01 to 2026-05-31, and not today",
        ),
        (
            ["referral", ("clearance", {**CLEARED, "valid_from": "2026-06-02"})],
            Status.FAILED,
            "and not today",
        ),
    ],
)
def test_the_attorney_agrees_or_nothing_goes_on(
    good: Facts, fact: Any, told: list[Any], status: Status, says: str
) -> None:
    named = [one if isinstance(one, tuple) else (one, {}) for one in told]
    facts = tuple(fact(kind, days=30 - place, **said) for place, (kind, said) in enumerate(named))
    result = attorney_agrees(replace(good, recorded=facts), Gate.END)
    assert result.status is status
    assert says in result.text


@pytest.mark.parametrize("one", [Standing.IN_COLLECTION, Standing.IN_LITIGATION])
def test_a_contract_in_collection_needs_the_attorney_without_a_referral(
    good: Facts, fact: Any, one: Standing
) -> None:
    facts = standing(good, one)
    assert attorney_agrees(facts, Gate.END).status is Status.FAILED
    back = replace(facts, recorded=(fact("collection_return"),))
    assert attorney_agrees(back, Gate.END).status is Status.PASSED


# --- G10 ---


def hold(good: Facts, kind: str, *, own: bool = False) -> Facts:
    held = HoldFact(id="h1", kind=kind, own=own, set_at=NOW - DAY, author="anna")
    return replace(good, holds=(held,))


@pytest.mark.parametrize(
    ("kind", "own", "gate", "status"),
    [
        ("service", False, Gate.END, Status.FAILED),
        ("service", False, Gate.CLOSE, Status.PASSED),
        ("records", False, Gate.END, Status.PASSED),
        ("records", False, Gate.CLOSE, Status.FAILED),
        ("records", True, Gate.CLOSE, Status.PASSED),
        ("records", True, Gate.PURGE, Status.FAILED),
        ("service", False, Gate.PURGE, Status.FAILED),
    ],
)
def test_a_hold_stops_what_it_is_for(
    good: Facts, kind: str, *, own: bool, gate: Gate, status: Status
) -> None:
    assert no_hold(hold(good, kind, own=own), gate).status is status


def flagged(good: Facts, *flags: bool) -> BundleFact:
    closing = good.bundles[0]
    objects = tuple(replace(closing.objects[0], legal_hold=flag) for flag in flags)
    return replace(closing, objects=objects)


def test_a_records_hold_lets_close_when_every_object_carries_the_flag(good: Facts) -> None:
    shown = flagged(good, True)
    facts = replace(hold(good, "records"), stored=(shown, shown))
    assert no_hold(facts, Gate.CLOSE).status is Status.PASSED
    assert no_hold(facts, Gate.PURGE).status is Status.FAILED


@pytest.mark.parametrize(
    "flags",
    [(), ((),), ((True, False),), ((True,), (False,))],
    ids=["no bundle", "no object", "one object without", "one bundle without"],
)
def test_one_object_without_the_flag_keeps_the_hold(
    good: Facts, flags: tuple[tuple[bool, ...], ...]
) -> None:
    stored = tuple(flagged(good, *each) for each in flags)
    facts = replace(hold(good, "records"), stored=stored)
    assert no_hold(facts, Gate.CLOSE).status is Status.FAILED


# --- G13, G20 ---


def test_during_an_alarm_or_a_test_service_does_not_end(good: Facts) -> None:
    assert quiet(good, Gate.END).status is Status.PASSED
    alarm = AlarmFact(received_at=NOW - timedelta(minutes=3), name="fire")
    burning = quiet(replace(good, alarm=alarm), Gate.END)
    assert (burning.status, burning.since) == (Status.FAILED, alarm.received_at)
    assert quiet(replace(good, on_test_until=NOW + DAY), Gate.END).status is Status.FAILED
    assert quiet(replace(good, on_test_until=NOW), Gate.END).status is Status.PASSED


@pytest.mark.parametrize("system", ["medical", "holdup"])
def test_who_depends_on_the_service_is_tried_to_be_reached(
    good: Facts, fact: Any, system: str
) -> None:
    assert vulnerable_told(good, Gate.END).status is Status.NOT_APPLICABLE
    frail = replace(good, account=AccountFact(details={"systems": [system]}))
    assert vulnerable_told(frail, Gate.END).status is Status.FAILED
    tried = fact("welfare_contact", outcome="daughter knows", manager="Maria")
    result = vulnerable_told(replace(frail, recorded=(tried,)), Gate.END)
    assert result.status is Status.PASSED
    assert "Maria answers for it" in result.text
