from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from stationd.calendars.business import business_day_after, midnight

FRIDAY = date(2026, 7, 3)
HOLIDAYS = frozenset({FRIDAY, date(2026, 7, 6)})
LA = ZoneInfo("America/Los_Angeles")


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


def test_a_day_begins_at_midnight_on_the_wall() -> None:
    assert midnight(date(2026, 7, 1), LA) == datetime(2026, 7, 1, 7, tzinfo=UTC)
