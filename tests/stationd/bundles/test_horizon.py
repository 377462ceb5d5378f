from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.bundles.horizon import LATEST, horizon, reverify_at

NOW = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)


@given(st.text(), st.datetimes(timezones=st.just(UTC), max_value=datetime(9000, 1, 1)))  # noqa: DTZ001
def test_every_bundle_is_read_back_within_90_days_and_not_before_60(
    order_id: str, verified_at: datetime
) -> None:
    due = reverify_at(order_id, verified_at)
    assert 60 * DAY <= due - verified_at <= LATEST
    assert due == reverify_at(order_id, verified_at)


def test_what_was_verified_in_one_night_comes_due_over_a_month() -> None:
    days = [(reverify_at(f"order-{n}", NOW) - NOW).days for n in range(3000)]
    assert set(days) >= set(range(60, 90))
    assert max(days.count(day) for day in set(days)) < 160


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (-DAY, 30),
        (timedelta(0), 30),
        (30 * DAY, 30),
        (30 * DAY + timedelta(seconds=1), 90),
        (90 * DAY, 90),
        (180 * DAY, 180),
        (180 * DAY + timedelta(seconds=1), None),
    ],
)
def test_the_nearest_horizon_counts(left: timedelta, expected: int | None) -> None:
    assert horizon(NOW + left, NOW) == expected
