from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.daybook import Arming
from archive.report_charts import (
    MONTHS,
    Supervised,
    draw_legend,
    draw_month,
    gap_days,
    hatching,
    month_panels,
    months_between,
    short,
    told,
)
from archive.report_pages import ALERT, RULE, Layout
from archive.summary import Summary

NEW_YORK = ZoneInfo("America/New_York")


def signal(day: int, kind: str, month: int = 3, **more: object) -> dict[str, object]:
    time = f"2026-{month:02}-{day:02}T15:00:00.000000Z"
    return {"type": "signal", "class": kind, "rx": time, "t": time, "seq": 1, **more}


def summary_of(*fields: dict[str, object]) -> Summary:
    summary = Summary(NEW_YORK)
    for one in fields:
        summary.add(one)
    return summary


MARCH = summary_of(
    signal(2, "closing"),
    signal(3, "alarm"),
    signal(3, "test"),
    signal(5, "opening"),
    {"type": "line", "kind": "polls", "cause": "missed", "t": "2026-03-06T15:00:00.000000Z"},
)


def test_a_panel_has_every_day_of_the_month() -> None:
    (panel,), earlier = month_panels(MARCH, {"2026-03-04"})

    assert [day.number for day in panel.days] == list(range(1, 32))
    assert earlier == 0
    second, third, fourth, fifth, sixth, seventh = panel.days[1:7]
    assert (second.records, second.arming) == (1, Arming.ARMED)
    assert (third.records, third.incidents, third.supervised) == (2, 1, Supervised.RECEIVED)
    assert (fourth.inside, fourth.gap, fourth.arming) == (False, True, Arming.ARMED)
    assert (fifth.arming, fifth.supervised) == (Arming.MIXED, Supervised.NONE)
    assert sixth.supervised is Supervised.MISSED
    assert (seventh.inside, seventh.arming) == (False, Arming.UNKNOWN)


def test_the_picture_is_told_in_words() -> None:
    (panel,), _ = month_panels(MARCH, {"2026-03-04"})

    words = told(panel)

    assert words.startswith("March 2026: 5 records; ")
    assert "alarm, duress or medical signals on the 3;" in words
    assert "received on 1 days, missed on the 6;" in words
    assert "gaps on the 4;" in words
    assert "nothing recorded on the 1, 4, 7, 8," in words


def test_a_month_without_any_of_it_says_on_no_day() -> None:
    (panel,), _ = month_panels(summary_of(signal(2, "status")), set())

    assert "gaps on no day" in told(panel)


def test_months_without_a_record_are_drawn_between_others() -> None:
    summary = summary_of(signal(2, "test", month=1), signal(2, "test", month=3))

    panels, _ = month_panels(summary, set())

    assert [panel.month for panel in panels] == ["2026-01", "2026-02", "2026-03"]
    assert not any(day.inside for day in panels[1].days)


def test_a_clock_set_wrong_by_years_does_not_fill_the_report() -> None:
    days = ["2026-01-05", "2026-02-05", "2099-01-01", "", "nonsense"]

    assert months_between(days) == ["2026-01", "2026-02", "2099-01"]


def test_only_the_newest_months_are_drawn() -> None:
    summary = Summary(NEW_YORK)
    for year in range(2020, 2026):
        time = f"{year}-06-02T15:00:00.000000Z"
        summary.add({"type": "signal", "class": "test", "rx": time})

    panels, earlier = month_panels(summary, set())

    assert len(panels) == MONTHS
    assert panels[-1].month == "2025-06"
    assert earlier == 61 - MONTHS


@pytest.mark.parametrize(
    ("row", "days"),
    [
        (("2026-03-02T05:00:00Z", "2026-03-02T06:00:00Z"), {"2026-03-02"}),
        (("2026-03-02T04:00:00Z", "2026-03-02T06:00:00Z"), {"2026-03-01", "2026-03-02"}),
        (("2026-03-08T15:00:00Z", None), {"2026-03-08", "2026-03-09", "2026-03-10"}),
        (("2026-03-02T15:00:00Z", "2026-03-01T15:00:00Z"), {"2026-03-01", "2026-03-02"}),
        (("2026-03-12T15:00:00Z", "2099-03-01T15:00:00Z"), {"2026-03-12"}),
        (("never", None), set()),
    ],
    ids=["an hour", "over midnight", "open", "a step back", "after the end", "no time"],
)
def test_a_gap_touches_the_days_of_the_sites_calendar(row, days: set[str]) -> None:
    begin, end = row

    assert gap_days([{"from": begin, "to": end}], NEW_YORK, "2026-03-10") == days


def test_a_gap_in_a_history_without_a_date_is_its_first_day() -> None:
    rows = [{"from": "2026-03-02T15:00:00Z", "to": None}]

    assert gap_days(rows, NEW_YORK, "") == {"2026-03-02"}


@given(
    st.floats(1, 200),
    st.floats(1, 200),
    st.floats(2, 9),
    st.booleans(),
)
def test_hatching_stays_in_its_box(width: float, height: float, step: float, rising: bool) -> None:
    for x1, y1, x2, y2 in hatching((10, 20, width, height), step, rising=rising):
        assert all(10 - 1e-6 <= x <= 10 + width + 1e-6 for x in (x1, x2))
        assert all(20 - 1e-6 <= y <= 20 + height + 1e-6 for y in (y1, y2))
        assert (x2 - x1) * (y2 - y1) * (1 if rising else -1) > 0


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (9999, "9.9k"),
        (12_345, "12k"),
        (1_234_567, "1.2M"),
        (5_000_000_000, "5.0G"),
        (10**15, "many"),
    ],
)
def test_a_number_above_a_bar_is_short(number: int, text: str) -> None:
    assert short(number) == text


def test_letters_and_signs_carry_what_colours_show(tmp_path) -> None:
    layout = Layout()
    (panel,), _ = month_panels(MARCH, {"2026-03-03", "2026-03-04"})
    draw_legend(layout)
    draw_month(layout, panel, 0)

    shown = [mark.text[2] for page in layout._pages for mark in page.marks if mark.text]

    assert shown.count("A") == 1 + 3
    assert shown.count("M") == 1 + 1
    assert shown.count("D") == 1 + 1
    assert shown.count("?") == 1 + 26
    assert shown.count("✓") == 1 + 1
    assert shown.count("\u00d7") == 1 + 1
    assert "a gap or outage touches the day" in shown


def lines_of(colour: tuple[float, float, float], summary: Summary, gaps: set[str]) -> int:
    """Return how many lines of a colour the picture of the only month has."""
    layout = Layout()
    (panel,), _ = month_panels(summary, gaps)
    draw_month(layout, panel, 5)
    code = " ".join(f"{part:g}" for part in colour) + " RG"
    return sum(code in mark.code and " l S" in mark.code for mark in layout._marks)


FULL = summary_of(
    *[signal(day, kind) for day in range(1, 32) for kind in ("opening", "test", "alarm")]
)


def test_days_of_a_gap_are_hatched_and_others_are_not() -> None:
    one = lines_of(ALERT, FULL, {"2026-03-04"})

    assert one > 5
    assert lines_of(ALERT, FULL, {"2026-03-04", "2026-03-20"}) == 2 * one
    assert lines_of(ALERT, FULL, set()) == 0


def test_days_without_a_record_are_never_blank() -> None:
    without_one = summary_of(
        *[signal(day, kind) for day in range(1, 32) if day != 9 for kind in ("opening", "test")]
    )

    assert lines_of(RULE, FULL, set()) == 0
    # The ground of the day, and its square for tests; the arming goes on.
    assert lines_of(RULE, without_one, set()) > lines_of(RULE, FULL, set()) + 10


def test_an_alarm_has_a_sign_above_the_bar_of_its_day() -> None:
    layout = Layout()
    (panel,), _ = month_panels(MARCH, set())
    draw_month(layout, panel, 5)

    code = " ".join(f"{part:g}" for part in ALERT) + " rg"
    (sign,) = [mark for mark in layout._marks if code in mark.code]
    (third,) = [mark for mark in layout._marks if mark.text and mark.text[2] == "3"]
    assert abs(float(sign.code.split()[4]) - third.text[0]) < 8
