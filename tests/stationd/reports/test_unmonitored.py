import csv
import io
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from stationd.reports.unmonitored import HEAD, Location, as_csv, city, month_before, span

LA = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("12 Main St, Springfield, IL 62701", "Springfield"),
        ("12 Main St, Suite 4, Denver, CO 80201-1234", "Denver"),
        ("12 Main St, Denver CO 80201", "Denver"),
        ("12 Main St, Toronto, ON M5V 2T6", "Toronto"),
        ("Hauptstr. 1, 80331 München", "München"),
        ("12 Main St", ""),
        ("12 Main St, IL 62701", ""),
    ],
)
def test_the_city_is_read_from_the_address_as_people_write_it(address: str, found: str) -> None:
    assert city(address) == found


@pytest.mark.parametrize(
    ("now", "month"),
    [
        ("2026-05-01T06:59:00+00:00", "2026-03-01"),
        ("2026-05-01T07:00:00+00:00", "2026-04-01"),
        ("2026-01-15T00:00:00+00:00", "2025-12-01"),
    ],
)
def test_the_month_before_is_that_of_the_station(now: str, month: str) -> None:
    assert month_before(datetime.fromisoformat(now), LA).isoformat() == month


def test_a_month_begins_and_ends_at_midnight_on_the_wall() -> None:
    since, until = span(date(2026, 3, 1), LA)
    assert since == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert until == datetime(2026, 4, 1, 7, tzinfo=UTC)
    assert span(date(2026, 12, 1), LA)[1] == datetime(2027, 1, 1, 8, tzinfo=UTC)


def test_the_list_is_by_jurisdiction_and_city_with_days_of_the_site() -> None:
    def location(acct: str, address: str, jurisdiction: str) -> Location:
        return Location(
            acct=acct,
            name="Shop, Ltd",
            address=address,
            jurisdiction=jurisdiction,
            zone="America/Los_Angeles",
            systems=("fire", "burglary"),
            ended_at=datetime(2026, 4, 2, 1, tzinfo=UTC),
        )

    text = as_csv(
        [
            location("3", "1 Oak St, Reno, NV 1", "US-NV"),
            location("2", "9 Elm St, Zed, CA 1", "US-CA"),
            location("1", "1 Oak St, Alpha, CA 1", "US-CA"),
        ]
    )
    rows = list(csv.reader(io.StringIO(text)))
    assert tuple(rows[0]) == HEAD
    assert [(row[1], row[6]) for row in rows[1:]] == [("Alpha", "1"), ("Zed", "2"), ("Reno", "3")]
    assert rows[1][3:6] == ["Shop, Ltd", "fire burglary", "2026-04-01"]
