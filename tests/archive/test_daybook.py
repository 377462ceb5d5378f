from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.daybook import Arming, DayBook, Schedule, schedule, site_time

NEW_YORK = ZoneInfo("America/New_York")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def iso(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


def at(day: int, hour: int = 12) -> str:
    return f"2026-03-{day:02}T{hour:02}:00:00.000000Z"


def book_of(*arming: tuple[int, str, str]) -> DayBook:
    book = DayBook(UTC)
    for day, what, area in arming:
        book.signal(what, {"area": area}, f"2026-03-{day:02}", at(day))
    return book


def book_with_tests(days: list[str], rule: Schedule | None) -> DayBook:
    book = DayBook(UTC, rule)
    for time in days:
        book.signal("test", {}, time[:10], time)
    return book


@pytest.mark.parametrize(
    ("arming", "day", "state"),
    [
        ([], 5, Arming.UNKNOWN),
        ([(5, "closing", "1")], 4, Arming.UNKNOWN),
        ([(5, "closing", "1")], 5, Arming.ARMED),
        ([(5, "closing", "1")], 9, Arming.ARMED),
        ([(5, "opening", "1")], 9, Arming.DISARMED),
        ([(5, "closing", "1"), (7, "opening", "1")], 6, Arming.ARMED),
        ([(5, "closing", "1"), (7, "opening", "1")], 7, Arming.MIXED),
        ([(5, "closing", "1"), (7, "opening", "1")], 8, Arming.DISARMED),
        ([(5, "closing", "1"), (5, "opening", "1"), (5, "closing", "1")], 5, Arming.MIXED),
        ([(5, "closing", "1"), (6, "opening", "2")], 8, Arming.MIXED),
    ],
    ids=str,
)
def test_a_day_is_armed_when_every_area_was_so_all_day(arming, day: int, state: Arming) -> None:
    assert book_of(*arming).arming(f"2026-03-{day:02}") is state


def test_an_area_that_is_no_text_is_the_area_without_a_name() -> None:
    book = DayBook(UTC)
    book.signal("closing", {"area": None}, "2026-03-05", at(5))
    book.signal("opening", {}, "2026-03-06", at(6))

    assert book.arming("2026-03-07") is Arming.DISARMED


def test_areas_beyond_the_limit_do_not_grow_the_book() -> None:
    book = book_of(*[(5, "closing", str(number)) for number in range(500)])

    assert len(book._areas) == 64
    assert book.arming("2026-03-05") is Arming.ARMED


def test_a_test_is_missed_after_interval_and_grace_and_again_each_interval() -> None:
    book = book_with_tests([at(1), at(2, 13), at(5)], Schedule(DAY, HOUR))

    assert dict(book.tests) == {"2026-03-01": 1, "2026-03-02": 1, "2026-03-05": 1}
    assert dict(book.tests_missed) == {"2026-03-03": 1, "2026-03-04": 1}
    assert book.untested.length == 3 * DAY - HOUR


def test_a_test_within_the_grace_is_not_missed() -> None:
    assert not book_with_tests([at(1), at(2, 13)], Schedule(DAY, HOUR)).tests_missed


def test_without_an_interval_nothing_is_missed() -> None:
    book = book_with_tests([at(1), at(20)], None)

    assert not book.tests_missed
    assert book.untested.length == 19 * DAY


def test_where_any_signal_counts_as_a_test_none_is_missed_while_some_come() -> None:
    book = DayBook(UTC, Schedule(DAY, HOUR, any=True))
    for day in (1, 2, 3, 6):
        book.signal("status", {}, f"2026-03-{day:02}", at(day))

    assert dict(book.tests_missed) == {"2026-03-04": 1, "2026-03-05": 1}
    assert not book.tests


def test_the_programs_own_finding_that_tests_were_missed_counts_as_one() -> None:
    book = DayBook(UTC)
    book.polled({"kind": "tests", "cause": "missed", "last": at(1)}, at(3))
    book.polled({"kind": "tests", "cause": "returned", "last": at(1)}, at(4))

    assert dict(book.polls_missed) == {"2026-03-03": 1}


def test_tests_are_missed_up_to_the_end_of_the_history() -> None:
    book = book_with_tests([at(1)], Schedule(DAY, HOUR))
    book.ended(at(4))

    assert dict(book.tests_missed) == {"2026-03-02": 1, "2026-03-03": 1}


def test_without_any_test_none_counts_as_missed() -> None:
    book = DayBook(UTC, Schedule(DAY, HOUR))
    book.ended(at(4))

    assert not book.tests_missed


def test_missed_tests_are_counted_only_so_often() -> None:
    book = book_with_tests([at(1), "2199-03-01T12:00:00.000000Z"], Schedule(HOUR, HOUR))

    assert book.tests_missed.total() == 1000


def test_polls_count_on_the_day_their_span_ended_and_misses_where_they_were_noticed() -> None:
    book = DayBook(UTC)
    book.polled({"first": at(1), "last": at(2), "count": 7, "cause": "day"}, at(2))
    book.polled({"first": None, "last": None, "count": 0, "cause": "missed"}, at(4))
    book.polled({"first": 5, "last": "never", "count": "many"}, at(5))

    assert {day: n for day, n in book.polls.items() if n} == {"2026-03-02": 7}
    assert dict(book.polls_missed) == {"2026-03-04": 1}


def test_the_longest_silence_is_between_records_and_to_the_end() -> None:
    book = DayBook(UTC)
    for time in (at(1), at(3), at(4)):
        book.heard(time)
    assert (book.silence.length, book.silence.begin) == (2 * DAY, at(1))

    book.ended(at(9))

    assert (book.silence.begin, book.silence.end) == (at(4), at(9))


def test_a_record_that_goes_back_in_time_makes_no_silence() -> None:
    book = DayBook(UTC)
    for time in (at(9), at(2), at(9, 13), "no time"):
        book.heard(time)

    assert book.silence.length == HOUR


@pytest.mark.parametrize(
    ("details", "rule"),
    [
        ({"test_hours": 24, "test_grace": 60}, Schedule(DAY, HOUR)),
        ({"test_hours": 24, "test_grace": 0, "test_by": "test"}, Schedule(DAY, 0 * HOUR)),
        ({"test_hours": 24, "test_by": "any"}, Schedule(DAY, 6 * HOUR, any=True)),
        ({"test_hours": 168, "test_grace": "x"}, Schedule(7 * DAY, 6 * HOUR)),
        ({"test_hours": 4}, Schedule(4 * HOUR, HOUR)),
        ({"test_hours": 0}, None),
        ({"test_hours": True}, None),
        ({"test_hours": "24"}, None),
        ({"test_hours": 10**9}, None),
        ({}, None),
        ("none", None),
    ],
)
def test_the_interval_of_tests_is_a_fact_of_the_account(details, rule) -> None:
    assert schedule({"account": {"details": details}}) == rule


@pytest.mark.parametrize("facts", [{}, {"account": None}, {"account": "4821"}])
def test_facts_without_an_account_name_no_interval(facts) -> None:
    assert schedule(facts) is None


def test_a_day_is_the_sites() -> None:
    found = site_time("2026-01-02T04:59:59.000000Z", NEW_YORK)

    assert found is not None
    assert found.date().isoformat() == "2026-01-01"


EVENT = st.tuples(
    st.sampled_from(["opening", "closing", "test", "alarm"]),
    st.integers(0, 20),
    st.sampled_from(["", "1", "2", 3, None]),
)


@given(st.lists(EVENT, max_size=30))
def test_any_day_has_a_state_and_figures_never_fall_below_zero(events) -> None:
    book = DayBook(UTC, Schedule(DAY, HOUR))
    for what, day, area in events:
        time = iso(datetime(2026, 3, 1, tzinfo=UTC) + day * DAY)
        book.signal(what, {"area": area}, time[:10], time)
        book.heard(time)
    book.ended("2026-04-01T00:00:00.000000Z")

    for day in range(1, 31):
        assert book.arming(f"2026-03-{day:02}") in Arming
    assert all(number > 0 for number in book.tests_missed.values())
    assert book.tests.total() == sum(what == "test" for what, _, _ in events)
