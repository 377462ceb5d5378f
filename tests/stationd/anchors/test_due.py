"""When to stamp, what counts, and what is late."""

from datetime import UTC, datetime, timedelta

import pytest

from stationd.anchors.due import is_due, is_point, kept_states, trouble
from stationd.anchors.model import Progress

T = datetime(2026, 3, 2, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEVER = Progress()
FIRST = Progress(newest=(4, T), first_at=T)


def progress(newest: int, stamped: int, ago: timedelta, **more: object) -> Progress:
    values = {
        "newest": (newest, T),
        "first_at": T - 100 * HOUR,
        "stamped": (stamped, T - ago),
        "good": (stamped, T - ago),
    }
    return Progress(**(values | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "counts"),
    [
        (timedelta(), True),
        (timedelta(hours=26), True),
        (timedelta(hours=26, seconds=1), False),
        (timedelta(seconds=-120), True),
        (timedelta(seconds=-121), False),
        (timedelta(days=-9), False),
    ],
)
def test_a_stamp_counts_from_its_checkpoint_to_26_hours_after(
    after: timedelta, counts: bool
) -> None:
    assert is_point(T, T + after) is counts


@pytest.mark.parametrize(
    ("state", "wanted", "due"),
    [
        (NEVER, None, False),
        (FIRST, None, True),
        (progress(5, 5, 3 * HOUR), None, False),
        (progress(6, 5, HOUR), None, True),
        (progress(6, 5, HOUR / 2), None, False),
        (progress(6, 5, -HOUR), None, True),
        (progress(6, 5, HOUR / 2), 6, True),
        (progress(6, 5, HOUR / 2), 7, False),
        (progress(6, 5, HOUR / 2), 5, False),
        (progress(6, 5, HOUR / 2, good=None), 5, True),
        (progress(6, 6, HOUR / 2, good=None), 6, False),
    ],
)
def test_the_newest_is_stamped_hourly_or_at_once_where_one_is_waited_for(
    state: Progress, wanted: int | None, due: bool
) -> None:
    assert is_due(state, now=T, every=HOUR, wanted=wanted) is due


def test_nothing_is_late_before_there_is_a_checkpoint() -> None:
    assert trouble(NEVER, now=T, late_after=HOUR) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (progress(5, 5, 3 * HOUR), None),
        (progress(6, 5, HOUR), None),
        (progress(6, 5, 3 * HOUR), "the last was checkpoint 5"),
        (Progress(newest=(4, T), first_at=T - 3 * HOUR), "none was"),
        (progress(6, 6, 3 * HOUR, good=None), "none was"),
        (progress(5, 5, HOUR, unstored=T - HOUR), None),
        (progress(5, 5, HOUR, unstored=T - 3 * HOUR), "wait for the archive"),
    ],
)
def test_what_is_late_is_said(state: Progress, words: str | None) -> None:
    said = trouble(state, now=T, late_after=2 * HOUR)
    assert said is None if words is None else words in str(said)


def test_ninety_days_and_the_last_of_each_month_are_kept() -> None:
    days = [(n, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)) for n in range(200)]
    kept = kept_states(days, now=datetime(2026, 7, 19, tzinfo=UTC))
    assert {30, 58, 89} <= kept
    assert not {0, 29, 31, 57, 88} & kept
    assert set(range(109, 200)) <= kept
