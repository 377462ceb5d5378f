from datetime import timedelta

from archive.daybook import Arming, Schedule
from archive.report_functioning import causes, functioning, periods
from archive.report_pages import Layout
from tests.archive.report_making import at, facts, said, summary

DAILY = Schedule(timedelta(days=1), timedelta(hours=1))
RECORDS = [
    {"class": "closing", "rx": at(1)},
    {"class": "test", "rx": at(1, 16)},
    {"class": "alarm", "rx": at(2)},
    {"class": "medical", "rx": at(2)},
    {"class": "restore", "rx": at(2)},
    {"class": "opening", "rx": at(2)},
    {"class": "test", "rx": at(4, 16)},
    {"class": "trouble", "rx": at(5), "name": "AC lost"},
    {"type": "line", "kind": "polls", "first": at(4), "last": at(5), "count": 60, "t": at(5)},
]


def section(records, schedule=None, **more) -> str:
    layout = Layout()
    made = summary(records, schedule)
    made.book.ended(at(6))
    functioning(layout, facts(**more).lines, made, {"2026-03-03"})
    return said(layout)


def test_a_day_counts_what_was_due_and_what_came() -> None:
    made = summary(RECORDS, DAILY)

    found = {period.name: period for period in periods(made, {"2026-03-03", "2027-01-01"})}

    assert list(found) == [f"2026-03-0{day}" for day in range(1, 6)]
    assert found["2026-03-01"].arming == {Arming.ARMED: 1}
    assert found["2026-03-02"].arming == {Arming.MIXED: 1}
    assert found["2026-03-03"].arming == {Arming.DISARMED: 1}
    assert (found["2026-03-03"].missed, found["2026-03-03"].gaps) == (1, 1)
    assert (found["2026-03-04"].tests, found["2026-03-04"].missed) == (1, 0)
    assert found["2026-03-02"].counts["alarm"] == 1
    assert found["2026-03-05"].polls == 60


def test_many_days_are_counted_by_month() -> None:
    records = [
        {"class": "closing", "rx": f"2026-{month:02}-{day:02}T15:00:00.000000Z"}
        for month in range(1, 5)
        for day in range(1, 29)
    ]

    found = periods(summary(records), set())

    assert [period.name for period in found] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    assert found[0].arming == {Arming.ARMED: 28}


def test_a_history_without_dates_has_no_period() -> None:
    assert periods(summary([{"class": "test"}]), {"2026-03-01"}) == []


def test_gaps_are_added_up_by_cause() -> None:
    one, two = causes(
        [
            {"kind": "receiver_link", "cause": "receiver_link", "from": at(1, 1), "to": at(1, 3)},
            {"kind": "receiver_link", "from": at(2, 1), "to": at(2, 2)},
            {"kind": "line_down", "cause": "closed by peer", "from": at(3)},
        ]
    )

    assert (one.name, one.number, one.open) == ("the line to a receiver was down", 2, 0)
    assert (one.total, one.longest) == (timedelta(hours=3), timedelta(hours=2))
    assert (two.name, two.open) == ("the line to a receiver was down: closed by peer", 1)


def test_the_section_states_counts_and_how_they_were_made() -> None:
    text = section(RECORDS, DAILY, lines=[{"kind": "clock_step", "from": at(1), "to": at(1)}])

    assert "Did it work? The functioning report" in text
    assert "2 d 1 h, from 2026-03-02 10:00:00 -05:00 EST to 2026-03-04 11:00:00" in text
    assert "2 received, 3 missed; one is due every 1 d, with 1 h of grace" in text
    assert "AC lost" in text
    assert "none in this history" in text
    assert "the clock was set 1 0 s 0 s 0" in text
    assert "How this was counted" in text
    assert "not over" not in text
    assert "it draws no conclusion" in text


def test_what_is_still_open_has_no_length() -> None:
    assert "the clock was set 1 not over not over 1" in section(
        RECORDS, lines=[{"kind": "clock_step", "from": at(1)}]
    )


def test_without_an_interval_no_test_counts_as_due() -> None:
    text = section(RECORDS)

    assert "2 received; the account's facts name no interval, so none counts as due" in text
    assert "not known" in text
    assert "No gap is recorded for the span of this history." in text


def test_where_any_signal_counts_as_a_test_misses_are_counted() -> None:
    text = section(RECORDS, Schedule(timedelta(days=1), timedelta(hours=1), any=True))

    assert "any signal counts as one" in text
    assert "0 missed" in text


def test_an_empty_history_has_a_section_too() -> None:
    layout = Layout()
    functioning(layout, [], summary([{"class": "odd"}]), set())

    text = said(layout)
    assert "there is no test signal in this history" in text
    assert "no time passed without a record" in text
    assert "a class that this program does not know" in text


def test_one_test_and_nothing_after_it_measures_nothing() -> None:
    layout = Layout()
    functioning(layout, [], summary([{"class": "test", "rx": at(1)}]), set())

    assert "there is one test signal, and nothing after it to measure to" in said(layout)
