from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st

from stationd.accounts.model import Contract, Site
from stationd.calendars.business import business_day_after, is_business_day
from stationd.calendars.public import calendar_of
from stationd.cases.effective import effective
from stationd.cases.periods import at_business_hour, inputs
from stationd.settings import PolicySettings

SENT = datetime(2026, 3, 2, 15, tzinfo=UTC)
SITE = Site(id="s", customer_id="c", name="Shop", address="1", zone="America/Chicago")


def test_contract_site_and_policies_give_the_instant() -> None:
    contract = Contract(id="k", site_id="s", number="K", notice_days=30, cure_days=40)
    given = inputs(contract, SITE, PolicySettings(), sent_at=SENT, mail=timedelta(days=3))
    assert (given.notice_days, given.cure_days, given.clause, given.hour) == (30, 40, None, 12)
    # 43 days from 2 March end with 14 April; the next noon in Chicago.
    assert effective(given).instant == datetime(2026, 4, 15, 17, tzinfo=UTC)


def test_a_date_of_the_contract_or_the_customer_lengthens() -> None:
    terms = {"clause_date": "2026-06-30"}
    contract = Contract(id="k", site_id="s", number="K", terms=terms)
    asked = date(2026, 7, 1)
    given = inputs(
        contract, SITE, PolicySettings(), sent_at=SENT, mail=timedelta(), requested=asked
    )
    assert (given.clause, given.requested) == (date(2026, 6, 30), asked)
    assert effective(given).instant == datetime(2026, 7, 1, 17, tzinfo=UTC)


# Zones whose clocks change in both directions, and the calendars there.
PLACES = (
    ("America/Los_Angeles", "US-CA"),
    ("America/Toronto", "CA-ON"),
    ("Europe/Berlin", "DE-BY"),
    ("Europe/London", "GB-SCT"),
    ("America/St_Johns", "CA-NL"),
    ("Australia/Lord_Howe", "AU-NSW"),
    ("America/Phoenix", "US-AZ"),
    ("Asia/Tokyo", "JP"),
)
MOMENTS = st.datetimes(datetime(2023, 11, 1), datetime(2029, 3, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)


@settings(max_examples=150)
@given(
    sent_at=MOMENTS,
    place=st.sampled_from(PLACES),
    days=st.integers(0, 120),
    cure=st.none() | st.integers(0, 120),
    mail=st.integers(0, 4),
    hour=st.none() | st.integers(0, 23),
)
# Over both changes of the clocks, 29 February, Christmas and the year's end, Golden Week.
@example(datetime(2026, 3, 6, 20, tzinfo=UTC), PLACES[0], 2, None, 0, 2)
@example(datetime(2026, 10, 30, 20, tzinfo=UTC), PLACES[0], 2, None, 0, 1)
@example(datetime(2028, 2, 28, 12, tzinfo=UTC), PLACES[2], 1, None, 0, 12)
@example(datetime(2026, 12, 23, 12, tzinfo=UTC), PLACES[3], 1, 8, 0, 12)
@example(datetime(2026, 4, 28, 12, tzinfo=UTC), PLACES[7], 3, None, 0, 12)
def test_an_instant_is_never_too_early_never_on_a_holiday_and_never_later_than_it_must_be(
    sent_at: datetime,
    place: tuple[str, str],
    days: int,
    cure: int | None,
    mail: int,
    hour: int | None,
) -> None:
    name, jurisdiction = place
    zone = ZoneInfo(name)
    site = Site(id="s", customer_id="c", name="", address="", zone=name, jurisdiction=jurisdiction)
    contract = Contract(id="k", site_id="s", number="K", notice_days=days, cure_days=cure)
    policies = PolicySettings().model_copy(update={"effective_hour": hour})
    given = inputs(contract, site, policies, sent_at=sent_at, mail=timedelta(days=mail))
    computed = effective(given)
    local = computed.instant.astimezone(zone)
    first = sent_at.astimezone(zone).date()
    public = calendar_of(jurisdiction, {}, first, local.date()).days
    counted = max(days, cure or 0) + mail
    # Never shorter than the contract: all days after the day of sending are over.
    assert (local.date() - first).days > counted or (counted == 0 and computed.instant >= sent_at)
    assert computed.instant >= max(computed.bounds.values())
    assert is_business_day(local.date(), public)
    # Never longer than it must be: no business day with its hour lies before it.
    earliest = max(computed.bounds.values()).astimezone(zone).date()
    latest = business_day_after(business_day_after(earliest, public, 0), public)
    assert local.date() <= latest
    if hour is not None:
        assert local.hour == hour or local.utcoffset() != (local - timedelta(hours=2)).utcoffset()
    assert effective(computed.inputs).instant == computed.instant
    assert all(first <= day <= local.date() for day in computed.inputs.holidays)


def test_the_calendar_of_the_site_s_jurisdiction_counts_and_is_kept() -> None:
    contract = Contract(id="k", site_id="s", number="K", notice_days=0)
    asked = date(2026, 11, 26)  # Thanksgiving
    found = {}
    for jurisdiction in ("US-TX", "DE-BY", "Mars", ""):
        site = replace(SITE, jurisdiction=jurisdiction)
        given = inputs(
            contract, site, PolicySettings(), sent_at=SENT, mail=timedelta(), requested=asked
        )
        computed = effective(given)
        kept = computed.as_json()
        found[jurisdiction] = (computed.instant.day, kept["calendar"])
        assert ("2026-11-26" in kept["holidays"]) == (jurisdiction == "US-TX")
    assert found == {"US-TX": (30, "US-TX"), "DE-BY": (26, "DE-BY"), "Mars": (26, ""), "": (26, "")}


def test_days_of_the_operator_count_where_they_are_said_to() -> None:
    contract = Contract(id="k", site_id="s", number="K", notice_days=0)
    asked = date(2026, 11, 24)
    own = {"US-TX": (date(2026, 11, 24),), "*": (date(2026, 11, 25),)}
    policies = PolicySettings().model_copy(update={"holidays": own})
    days = {}
    for jurisdiction in ("US-TX", "US-TX-Travis", "US-CA", "DE"):
        site = replace(SITE, jurisdiction=jurisdiction)
        given = inputs(contract, site, policies, sent_at=SENT, mail=timedelta(), requested=asked)
        days[jurisdiction] = effective(given).instant.day
    # The 26th and the 27th are holidays in Texas, and the 28th is a Saturday.
    assert days == {"US-TX": 30, "US-TX-Travis": 30, "US-CA": 24, "DE": 24}


def test_a_task_is_due_at_the_hour_of_the_first_day_that_is_no_holiday_there() -> None:
    site = Site(
        id="s1",
        customer_id="c1",
        name="Shop",
        address="1 Main",
        zone="America/Denver",
        jurisdiction="US-CO",
    )
    friday_is_observed = date(2026, 7, 3)
    due = at_business_hour(friday_is_observed, site, PolicySettings(), 9)
    assert due == datetime(2026, 7, 6, 15, tzinfo=UTC)
