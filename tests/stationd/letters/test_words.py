from datetime import UTC, date, datetime

import pytest

from stationd.letters.words import amount, day, listed, moment


@pytest.mark.parametrize(
    ("when", "zone", "said"),
    [
        (
            datetime(2026, 4, 6, 17, tzinfo=UTC),
            "America/Chicago",
            "Monday, April 6, 2026, 12:00 noon (CDT, America/Chicago, UTC-05:00)",
        ),
        (
            datetime(2026, 1, 6, 6, 5, tzinfo=UTC),
            "America/Chicago",
            "Tuesday, January 6, 2026, 12:05 a.m. (CST, America/Chicago, UTC-06:00)",
        ),
        (
            datetime(2026, 1, 6, 18, 30, tzinfo=UTC),
            "Asia/Kolkata",
            "Wednesday, January 7, 2026, 12:00 a.m. (IST, Asia/Kolkata, UTC+05:30)",
        ),
        (
            datetime(2026, 1, 6, 18, 30, tzinfo=UTC),
            "America/Sao_Paulo",
            "Tuesday, January 6, 2026, 3:30 p.m. (America/Sao_Paulo, UTC-03:00)",
        ),
    ],
)
def test_an_instant_has_day_hour_zone_and_offset(when, zone, said):
    assert moment(when, zone) == said


def test_days_amounts_and_lists_are_written_out():
    assert day(date(2026, 3, 2)) == "Monday, March 2, 2026"
    assert [amount(cents, "USD") for cents in (0, 5, 123456, -250)] == [
        "USD 0.00",
        "USD 0.05",
        "USD 1,234.56",
        "-USD 2.50",
    ]
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
