from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationd.cases.model import (
    AccountFact,
    ChainFact,
    ContractFact,
    Facts,
    MismatchFact,
    NodeFact,
    Status,
)
from stationd.cases.proofs import (
    bundle_verified,
    covered,
    local_copy,
    local_operation,
    vendors_settled,
)
from stationd.cases.states import Gate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LOCK = NOW + 3650 * DAY
Change = Callable[[Facts], Facts]


def bundle(good: Facts, **more: object) -> Facts:
    changed = replace(good.bundles[0], **more)  # type: ignore[arg-type]
    return replace(good, bundles=(changed,), stored=(changed,))


def stored(good: Facts, **more: object) -> Facts:
    held = good.bundles[0].objects[0]
    other = replace(held, file="v.zip", **more)  # type: ignore[arg-type]
    return bundle(good, objects=(held, other))


# --- G11 ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda good: replace(good, bundles=()), "No closing bundle is ordered"),
        (lambda good: bundle(good, kind="primary"), "No closing bundle is ordered"),
        (lambda good: bundle(good, kind="on_request"), "No closing bundle is ordered"),
        (lambda good: bundle(good, state="stored"), "stored, not verified"),
        (lambda good: bundle(good, state="built", why="S3 is away"), "Last trouble: S3 is away"),
        (lambda good: bundle(good, state="failed"), "failed, not verified"),
        (lambda good: bundle(good, verified_at=None), "not verified"),
        (lambda good: bundle(good, objects=()), "no stored object"),
        (lambda good: bundle(good, retain_until=None), "its lock has no date"),
        (lambda good: bundle(good, verified_at=NOW - DAY - HOUR), "last read back at"),
        (lambda good: stored(good, version_id=None), "v.zip: not read back by version id"),
        (lambda good: stored(good, verified_at=None), "v.zip: not read back by version id"),
        (lambda good: stored(good, mode=None), "v.zip: not locked in COMPLIANCE"),
        (lambda good: stored(good, mode="GOVERNANCE"), "v.zip: not locked in COMPLIANCE"),
        (lambda good: stored(good, retain_until=None), "v.zip: its lock has no date"),
        (lambda good: stored(good, retain_until=LOCK - HOUR), "v.zip: locked until"),
        (lambda good: stored(good, verified_at=NOW - DAY - HOUR), "v.zip: last read back at"),
    ],
)
def test_a_bundle_that_is_not_locked_and_read_back_fails(
    good: Facts, change: Change, says: str
) -> None:
    result = bundle_verified(change(good), Gate.CLOSE)
    assert result.status is Status.FAILED
    assert says in result.text


def test_a_bundle_read_back_just_in_time_passes(good: Facts) -> None:
    facts = bundle(good, verified_at=NOW - DAY)
    assert bundle_verified(facts, Gate.CLOSE).status is Status.PASSED


def test_trouble_is_told_beside_a_bundle_that_got_old(good: Facts) -> None:
    old = bundle(good, verified_at=NOW - 2 * DAY, why="S3 is away")
    assert bundle_verified(old, Gate.CLOSE).text.endswith("Last trouble: S3 is away")


# --- G12 ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda good: replace(good, chain=None), "no close record yet"),
        (lambda good: replace(good, bundles=()), "no close record yet"),
        (
            lambda good: replace(
                good, chain=ChainFact(epoch=1, size=40, first="open", last="signal")
            ),
            "to signal",
        ),
        (
            lambda good: replace(good, chain=ChainFact(epoch=1, size=40, first="", last="close")),
            "runs from ",
        ),
        (lambda good: bundle(good, records=39), "39 of 40 records"),
        (lambda good: bundle(good, records=None), "None of 40 records"),
        (lambda good: bundle(good, epoch=2), "40 of 40 records"),
        (lambda good: replace(good, ended_at=None), "has not ended"),
        (
            lambda good: replace(
                good, nodes=(NodeFact(journal="j", node="node-2", followed_at=None),)
            ),
            "journal of node-2 was not followed",
        ),
        (
            lambda good: replace(
                good, nodes=(NodeFact(journal="j", node="n", followed_at=NOW - 4 * DAY - HOUR),)
            ),
            "journal of n was not followed",
        ),
    ],
)
def test_a_bundle_that_leaves_something_out_fails(good: Facts, change: Change, says: str) -> None:
    result = covered(change(good), Gate.CLOSE)
    assert result.status is Status.FAILED
    assert says in result.text


def test_what_the_audit_found_stops_the_closing_until_somebody_answers_for_it(good: Facts) -> None:
    found = MismatchFact(id="m1", text="1234, epoch 1: record 7 was changed", found_at=NOW - HOUR)
    result = covered(replace(good, mismatches=(found,)), Gate.CLOSE)
    assert (result.status, result.facts, result.since) == (Status.FAILED, ("m1",), NOW - HOUR)
    assert "record 7 was changed" in result.text
    assert "ledger settle" in result.text


# --- G17, G18, G19 ---


def without(good: Facts, kind: str) -> Facts:
    return replace(good, recorded=tuple(one for one in good.recorded if one.kind != kind))


def test_somebody_states_that_equipment_is_left_working(good: Facts) -> None:
    assert local_operation(good, Gate.CLOSE).status is Status.PASSED
    silent = without(good, "local_operation")
    assert local_operation(silent, Gate.CLOSE).status is Status.FAILED
    ours = replace(silent, contract=ContractFact(number="K-1", terms={"equipment": "company"}))
    assert local_operation(ours, Gate.CLOSE).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("vendors", "told", "status", "says"),
    [
        ([], [], Status.FAILED, "records of vendors is not known"),
        ([], [("all", "none")], Status.PASSED, "all none"),
        (["A", "B"], [("A", "captured")], Status.FAILED, "records of B is not known"),
        (["A"], [("A", "captured")], Status.PASSED, "A captured"),
        (["A"], [("A", "lost")], Status.FAILED, "A are lost, and nobody says why"),
        (["A"], [("A", "lost", "they kept 30 days")], Status.PASSED, "A lost"),
        (["A"], [("A", "lost"), ("A", "captured")], Status.PASSED, "A captured"),
    ],
)
def test_it_is_known_what_became_of_each_vendors_records(
    good: Facts, fact: Any, vendors: list[str], told: list[Any], status: Status, says: str
) -> None:
    facts = [
        fact(
            "vendor", days=20 - place, **dict(zip(("vendor", "outcome", "text"), one, strict=False))
        )
        for place, one in enumerate(told)
    ]
    account = AccountFact(details={"vendors": vendors})
    result = vendors_settled(replace(good, account=account, recorded=tuple(facts)), Gate.CLOSE)
    assert result.status is status
    assert says in result.text


@pytest.mark.parametrize(
    ("change", "status", "says"),
    [
        (lambda good: replace(good, bundles=()), Status.FAILED, "No primary bundle is ordered"),
        (lambda good: primary(good, state="built"), Status.PASSED, "on our own disk: 1 file"),
        (lambda good: primary(good, state="ordered"), Status.FAILED, "ordered, not built yet"),
        (lambda good: primary(good, state="failed", why="disk full"), Status.FAILED, "disk full"),
        (lambda good: primary(good, state="built", objects=()), Status.FAILED, "not built yet"),
    ],
)
def test_the_primary_bundle_lies_sealed_on_our_own_disk(
    good: Facts, change: Change, status: Status, says: str
) -> None:
    result = local_copy(change(good), Gate.END)
    assert result.status is status
    assert says in result.text


def primary(good: Facts, **more: object) -> Facts:
    changed = replace(good.bundles[1], **more)  # type: ignore[arg-type]
    return replace(good, bundles=(changed,))
