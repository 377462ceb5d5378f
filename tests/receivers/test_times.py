"""Times of senders and receivers are read as the moments they mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receivers.times import receiver_moment, sender_moment

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2025, 6, 15, 16, 0, tzinfo=UTC)  # noon in New York


def shown(receiver: str, text: str, near: datetime = NOON) -> str | None:
    told = receiver_moment(receiver, text, NEW_YORK, near)
    return None if told is None else f"{told.moment:%Y-%m-%d %H:%M:%S.%f}"


@pytest.mark.parametrize(
    ("receiver", "text", "expected"),
    [
        ("mx8000", "061525 120000", "2025-06-15 16:00:00.500000"),
        ("sk9000", "061525 1200", "2025-06-15 16:00:30.000000"),
        ("iti", "250615 120000", "2025-06-15 16:00:00.500000"),
        ("iti", "0615 1200", "2025-06-15 16:00:30.000000"),
        ("mx8000", "0615 1200", None),
        ("mx8000", "139925 120000", None),
        ("mx8000", "061525 250000", None),
        ("cp220", "061525 120000", None),
        ("mx8000", "6/15/25 12:00", None),
    ],
)
def test_a_receivers_time_is_of_its_own_zone(
    receiver: str, text: str, expected: str | None
) -> None:
    assert shown(receiver, text) == expected


def test_a_time_without_a_year_is_of_the_nearest() -> None:
    new_year = datetime(2026, 1, 1, 5, 0, 10, tzinfo=UTC)
    assert shown("iti", "1231 2359", new_year) == "2026-01-01 04:59:30.000000"
    assert shown("iti", "0101 0000", new_year) == "2026-01-01 05:00:30.000000"


def test_the_hour_that_comes_twice_is_the_one_that_is_nearer() -> None:
    first = datetime(2025, 11, 2, 5, 30, tzinfo=UTC)
    second = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
    assert shown("mx8000", "110225 013000", first) == "2025-11-02 05:30:00.500000"
    assert shown("mx8000", "110225 013000", second) == "2025-11-02 06:30:00.500000"


def test_a_senders_time_is_utc() -> None:
    told = sender_moment("12:00:00,06-15-2025")
    assert told is not None
    assert f"{told.moment:%Y-%m-%d %H:%M:%S.%f %Z}" == "2025-06-15 12:00:00.500000 UTC"
    assert told.resolution.total_seconds() == 1


@given(st.text(max_size=24))
def test_any_text_at_all_is_a_time_or_none(text: str) -> None:
    sender_moment(text)
    for receiver in ("mx8000", "iti", "cp220"):
        receiver_moment(receiver, text, NEW_YORK, NOON)


@given(st.from_regex(r"[0-9]{4,6} [0-9]{4,6}", fullmatch=True))
def test_any_digits_at_all_are_a_time_or_none(text: str) -> None:
    for receiver in ("mx8000", "iti"):
        receiver_moment(receiver, text, NEW_YORK, NOON)
