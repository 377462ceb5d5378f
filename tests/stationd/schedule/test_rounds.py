"""Instants of rounds: one a day whatever the day, never later than the next after now."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationd.schedule.rounds import Every, Kept, Round, after, first, is_astray, rest

ZONES = ("UTC", "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu")
LA = ZoneInfo("America/Los_Angeles")

moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
rounds = st.builds(Round, name=st.just("r"), every=st.sampled_from(Every), hour=st.integers(0, 23))
zones = st.sampled_from(ZONES).map(ZoneInfo)


@given(rounds, moments, zones)
def test_the_next_instant_is_later_and_nothing_lies_between(
    one: Round, moment: datetime, zone: ZoneInfo
) -> None:
    found = after(one, moment, zone)
    assert found > moment
    assert after(one, found - timedelta(microseconds=1), zone) == found
    assert after(one, moment + (found - moment) / 2, zone) == found


@given(moments, zones, st.integers(0, 23))
def test_a_daily_round_has_one_instant_on_each_local_day(
    moment: datetime, zone: ZoneInfo, hour: int
) -> None:
    daily = Round(name="r", every=Every.DAY, hour=hour)
    instants = [after(daily, moment, zone)]
    for _ in range(5):
        instants.append(after(daily, instants[-1], zone))
    days = [instant.astimezone(zone).date() for instant in instants]
    assert days == [days[0] + timedelta(days=n) for n in range(6)]


@pytest.mark.parametrize(
    ("every", "expected"),
    [
        (Every.HOUR, "2026-11-01T10:00:00+00:00"),
        (Every.DAY, "2026-11-01T11:00:00+00:00"),
        (Every.WEEK, "2026-11-02T11:00:00+00:00"),
        (Every.MONTH, "2026-11-01T11:00:00+00:00"),
    ],
)
def test_days_are_the_stations_and_so_is_the_hour(every: Every, expected: str) -> None:
    # In the night in which clocks in Los Angeles go back.
    moment = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    assert after(Round(name="r", every=every), moment, LA).isoformat() == expected


def test_an_hour_that_is_skipped_is_made_up_for_right_after() -> None:
    found = after(Round(name="r", every=Every.DAY, hour=2), datetime(2026, 3, 8, 9, tzinfo=UTC), LA)
    assert found.astimezone(LA).isoformat() == "2026-03-08T03:00:00-07:00"


@given(rounds, moments, zones)
def test_a_round_nothing_is_known_of_is_due_within_a_day(
    one: Round, moment: datetime, zone: ZoneInfo
) -> None:
    most = timedelta(hours=1) if one.every is Every.HOUR else timedelta(hours=49)
    assert moment < first(one, moment, zone) <= moment + most


@given(rounds, moments, zones, st.timedeltas(timedelta(), timedelta(days=4000)))
def test_only_a_clock_that_was_set_back_leads_a_round_astray(
    one: Round, moment: datetime, zone: ZoneInfo, back: timedelta
) -> None:
    kept = Kept(name="r", ran_at=moment, next_at=after(one, moment, zone), tries=0, said="")
    assert not is_astray(one, kept, moment, zone)
    earlier = moment - back
    assert is_astray(one, kept, earlier, zone) == (after(one, earlier, zone) < kept.next_at)


def test_rests_double_up_to_an_hour() -> None:
    minutes = [rest(tries) // timedelta(minutes=1) for tries in (1, 2, 3, 6, 7, 8, 1000)]
    assert minutes == [1, 2, 4, 32, 60, 60, 60]
