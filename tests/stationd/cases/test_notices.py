from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationd.cases.model import AccountFact, ContractFact, Facts, Reason, Status
from stationd.cases.notices import (
    authority_drafted,
    authority_told,
    notice_ready,
    notice_sent,
    payments_decided,
    time_over,
)
from stationd.cases.states import Gate

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
Change = Callable[[Facts], Facts]


def terms(good: Facts, **more: object) -> Facts:
    told = ContractFact(number="K-1", terms={**good.contract.terms, **more})
    return replace(good, contract=told)


def drafts(good: Facts, *ways: str, **more: object) -> Facts:
    (known,) = good.of("notice_draft")
    made = [replace(known, id=way, told={**known.told, "channel": way, **more}) for way in ways]
    rest = [one for one in good.recorded if one.kind != "notice_draft"]
    return replace(good, recorded=(*rest, *made))


def form(good: Facts, **more: object) -> Facts:
    return replace(good, forms=(replace(good.forms[0], **more),))  # type: ignore[arg-type]


def notice(good: Facts, **more: object) -> Facts:
    return replace(good, notices=(replace(good.notices[0], **more),))  # type: ignore[arg-type]


# --- G6p ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drafts, "No draft of the termination notice"),
        (lambda good: replace(good, since=NOW - DAY), "No draft of the termination notice"),
        (lambda good: drafts(good, "email"), "goes by email, but the contract asks for post"),
        (lambda good: drafts(good, "post", form="F-9"), "signed no termination form F-9"),
        (lambda good: drafts(good, "post", form=None), "form (none named) for any jurisdiction"),
        (lambda good: form(good, kind="confirmation"), "signed no termination form F-1"),
        (lambda good: form(good, jurisdiction="US-CO"), "signed no termination form F-1"),
        (lambda good: form(good, expires_at=NOW), "expired on 2026-06-01"),
        (lambda good: form(good, withdrawn_at=NOW), "was withdrawn"),
        (
            lambda good: replace(drafts(good, "certified"), methods=()),
            "Certified mail is never the only channel",
        ),
        (
            lambda good: replace(drafts(terms(good, residential="yes"), "email"), methods=()),
            "has not consented to notice by e-mail",
        ),
    ],
)
def test_a_letter_that_may_not_go_out_so_fails(good: Facts, change: Change, says: str) -> None:
    result = notice_ready(change(good), Gate.NOTICE)
    assert result.status is Status.FAILED
    assert says in result.text


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good,
        lambda good: drafts(good, "post", "certified"),
        lambda good: replace(drafts(good, "email"), methods=()),
        lambda good: replace(
            drafts(terms(good, residential="yes", e_notice_consent="2024-01-01"), "email"),
            methods=(),
        ),
        lambda good: replace(
            form(good, jurisdiction="US-CO"), account=AccountFact(jurisdiction="US-CO")
        ),
    ],
)
def test_a_letter_from_a_signed_form_may_go_out(good: Facts, change: Change) -> None:
    assert notice_ready(change(good), Gate.NOTICE).status is Status.PASSED


def test_of_two_drafts_for_one_channel_the_newer_counts(good: Facts) -> None:
    (known,) = good.of("notice_draft")
    worse = replace(known, id="later", told={**known.told, "form": "F-9"})
    result = notice_ready(replace(good, recorded=(*good.recorded, worse)), Gate.NOTICE)
    assert (result.status, result.facts) == (Status.FAILED, ("later",))


def test_counsels_own_text_is_said_to_be_that(good: Facts, fact: Any) -> None:
    dead = replace(drafts(good, "post", form=None), reason=Reason.DEATH_OF_CUSTOMER)
    assert "counsel's own text" in notice_ready(dead, Gate.NOTICE).text
    noted = replace(dead, recorded=(*dead.recorded, fact("counsel_note", days=40)))
    assert notice_ready(noted, Gate.NOTICE).status is Status.PASSED


@pytest.mark.parametrize(
    ("window", "status", "says"),
    [
        ({}, Status.FAILED, "window for notice of non-renewal is not known"),
        (
            {"window_opens": "2026-05-01", "window_closes": "2026-05-31"},
            Status.FAILED,
            "may be given from 2026-05-01 to 2026-05-31, and not today",
        ),
        (
            {"window_opens": "2026-06-01", "window_closes": "2026-06-01"},
            Status.PASSED,
            "is drafted for post",
        ),
    ],
)
def test_non_renewal_is_told_inside_its_window(
    good: Facts, fact: Any, window: dict[str, str], status: Status, says: str
) -> None:
    told = fact("renewal_facts", **window)
    facts = replace(good, reason=Reason.NONRENEWAL_BY_COMPANY, recorded=(*good.recorded, told))
    result = notice_ready(facts, Gate.NOTICE)
    assert result.status is status
    assert says in result.text


def test_an_error_is_put_right_without_a_letter(good: Facts) -> None:
    facts = replace(good, reason=Reason.DUPLICATE_OR_ERROR)
    assert notice_ready(facts, Gate.NOTICE).status is Status.NOT_APPLICABLE
    assert notice_sent(facts, Gate.END).status is Status.NOT_APPLICABLE


# --- G6 ---


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda good: replace(good, notices=()), "No termination notice is recorded"),
        (lambda good: notice(good, kind="confirmation"), "No termination notice is recorded"),
        (lambda good: notice(good, at=NOW - 51 * DAY), "No termination notice is recorded"),
        (lambda good: notice(good, channel="email"), "by email, but the contract asks for post"),
        (lambda good: notice(good, declared=False), "No declaration of sending"),
        (lambda good: notice(good, sha256="bb"), "is not the file that was drafted"),
    ],
    ids=["none", "other kind", "round before", "other channel", "undeclared", "other file"],
)
def test_a_notice_that_does_not_count_fails(good: Facts, change: Change, says: str) -> None:
    result = notice_sent(change(good), Gate.NOTICE)
    assert result.status is Status.FAILED
    assert says in result.text


def test_one_good_channel_is_enough(good: Facts) -> None:
    (sent,) = good.notices
    others = (replace(sent, id="n2", channel="email"), replace(sent, id="n3", declared=False))
    result = notice_sent(replace(good, notices=(*others, sent)), Gate.END)
    assert (result.status, result.facts) == (Status.PASSED, ("n1",))


def test_a_contract_that_names_no_method_takes_any(good: Facts) -> None:
    facts = replace(notice(good, channel="hand"), methods=())
    assert notice_sent(facts, Gate.NOTICE).status is Status.PASSED


# --- G7 ---


@pytest.mark.parametrize(
    ("effective", "status"),
    [
        (NOW, Status.PASSED),
        (NOW + timedelta(microseconds=1), Status.FAILED),
        (None, Status.FAILED),
    ],
    ids=["the instant itself counts as reached", "a moment before", "none yet"],
)
def test_the_time_must_be_over(good: Facts, effective: datetime | None, status: Status) -> None:
    assert time_over(replace(good, effective_at=effective), Gate.END).status is status


# --- G8 ---


@pytest.mark.parametrize(
    ("days", "decision", "status", "says"),
    [
        (39, None, Status.FAILED, "90.00 came on 2026-05-01, after the notice"),
        (39, "accept_as_cure", Status.FAILED, "takes the step cure"),
        (39, "reject_and_return", Status.PASSED, "1 payment(s) after the notice, all decided"),
        (39, "partial_not_cure", Status.PASSED, "1 payment(s)"),
        (41, None, Status.PASSED, "No payment came after the notice"),
    ],
)
def test_a_payment_after_the_notice_stops_the_end_until_it_is_decided(
    good: Facts, fact: Any, days: int, decision: str | None, status: Status, says: str
) -> None:
    paid = fact("payment", days=days, amount="90.00", received_on="2026-05-01")
    decided = [fact("payment_decision", days=1, payment=paid.id, decision=decision)]
    recorded = (*good.recorded, paid, *(decided if decision else []))
    result = payments_decided(replace(good, recorded=recorded), Gate.END)
    assert result.status is status
    assert says in result.text


def test_before_a_notice_no_payment_wants_a_decision(good: Facts, fact: Any) -> None:
    paid = fact("payment", days=1, amount="1.00", received_on="2026-05-31")
    facts = replace(good, noticed_since=None, recorded=(paid,))
    assert payments_decided(facts, Gate.END).status is Status.PASSED


# --- G9 ---

FIRE = AccountFact(details={"systems": ["burglary", "fire"]})
PLACARD = AccountFact(details={"systems": ["burglary"], "certificate": "C-9"})


def test_of_burglary_no_authority_is_told(good: Facts) -> None:
    assert authority_drafted(good, Gate.NOTICE).status is Status.NOT_APPLICABLE
    assert authority_told(good, Gate.END).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("kinds", "drafted", "told"),
    [
        ([], Status.FAILED, Status.FAILED),
        (["authority_draft"], Status.PASSED, Status.FAILED),
        (["authority_letter"], Status.PASSED, Status.PASSED),
    ],
)
def test_of_fire_the_authority_is_told(
    good: Facts, fact: Any, kinds: list[str], drafted: Status, told: Status
) -> None:
    recorded = tuple(fact(kind, days=30, document=True) for kind in kinds)
    facts = replace(good, account=FIRE, recorded=recorded)
    assert authority_drafted(facts, Gate.NOTICE).status is drafted
    assert authority_told(facts, Gate.END).status is told


@pytest.mark.parametrize(("number", "status"), [("C-9", Status.PASSED), ("C-8", Status.FAILED)])
def test_the_issuer_of_the_very_certificate_is_told(
    good: Facts, fact: Any, number: str, status: Status
) -> None:
    told = fact("issuer_cancellation", days=30, document=True, number=number)
    assert authority_told(replace(good, account=PLACARD), Gate.END).status is Status.FAILED
    facts = replace(good, account=PLACARD, recorded=(told,))
    assert authority_told(facts, Gate.END).status is status


def test_a_station_says_of_which_systems_an_authority_is_told(good: Facts) -> None:
    facts = replace(good, told_systems=frozenset({"burglary"}))
    assert authority_told(facts, Gate.CLOSE).status is Status.FAILED
