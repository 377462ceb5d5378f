from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.calendars.business import (
    business_day_after,
    in_business_hours,
    is_business_day,
    midnight,
)

FRIDAY = date(2026, 7, 3)
HOLIDAYS = frozenset({FRIDAY, date(2026, 7, 6)})
LA = ZoneInfo("America/Los_Angeles")
ZONES = ("America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("2026-07-02", 0, "2026-07-02"),
        ("2026-07-02", 1, "2026-07-07"),
        ("2026-07-02", 2, "2026-07-08"),
        ("2026-07-04", 0, "2026-07-07"),
        ("2026-07-04", 1, "2026-07-07"),
        ("2026-07-04", 2, "2026-07-08"),
        ("2026-12-31", 1, "2027-01-01"),
    ],
)
def test_business_days_are_counted_over_holidays_in_a_row(
    day: str, count: int, expected: str
) -> None:
    found = business_day_after(date.fromisoformat(day), HOLIDAYS, count)
    assert found.isoformat() == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-07-02T08:59-07:00", "2026-07-02T09:00-07:00"),
        ("2026-07-02T09:00-07:00", "2026-07-02T09:00-07:00"),
        ("2026-07-02T17:59-07:00", "2026-07-02T17:59-07:00"),
        ("2026-07-02T18:00-07:00", "2026-07-07T09:00-07:00"),
        ("2026-07-04T12:00-07:00", "2026-07-07T09:00-07:00"),
        # Clocks go back on 1 November, a Sunday.
        ("2026-10-30T19:00-07:00", "2026-11-02T09:00-08:00"),
    ],
)
def test_nobody_is_called_but_in_the_hours_of_a_business_day(moment: str, expected: str) -> None:
    found = in_business_hours(datetime.fromisoformat(moment), LA, HOLIDAYS, (9, 18))
    assert found == datetime.fromisoformat(expected)


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001
    st.sampled_from(ZONES),
    st.frozensets(st.dates(date(2024, 1, 1), date(2029, 3, 1)), max_size=30),
)
def test_hours_are_those_on_the_wall_and_none_that_fits_is_passed_over(
    naive: datetime, name: str, holidays: frozenset[date]
) -> None:
    zone, moment = ZoneInfo(name), naive.replace(tzinfo=UTC)
    found = in_business_hours(moment, zone, holidays, (9, 18))
    local = found.astimezone(zone)
    assert found >= moment
    assert 9 <= local.hour < 18
    assert is_business_day(local.date(), holidays)
    assert in_business_hours(found, zone, holidays, (9, 18)) == found
    if found > moment:
        assert (local.hour, local.minute) == (9, 0)
        before = found - timedelta(hours=1)
        assert in_business_hours(max(before, moment), zone, holidays, (9, 18)) == found


def test_a_day_begins_at_midnight_on_the_wall() -> None:
    assert midnight(date(2026, 7, 1), LA) == datetime(2026, 7, 1, 7, tzinfo=UTC)
