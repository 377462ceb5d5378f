from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from archive.incidents import AFTER, Window, Windows

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def time(minutes: float) -> str:
    return f"{BEGIN + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.%fZ}"


def windows_of(*records: tuple[float, bool]) -> Windows:
    windows = Windows()
    for seq, (minutes, incident) in enumerate(records, start=1):
        windows.add({"seq": seq}, time(minutes), incident=incident)
    return windows


def seqs(window: Window) -> list[int]:
    return [fields["seq"] for fields in window.rows]


def test_a_window_holds_ten_minutes_before_and_thirty_after() -> None:
    (window,) = windows_of(
        (-11, False), (-9, False), (0, True), (5, False), (29, False), (31, False)
    ).windows

    assert seqs(window) == [2, 3, 4, 5]
    assert (window.begin, window.until) == (time(-10), time(30))


def test_signals_close_together_are_one_incident() -> None:
    (window,) = windows_of((0, True), (0.2, True), (20, True), (45, False), (51, False)).windows

    assert seqs(window) == [1, 2, 3, 4]
    assert window.signals == 3
    assert window.until == time(50)


def test_signals_far_apart_are_two() -> None:
    one, two = windows_of((0, True), (200, True)).windows

    assert (seqs(one), seqs(two)) == ([1], [2])


def test_a_clock_that_goes_far_back_ends_the_window() -> None:
    (window,) = windows_of((0, True), (-60, False), (1, False)).windows

    assert seqs(window) == [1]


def test_what_is_no_time_makes_a_window_of_its_own() -> None:
    windows = Windows()
    windows.add({"seq": 1}, "never", incident=True)

    assert seqs(windows.windows[0]) == [1]


def test_rows_beyond_the_limit_are_counted() -> None:
    (window,) = windows_of((0, True), *[(1, False)] * 100).windows

    assert len(window.rows) == 60
    assert window.more == 41


def test_records_before_the_first_signal_are_twelve_and_more_are_told() -> None:
    twelve, thirteen = (
        windows_of(*[(-5, False)] * count, (0, True)).windows[0] for count in (12, 13)
    )

    assert (seqs(twelve), twelve.earlier) == ([*range(1, 14)], False)
    assert (seqs(thirteen), thirteen.earlier) == ([*range(2, 15)], True)


def test_incidents_beyond_the_limit_are_counted_as_windows_would_be() -> None:
    hours = [(60 * number, True) for number in range(60)]
    windows = windows_of(*hours, (6000, True), (6000.5, True), (6001, True), (7000, True))

    assert len(windows.windows) == 60
    assert windows.more == 2


@given(st.lists(st.tuples(st.integers(-5, 200), st.booleans()), max_size=80))
def test_every_incident_is_in_a_window_and_memory_is_bounded(records) -> None:
    windows = windows_of(*records)

    assert sum(window.signals for window in windows.windows) == sum(is_one for _, is_one in records)
    assert all(len(window.rows) <= 60 for window in windows.windows)
    for window in windows.windows:
        assert window.until >= window.begin
        assert window.first in window.rows


def test_the_end_moves_by_the_minute() -> None:
    (window,) = windows_of((0, True), (10, True)).windows

    assert window.until == time(10 + AFTER.total_seconds() / 60)
