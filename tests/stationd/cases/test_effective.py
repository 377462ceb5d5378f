from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.cases.effective import Inputs, effective

CHICAGO = "America/Chicago"


def inputs(**more: object) -> Inputs:
    given_: dict[str, object] = {
        "sent_at": datetime(2026, 1, 5, 21, 0, tzinfo=UTC),  # Monday 15:00 in Chicago
        "zone": CHICAGO,
        "notice_days": 30,
        "mail_allowance": timedelta(),
        **more,
    }
    return Inputs(**given_)  # type: ignore[arg-type]


def local(moment: datetime, zone: str = CHICAGO) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"


def test_the_day_of_sending_does_not_count_and_the_last_day_counts_in_full() -> None:
    computed = effective(inputs())
    # 30 days after 5 January end with 4 February; the next policy hour is Thursday noon.
    assert local(computed.bounds["notice"]) == "2026-02-05 00:00 CST"
    assert local(computed.instant) == "2026-02-05 12:00 CST"


def test_the_day_of_sending_is_that_of_the_site() -> None:
    late = datetime(2026, 1, 6, 5, 30, tzinfo=UTC)  # still the 5th in Chicago
    assert effective(inputs(sent_at=late)).instant == effective(inputs()).instant


def test_post_adds_the_mail_allowance() -> None:
    computed = effective(inputs(mail_allowance=timedelta(days=3)))
    # 33 days end with Saturday 7 February; the next business day is Monday.
    assert local(computed.bounds["notice"]) == "2026-02-08 00:00 CST"
    assert local(computed.instant) == "2026-02-09 12:00 CST"


def test_a_trial_adds_seconds_as_seconds() -> None:
    computed = effective(inputs(notice_days=0, mail_allowance=timedelta(seconds=7), roll=False))
    assert computed.instant == datetime(2026, 1, 5, 21, 0, 7, tzinfo=UTC)


def test_the_latest_bound_counts() -> None:
    computed = effective(
        inputs(cure_days=45, clause=date(2026, 2, 10), requested=date(2026, 3, 20))
    )
    assert set(computed.bounds) == {"notice", "cure", "clause", "requested"}
    assert local(computed.instant) == "2026-03-20 12:00 CDT"


def test_a_requested_date_cannot_shorten_the_notice() -> None:
    computed = effective(inputs(requested=date(2026, 1, 6)))
    assert computed.instant == effective(inputs()).instant


@pytest.mark.parametrize(
    ("day", "rolled"),
    [
        ("2026-02-06", "2026-02-06 12:00 CST"),  # Friday
        ("2026-02-07", "2026-02-09 12:00 CST"),  # Saturday
        ("2026-02-08", "2026-02-09 12:00 CST"),  # Sunday
    ],
)
def test_the_instant_is_rolled_to_a_business_day(day: str, rolled: str) -> None:
    computed = effective(inputs(notice_days=0, requested=date.fromisoformat(day)))
    assert local(computed.instant) == rolled


def test_holidays_are_no_business_days() -> None:
    computed = effective(
        inputs(notice_days=0, requested=date(2026, 2, 6), holidays=frozenset({date(2026, 2, 6)}))
    )
    assert local(computed.instant) == "2026-02-09 12:00 CST"


def test_an_hour_that_is_past_is_that_of_the_next_day() -> None:
    computed = effective(inputs(notice_days=0))
    assert local(computed.instant) == "2026-01-06 12:00 CST"


def test_without_a_policy_hour_the_instant_stays_on_a_business_day() -> None:
    stays = effective(inputs(notice_days=0, hour=None))
    assert stays.instant == inputs().sent_at
    moved = effective(inputs(notice_days=0, hour=None, requested=date(2026, 2, 7)))
    assert local(moved.instant) == "2026-02-09 00:00 CST"


def test_days_are_those_of_the_calendar_over_a_daylight_saving_change() -> None:
    before = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)  # Friday noon; clocks go forward on Sunday
    computed = effective(inputs(sent_at=before, notice_days=3))
    assert local(computed.bounds["notice"]) == "2026-03-10 00:00 CDT"
    assert computed.bounds["notice"] - datetime(2026, 3, 7, 6, tzinfo=UTC) == timedelta(hours=71)


def test_an_hour_that_the_clock_skips_is_the_moment_it_is_skipped() -> None:
    computed = effective(
        inputs(
            zone="America/Santiago",
            notice_days=0,
            hour=0,
            sent_at=datetime(2026, 9, 3, 12, tzinfo=UTC),
            requested=date(2026, 9, 4),
        )
    )
    assert local(computed.instant, "America/Santiago") == "2026-09-04 00:00 -04"


def test_a_leap_day_is_a_day() -> None:
    sent = datetime(2028, 2, 28, 18, 0, tzinfo=UTC)
    computed = effective(inputs(sent_at=sent, notice_days=2))
    # 29 February and 1 March.
    assert local(computed.bounds["notice"]) == "2028-03-02 00:00 CST"


def test_the_computation_is_kept_with_its_inputs() -> None:
    kept = effective(
        inputs(
            mail_allowance=timedelta(days=3),
            cure_days=10,
            clause=date(2026, 2, 1),
            requested=date(2026, 2, 2),
            holidays=frozenset({date(2026, 1, 4), date(2026, 2, 9), date(2026, 2, 16)}),
            calendar="US-IL",
            calendar_source="holidays 0.1",
        )
    ).as_json()
    assert kept["effective_at"] == "2026-02-10T18:00:00.000000Z"
    assert kept["bounds"] == {
        "notice": "2026-02-08T06:00:00.000000Z",
        "cure": "2026-01-19T06:00:00.000000Z",
        "clause": "2026-02-01T06:00:00.000000Z",
        "requested": "2026-02-02T06:00:00.000000Z",
    }
    assert kept["mail_allowance_s"] == 3 * 86400
    assert (kept["clause"], kept["requested"]) == ("2026-02-01", "2026-02-02")
    # Only what lies between sending and the instant.
    assert kept["holidays"] == ["2026-02-09"]
    assert (kept["calendar"], kept["calendar_source"]) == ("US-IL", "holidays 0.1")


def test_what_was_not_asked_for_is_kept_as_nothing() -> None:
    kept = effective(inputs()).as_json()
    assert (kept["clause"], kept["requested"], kept["cure_days"]) == (None, None, None)


@settings(max_examples=200, deadline=None)
@given(
    sent=st.datetimes(
        min_value=datetime(2024, 1, 1),  # noqa: DTZ001  (hypothesis adds the zone)
        max_value=datetime(2032, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    zone=st.sampled_from(
        [CHICAGO, "UTC", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"]
    ),
    days=st.integers(1, 120),
    mail=st.integers(0, 5),
    hour=st.one_of(st.none(), st.integers(0, 23)),
    roll=st.booleans(),
)
def test_nobody_gets_less_than_the_full_days_of_the_notice(
    sent: datetime, zone: str, days: int, mail: int, hour: int | None, roll: bool
) -> None:
    computed = effective(
        Inputs(
            sent_at=sent,
            zone=zone,
            notice_days=days,
            mail_allowance=timedelta(days=mail),
            hour=hour,
            roll=roll,
        )
    )
    first = sent.astimezone(ZoneInfo(zone)).date()
    ends_on = computed.instant.astimezone(ZoneInfo(zone)).date()
    assert (ends_on - first).days > days + mail
    assert computed.instant >= computed.bounds["notice"]
    if roll:
        assert ends_on.weekday() < 5


ZONES = ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "UTC"]
SENT = st.datetimes(datetime(2023, 12, 1), datetime(2028, 4, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
# Days around every change of the clocks, around 29 February, and at the year's end.
HOLIDAYS = st.frozensets(st.dates(date(2023, 12, 1), date(2029, 12, 31)), max_size=5)


def on_business_day(moment: datetime, zone: str, holidays: frozenset[date]) -> bool:
    day = moment.astimezone(ZoneInfo(zone)).date()
    return day.weekday() < 5 and day not in holidays


@settings(max_examples=300)
@given(
    sent_at=SENT,
    zone=st.sampled_from(ZONES),
    notice_days=st.integers(1, 400),
    holidays=HOLIDAYS,
    hour=st.integers(0, 23),
)
def test_it_is_the_first_policy_hour_of_a_business_day_that_is_not_before_any_bound(
    sent_at: datetime, zone: str, notice_days: int, holidays: frozenset[date], hour: int
) -> None:
    computed = effective(
        inputs(sent_at=sent_at, zone=zone, notice_days=notice_days, holidays=holidays, hour=hour)
    )
    latest = max(computed.bounds.values())
    site = ZoneInfo(zone)
    days = [latest.astimezone(site).date() + timedelta(days=more) for more in range(30)]
    hours = [datetime(day.year, day.month, day.day, hour, tzinfo=site) for day in days]
    candidates = [
        moment
        for moment, day in zip(hours, days, strict=True)
        if moment.astimezone(UTC) >= latest and day.weekday() < 5 and day not in holidays
    ]
    assert computed.instant == candidates[0].astimezone(UTC)
    assert on_business_day(computed.instant, zone, holidays)


@settings(max_examples=200)
@given(
    sent_at=SENT,
    later=st.timedeltas(timedelta(), timedelta(days=40)),
    zone=st.sampled_from(ZONES),
    notice_days=st.integers(0, 60),
    holidays=HOLIDAYS,
)
def test_who_sends_later_never_ends_earlier(
    sent_at: datetime,
    later: timedelta,
    zone: str,
    notice_days: int,
    holidays: frozenset[date],
) -> None:
    def of(moment: datetime) -> datetime:
        more = {"zone": zone, "notice_days": notice_days, "holidays": holidays}
        return effective(inputs(sent_at=moment, **more)).instant

    assert of(sent_at) <= of(sent_at + later)


@settings(max_examples=200)
@given(sent_at=SENT, zone=st.sampled_from(ZONES), notice_days=st.integers(1, 400))
def test_every_day_of_the_notice_is_had_in_full_by_the_sites_calendar(
    sent_at: datetime, zone: str, notice_days: int
) -> None:
    computed = effective(inputs(sent_at=sent_at, zone=zone, notice_days=notice_days, roll=False))
    site = ZoneInfo(zone)
    sent_on, ends_on = sent_at.astimezone(site).date(), computed.instant.astimezone(site).date()
    assert ends_on - sent_on == timedelta(days=notice_days + 1)
