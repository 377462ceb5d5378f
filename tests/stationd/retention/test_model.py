"""The register: defaults, floors, overrides, months."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.errors import MistakeError
from stationd.retention.model import (
    DEFAULTS,
    DataClass,
    Override,
    Rule,
    after,
    check_override,
    rule_for,
)

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def override(months=100, *, data_class=DataClass.RECORDS, source="law", **whom):
    rule = Rule(data_class=data_class, months=months, source=source, author="maria")
    given = {"jurisdiction": "", "dealer_id": "", **whom}
    return Override(id="r", rule=rule, set_at=NOW, **given)


def test_the_defaults_are_those_of_the_manual():
    assert {one.value: DEFAULTS[one].months for one in DataClass} == {
        "bundles": 120,
        "records": 84,
        "cases": 84,
        "recordings": 12,
        "receiver_health": 84,
        "parked": 84,
        "access_log": 84,
        "metrics": 13,
    }


@pytest.mark.parametrize(
    ("one", "says"),
    [
        (override(), "jurisdiction, a dealer"),
        (override(source=" ", jurisdiction="CO"), "source"),
        (override(23, jurisdiction="CO"), "at least 24 months"),
    ],
)
def test_an_override_names_whom_and_why_and_keeps_the_floor(one, says):
    with pytest.raises(MistakeError, match=says):
        check_override(one)


def test_what_has_no_floor_may_be_kept_for_less():
    check_override(override(24, jurisdiction="CO"))
    check_override(override(6, data_class=DataClass.METRICS, dealer_id="d"))


def test_of_those_that_fit_the_longest_counts():
    listed = [
        override(60, jurisdiction="CO"),
        override(90, dealer_id="d"),
        override(200, jurisdiction="TX"),
        override(300, jurisdiction="CO", data_class=DataClass.CASES),
    ]

    def months(jurisdiction, dealer_id):
        where = {"jurisdiction": jurisdiction, "dealer_id": dealer_id}
        return rule_for(DataClass.RECORDS, listed, **where).months

    assert months("CO", "") == 60
    assert months("CO", "d") == 90
    assert months("TX", "d") == 200
    assert months("UT", "") == 84


def test_a_day_that_is_not_there_is_the_next_one():
    assert after(datetime(2024, 2, 29, tzinfo=UTC), 12) == datetime(2025, 3, 1, tzinfo=UTC)
    assert after(datetime(2026, 8, 31, tzinfo=UTC), 1) == datetime(2026, 10, 1, tzinfo=UTC)
    assert after(datetime(2026, 12, 31, tzinfo=UTC), 2) == datetime(2027, 3, 1, tzinfo=UTC)
    assert after(datetime(2026, 11, 30, 12, tzinfo=UTC), 1) == datetime(
        2026, 12, 30, 12, tzinfo=UTC
    )


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 600),
)
def test_nothing_goes_earlier_than_its_months(moment, months):
    later = after(moment, months)
    assert later >= moment
    apart = (later.year - moment.year) * 12 + later.month - moment.month
    assert months <= apart <= months + 1
    assert after(moment, months + 1) > later or months == 0 or apart > months
