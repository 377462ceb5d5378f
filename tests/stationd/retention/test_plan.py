"""The plan: the latest moment starts the clock, and everything that holds is named."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.retention.model import DataClass, Override, Rule
from stationd.retention.plan import AccountFacts, plan_account, start_of

NOW = datetime(2040, 3, 2, tzinfo=UTC)
CLOSED = datetime(2026, 3, 2, tzinfo=UTC)


def facts(**more):
    given = {
        "acct": "1",
        "record": "closed",
        "jurisdiction": "CO",
        "dealer_id": "",
        "moments": {"case closed": CLOSED},
        **more,
    }
    return AccountFacts(**given)


def test_what_is_closed_long_ago_and_held_by_nothing_goes():
    rows = plan_account(facts(), [], NOW)
    assert {row.data_class.value: row.due_at.year for row in rows} == {
        "bundles": 2036,
        "records": 2033,
        "cases": 2033,
    }
    assert all(row.goes(NOW) for row in rows)


def test_what_others_lead_to_goes_after_them():
    due = DataClass.RECORDS
    longer = Override(
        id="r",
        rule=Rule(data_class=due, months=400, source="law", author="maria"),
        jurisdiction="CO",
        dealer_id="",
        set_at=NOW,
    )
    rows = plan_account(facts(), [longer], NOW)
    assert [list(row.held_by) for row in rows] == [
        [],
        ["its records are still kept"],
        ["its records are still kept", "its cases are still kept"],
    ]
    gone = plan_account(facts(left=[DataClass.CASES, DataClass.BUNDLES]), [longer], NOW)
    assert [(row.data_class.value, row.goes(NOW)) for row in gone] == [
        ("cases", True),
        ("bundles", True),
    ]


def test_the_instant_itself_counts_as_reached():
    for row in plan_account(facts(), [], NOW):
        assert row.goes(row.due_at)
        assert not row.goes(row.due_at - timedelta(microseconds=1))


def test_what_is_purged_is_planned_like_what_is_closed():
    assert all(row.goes(NOW) for row in plan_account(facts(record="purged"), [], NOW))


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"record": "open"}, "the record is open, not closed"),
        ({"holds": ["h1"]}, "hold h1"),
        ({"open_case": True}, "a case is open"),
        ({"siblings": ["2"]}, "a case is open on 2 at the same site"),
    ],
)
def test_whatever_holds_an_account_holds_every_class_of_it(more, says):
    rows = plan_account(facts(**more), [], NOW)
    assert [list(row.held_by) for row in rows] == [[says]] * 3
    assert not any(row.goes(NOW) for row in rows)


def test_a_lock_holds_bundles_only_and_only_while_it_lasts():
    held = {
        days: [row.data_class.value for row in plan_account(lasting(days), [], NOW) if row.held_by]
        for days in (-1, 0, 1)
    }
    assert held == {-1: [], 0: [], 1: ["bundles"]}


def lasting(days):
    return facts(lock_until=NOW + timedelta(days=days))


@given(
    st.dictionaries(st.text(), st.datetimes(timezones=st.just(UTC)), min_size=1),
    st.lists(st.text(), max_size=2),
)
def test_the_clock_starts_at_the_latest_and_nothing_held_ever_goes(moments, holds):
    name, start = start_of(moments)
    assert start == max(moments.values()) == moments[name]
    if start.year < 9000:
        rows = plan_account(facts(moments=moments, holds=holds), [], NOW)
        assert not any(row.goes(NOW) for row in rows) or not holds
