from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.accounts.term import renewal_from

TERMS = {"started": "2020-01-31", "initial_term": "36 months", "renewal": "month"}


@pytest.mark.parametrize(
    ("terms", "day", "renews"),
    [
        ({}, date.min, date(2023, 1, 31)),
        ({}, date(2023, 2, 1), date(2023, 2, 28)),
        ({}, date(2024, 2, 1), date(2024, 2, 29)),
        ({}, date(2023, 2, 28), date(2023, 2, 28)),
        ({"renewal": "fixed"}, date(2023, 2, 1), date(2024, 1, 31)),
        ({"renewal": "fixed", "renewal_term": "2 years"}, date(2023, 2, 1), date(2025, 1, 31)),
        ({"initial_term": "1 year"}, date.min, date(2021, 1, 31)),
        ({"initial_term": "3"}, date.min, date(2020, 4, 30)),
        ({"renewal": "none"}, date.min, None),
        ({"initial_term": "long"}, date.min, None),
        ({"initial_term": "0 months"}, date.min, None),
        ({"started": "once"}, date.min, None),
        ({"started": None}, date.min, None),
    ],
)
def test_a_renewal_follows_from_the_terms(
    terms: dict[str, Any], day: date, renews: date | None
) -> None:
    assert renewal_from({**TERMS, **terms}, day) == renews


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.integers(1, 120),
    st.sampled_from([("month", ""), ("fixed", ""), ("fixed", "7 months"), ("fixed", "2 years")]),
    st.dates(date(1990, 1, 1), date(2190, 1, 1)),
)
def test_it_is_the_first_that_is_not_before_the_day(
    started: date, initial: int, renewal: tuple[str, str], day: date
) -> None:
    terms = {
        "started": started.isoformat(),
        "initial_term": f"{initial} months",
        "renewal": renewal[0],
        "renewal_term": renewal[1],
    }
    found = renewal_from(terms, day)
    assert found is not None
    assert found >= day
    every = []
    one = renewal_from(terms)
    while one is not None and one <= found:
        every.append(one)
        one = renewal_from(terms, date.fromordinal(one.toordinal() + 1))
    assert [one for one in every if one >= day] == [found]
