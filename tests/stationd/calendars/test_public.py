from datetime import date

import pytest

from stationd.calendars.public import EVERYWHERE, calendar_of, named
from stationd.errors import MistakeError

FIRST, LAST = date(2026, 5, 1), date(2027, 2, 1)


@pytest.mark.parametrize(
    ("jurisdiction", "name"),
    [("US-CA", "US-CA"), ("US-CA-LA", "US-CA"), ("DE", "DE"), ("GB-XX", "GB"), ("", "")],
)
def test_a_jurisdiction_has_the_nearest_calendar_there_is(jurisdiction: str, name: str) -> None:
    assert named(jurisdiction) == name


@pytest.mark.parametrize("jurisdiction", ["Mars", "XX-YY", "us-ca", "-", "California"])
def test_one_that_has_none_is_named_with_how_one_is_written(jurisdiction: str) -> None:
    with pytest.raises(MistakeError, match="US-CA, CA-ON, DE-BY"):
        named(jurisdiction)


def test_whole_years_are_known_and_the_source_is_named() -> None:
    found = calendar_of("US-CA", {}, FIRST, LAST)
    assert {date(2026, 1, 1), date(2026, 7, 3), date(2027, 1, 1)} <= found.days
    assert {day.year for day in found.days} == {2026, 2027}
    assert found.source.startswith("holidays ")


def test_a_province_has_days_that_another_has_not() -> None:
    boxing_day = date(2026, 12, 26)
    assert boxing_day in calendar_of("CA-ON", {}, FIRST, LAST).days
    epiphany = date(2026, 1, 6)
    days = {name: calendar_of(name, {}, FIRST, LAST).days for name in ("DE-BY", "DE-HE")}
    assert (epiphany in days["DE-BY"], epiphany in days["DE-HE"]) == (True, False)


def test_days_of_the_operator_are_added_from_the_nearest_to_everywhere() -> None:
    own = {
        "US-CA": [date(2026, 6, 1)],
        "US": [date(2026, 6, 2)],
        EVERYWHERE: [date(2026, 6, 3), date(2040, 1, 1)],
        "DE": [date(2026, 6, 4)],
    }
    added = calendar_of("US-CA", own, FIRST, LAST).days - calendar_of("US-CA", {}, FIRST, LAST).days
    assert added == {date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 3)}


def test_where_no_calendar_is_known_own_days_count_alone() -> None:
    found = calendar_of("Mars", {EVERYWHERE: [date(2026, 6, 3)]}, FIRST, LAST)
    assert (found.name, found.source, found.days) == ("", "", {date(2026, 6, 3)})


def test_years_that_nobody_keeps_a_calendar_for_have_none() -> None:
    assert calendar_of("US", {}, date(2500, 1, 1), date(2501, 1, 1)).days == frozenset()
